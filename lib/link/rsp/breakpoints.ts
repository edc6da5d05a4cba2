import { type Address, formatAddress } from '../../base/units.js';
import { describe, type RspConnection } from './rsp-connection.js';
import { breakpointRefused, requestRefused } from './rsp-errors.js';

export interface BreakpointOptions {
  /** Whether a software breakpoint may be written there: RAM, or flash where the user allowed it. */
  readonly maySoftware: (address: Address) => boolean;
  /** What gdb calls the kind of a breakpoint there: the length of the instruction. */
  readonly kindAt: (address: Address) => Promise<number>;
}

/** Breakpoints that are to be taken away, and others that are to be set then. */
export interface BreakpointChange {
  readonly remove: readonly Address[];
  readonly set: readonly Address[];
}

/** The breakpoints that are set, hardware (`Z1`) where the chip has a comparator left, else software (`Z0`) in RAM only. */
export class Breakpoints {
  private readonly types = new Map<Address, 0 | 1>();
  private readonly asked = new Set<Address>();
  /** What the requests say of each place that was asked for. */
  private readonly places = new Map<Address, string>();
  /** Of every place that ever had one. */
  private readonly took = new Map<Address, 0 | 1>();
  /** The most that were set at once. */
  private most = 0;

  constructor(
    private readonly connection: RspConnection,
    private readonly options: BreakpointOptions,
  ) {}

  get addresses(): Address[] {
    return [...this.types.keys()];
  }

  /** Those that are set, and those of which nobody knows: the link broke before the server answered. */
  get maybeSet(): readonly Address[] {
    return [...this.asked];
  }

  has(address: Address): boolean {
    return this.types.has(address);
  }

  /** @throws TargetError HH1557 when there is no room for it. */
  async set(address: Address): Promise<void> {
    if (this.types.has(address)) return;
    const place = await this.placeOf(address);
    this.asked.add(address);
    const hardware = await this.ask(`Z1,${place}`);
    if (hardware === 'OK') {
      this.add(address, 1);
      return;
    }
    if (this.options.maySoftware(address)) {
      const software = await this.ask(`Z0,${place}`);
      if (software === 'OK') {
        this.add(address, 0);
        return;
      }
    }
    this.asked.delete(address);
    const reply = hardware === '' ? 'no hardware breakpoints' : `'${describe(hardware)}'`;
    throw breakpointRefused(this.connection.where, formatAddress(address), { set: this.types.size, reply });
  }

  async remove(address: Address): Promise<void> {
    const type = this.types.get(address);
    if (type === undefined) return;
    const reply = await this.ask(`z${type},${await this.placeOf(address)}`);
    if (reply !== 'OK') {
      throw requestRefused(
        this.connection.where,
        `remove breakpoint ${formatAddress(address)}`,
        `'${describe(reply)}'`,
      );
    }
    this.drop(address);
  }

  /** Whether the server takes a breakpoint there as one of so many: it did before, and as many at once. */
  isSureOf(address: Address, count: number): boolean {
    return this.took.has(address) && count <= this.most;
  }

  /** The requests for a change of places that the server is sure to take; {@link confirmed} is to be called when each was answered by OK. */
  requestsFor({ remove, set }: BreakpointChange): string[] {
    for (const address of set) this.asked.add(address);
    return [
      ...remove.map((address) => `z${this.types.get(address) ?? 1},${this.places.get(address)}`),
      ...set.map((address) => `Z${this.took.get(address) ?? 1},${this.places.get(address)}`),
    ];
  }

  confirmed({ remove, set }: BreakpointChange): void {
    for (const address of remove) this.drop(address);
    for (const address of set) this.add(address, this.took.get(address) ?? 1);
  }

  /** Removes all, each confirmed; the first failure is thrown after the others were tried. */
  async removeAll(): Promise<void> {
    let failure: unknown;
    for (const address of this.addresses) {
      await this.remove(address).catch((error: unknown) => {
        failure ??= error;
      });
    }
    if (failure !== undefined) throw failure;
  }

  private add(address: Address, type: 0 | 1): void {
    this.types.set(address, type);
    this.took.set(address, type);
    this.most = Math.max(this.most, this.types.size);
  }

  private drop(address: Address): void {
    this.types.delete(address);
    this.asked.delete(address);
  }

  /** What the requests say of a place; code is looked at once, before a breakpoint can stand in it. */
  private async placeOf(address: Address): Promise<string> {
    const place = this.places.get(address) ?? `${address.toString(16)},${await this.options.kindAt(address)}`;
    this.places.set(address, place);
    return place;
  }

  private async ask(payload: string): Promise<string> {
    return (await this.connection.request(payload)).toString('latin1');
  }
}
