import type { Frame } from '../trace/heap-event.js';
import type { InternTables } from '../trace/tables.js';
import type { Address, StackId } from '../units.js';

const MAX_CACHED = 65_536;

/** The stacks of single callers, or of short chains, resolved once each. */
export class StackByAddress {
  private readonly cached = new Map<Address, StackId>();

  constructor(
    private readonly tables: InternTables,
    private readonly resolve: ((address: Address) => readonly Frame[]) | undefined,
  ) {}

  /** The stack of one caller; -1 for address 0. */
  get(address: Address): StackId {
    if (address === 0) return -1;
    const known = this.cached.get(address);
    if (known !== undefined) return known;
    const stack = this.push(-1, address);
    if (this.cached.size < MAX_CACHED) this.cached.set(address, stack);
    return stack;
  }

  /** The stack of a chain, innermost first; zeros are left out. */
  chain(addresses: readonly Address[]): StackId {
    let stack: StackId = -1;
    for (let i = addresses.length - 1; i >= 0; i--) {
      const address = addresses[i] ?? 0;
      if (address !== 0) stack = this.push(stack, address);
    }
    return stack;
  }

  private push(parent: StackId, address: Address): StackId {
    const resolved = this.resolve?.(address) ?? [];
    if (resolved.length === 0) {
      return this.tables.push(parent, this.tables.frame({ address, functionName: '', file: '', line: 0 }));
    }
    let stack = parent;
    for (let i = resolved.length - 1; i >= 0; i--) {
      const frame = resolved[i];
      if (frame) stack = this.tables.push(stack, this.tables.frame(frame));
    }
    return stack;
  }
}
