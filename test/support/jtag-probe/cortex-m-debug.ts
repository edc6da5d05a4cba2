import type { RspClient } from '../../../lib/link/rsp/rsp-client.js';
import type { BusMemory } from './debug-port.js';
import { SamdFlash } from './samd-flash.js';

/** Debug registers of an Armv7-M core (Armv7-M Architecture Reference Manual, chapter C1). */
const Register = {
  cpuid: 0xe000ed00,
  aircr: 0xe000ed0c,
  dfsr: 0xe000ed30,
  dhcsr: 0xe000edf0,
  dcrsr: 0xe000edf4,
  dcrdr: 0xe000edf8,
  demcr: 0xe000edfc,
  dwtControl: 0xe0001000,
  fpControl: 0xe0002000,
  fpComparators: 0xe0002008,
  romTable: 0xe00ff000,
} as const;
const Dfsr = { halted: 1, breakpoint: 2, vectorCatch: 8 } as const;
const CORTEX_M3 = 0x412fc231;
const COMPARATORS = 6;
/** Six code comparators, no literal ones. */
const FP_CONTROL = COMPARATORS << 4;
const SYSTEM_SPACE = 0xe0000000;
/** What an ATSAMD21G18A tells of itself: its identity (DSU.DID) and its flash of 4096 pages of 64 bytes (NVMCTRL.PARAM). */
const SAMD21: ReadonlyMap<number, number> = new Map([
  [0x41002018, 0x10010005],
  [0x41004008, 0x00031000],
]);
const SAMD21_BRIDGE_B = { from: 0x41000000, to: 0x42000000 } as const;
const PAGE_BYTES = 256;
const RAM_BASE = 0x20000000;
/** Where the scripts of the chip let OpenOCD put its programs. */
const WORK_AREA_BYTES = 0x800;
const ALGORITHM_BYTES = 256;
/** The high byte of the instruction. */
const BKPT = 0xbe;
const SIGTRAP = 5;
const XPSR_THUMB = 0x01000000;

/**
 * A Cortex-M3 as a debug probe sees it, with the emulator behind it: debug registers are modelled here, code and data come from there.
 */
export class CortexMDebug implements BusMemory {
  private halted = true;
  private controls = 0;
  private demcr = 0;
  private data = 0;
  private fpEnable = 0;
  private dfsr: number = Dfsr.halted;
  private wasReset = true;
  /** The emulator is halted for a moment that a debugger does not see. */
  private isResetting = false;
  private readonly comparators = new Array<number>(COMPARATORS).fill(0);
  private readonly armed = new Set<number>();
  private readonly pages = new Map<number, Uint8Array>();
  private registers: Uint32Array | undefined;
  private stopped: Promise<void> = Promise.resolve();

  private readonly flash: SamdFlash;

  constructor(private readonly emulator: RspClient) {
    this.flash = new SamdFlash(emulator);
  }

  /** What the chip does, whatever anybody believes. */
  get state(): { readonly runs: boolean; readonly breakpoints: number } {
    const enabled = this.comparators.filter((value) => value & 1).length;
    return { runs: !this.halted, breakpoints: this.fpEnable === 0 ? 0 : enabled };
  }

  async read(address: number): Promise<number> {
    switch (address) {
      case Register.cpuid:
        return CORTEX_M3;
      case Register.aircr:
        return 0xfa050000;
      case Register.dhcsr:
        return this.status();
      case Register.dcrdr:
        return this.data;
      case Register.demcr:
        return this.demcr;
      case Register.dfsr:
        return this.dfsr;
      case Register.fpControl:
        return FP_CONTROL | this.fpEnable;
      case Register.dwtControl:
        return 0x40000000;
      case Register.romTable:
        return 0xfff0f003;
    }
    const comparator = comparatorAt(address);
    if (comparator >= 0) return this.comparators[comparator] ?? 0;
    const register = this.flash.register(address);
    if (register !== undefined) return register;
    if (isPeripheral(address)) return SAMD21.get(address) ?? 0;
    return address >= SYSTEM_SPACE ? 0 : await this.readEmulated(address);
  }

  async write(address: number, value: number, sizeBytes: number): Promise<void> {
    switch (address) {
      case Register.dhcsr:
        return await this.control(value);
      case Register.dcrsr:
        return await this.transferRegister(value);
      case Register.dcrdr:
        this.data = value;
        return;
      case Register.demcr:
        this.demcr = value;
        return;
      case Register.dfsr:
        // Written ones clear.
        this.dfsr &= ~value;
        return;
      case Register.fpControl:
        this.fpEnable = value & 1;
        return;
      case Register.aircr:
        return await this.reset(value);
    }
    const comparator = comparatorAt(address);
    if (comparator >= 0) this.comparators[comparator] = value;
    else if (this.flash.owns(address)) await this.writeFlash(address, value, sizeBytes);
    else if (isPeripheral(address)) return;
    else if (address < SYSTEM_SPACE) await this.writeEmulated(address, value, sizeBytes);
  }

  private status(): number {
    const reset = this.wasReset ? 1 << 25 : 0;
    this.wasReset = false;
    // A core that a debug event halts sets C_HALT itself; what is written next is made of what was read.
    const halted = this.halted && !this.isResetting;
    if (halted) this.controls |= 2;
    // S_REGRDY, S_HALT, S_RETIRE_ST, S_RESET_ST
    return ((this.controls & 0xf) | (1 << 16) | (halted ? 1 << 17 : 0) | (1 << 24) | reset) >>> 0;
  }

  private async control(value: number): Promise<void> {
    if (value >>> 16 !== 0xa05f) return;
    this.controls = value & 0xf;
    const enabled = (value & 1) !== 0;
    if (!enabled) return;
    if (value & 2) await this.halt();
    else if (this.halted && value & 4) await this.step();
    else if (this.halted) await this.resume();
  }

  /** One instruction; the emulator runs it without the breakpoints that the probe has taken away for it. */
  private async step(): Promise<void> {
    await this.arm();
    this.forget();
    await this.emulator.step();
    this.dfsr |= Dfsr.halted;
  }

  private async halt(): Promise<void> {
    if (this.halted) return;
    await this.emulator.interrupt();
    await this.stopped;
  }

  /** Lets the core run. */
  async resume(): Promise<void> {
    await this.arm();
    this.forget();
    this.halted = false;
    this.stopped = this.emulator.run().then(
      ({ signal }) => {
        this.dfsr |= signal === SIGTRAP ? Dfsr.breakpoint : Dfsr.halted;
        this.halted = true;
      },
      () => {
        this.halted = true;
      },
    );
  }

  /** Sets the emulator's breakpoints by the comparators. */
  private async arm(): Promise<void> {
    const wanted = new Set(this.comparators.filter((value) => value & 1).map(comparatorAddress));
    const end = await this.algorithmEnd();
    if (end !== undefined) wanted.add(end);
    for (const address of [...this.armed]) {
      if (wanted.has(address)) continue;
      await this.emulator.breakpoints.remove(address);
      this.armed.delete(address);
    }
    for (const address of wanted) {
      await this.emulator.breakpoints.set(address);
      this.armed.add(address);
    }
  }

  /**
   * OpenOCD runs small programs of its own in RAM (checksums), which end at a BKPT; the emulator takes that for a fault, so that it
   * must be a breakpoint. Undefined while the firmware runs.
   */
  private async algorithmEnd(): Promise<number | undefined> {
    this.registers ??= await this.emulator.registers();
    const pc = this.registers[15] ?? 0;
    if (pc < RAM_BASE || pc >= RAM_BASE + WORK_AREA_BYTES) return undefined;
    const code = await this.emulator.readMemory(pc, ALGORITHM_BYTES);
    const at = Array.from({ length: code.length / 2 }, (_, index) => index * 2).find(
      (offset) => code[offset + 1] === BKPT,
    );
    return at === undefined ? undefined : pc + at;
  }

  private async transferRegister(request: number): Promise<void> {
    const index = request & 0x7f;
    const isWrite = (request & 0x10000) !== 0;
    if (isWrite) {
      if (index < 16) await this.emulator.writeRegister(index, this.data);
      this.registers = undefined;
      return;
    }
    this.registers ??= await this.emulator.registers();
    // 16 is xPSR, 17 the main stack pointer.
    if (index === 16) this.data = XPSR_THUMB;
    else this.data = this.registers[index === 17 ? 13 : index] ?? 0;
    if (index > 17) this.data = 0;
  }

  private async reset(value: number): Promise<void> {
    const isRequest = value >>> 16 === 0x05fa && (value & 4) !== 0;
    if (!isRequest) return;
    await this.halt();
    await this.emulator.monitor('system_reset');
    await this.flash.restore();
    this.forget();
    this.wasReset = true;
    if (this.demcr & 1) this.dfsr |= Dfsr.vectorCatch;
    else await this.resume();
  }

  /**
   * The board's reset button, or its watchdog, while the core runs: it begins anew and runs on. Comparators keep what they hold, as at
   * every reset but that of the power.
   */
  async pressReset(): Promise<void> {
    if (this.halted) throw new Error('the core is halted: a debugger works on it');
    this.isResetting = true;
    await this.halt();
    await this.emulator.monitor('system_reset');
    await this.flash.restore();
    this.wasReset = true;
    this.dfsr &= ~Dfsr.halted;
    await this.resume();
    this.isResetting = false;
  }

  /** The emulator answers no reads while it runs; a probe's background reads get zeros. */
  private async readEmulated(address: number): Promise<number> {
    if (!this.halted) return 0;
    const start = address - (address % PAGE_BYTES);
    let page = this.pages.get(start);
    if (!page) {
      page = await this.emulator.readMemory(start, PAGE_BYTES).catch(() => new Uint8Array(PAGE_BYTES));
      this.pages.set(start, page);
    }
    return new DataView(page.buffer, page.byteOffset).getUint32(address - start, true);
  }

  private async writeEmulated(address: number, value: number, sizeBytes: number): Promise<void> {
    if (!this.halted) return;
    this.pages.delete(address - (address % PAGE_BYTES));
    await this.emulator.memory.write(address, laneBytes(address, value, sizeBytes));
  }

  private async writeFlash(address: number, value: number, sizeBytes: number): Promise<void> {
    if (!this.halted) return;
    this.pages.clear();
    await this.flash.write(address, laneBytes(address, value, sizeBytes));
  }

  private forget(): void {
    this.registers = undefined;
    this.pages.clear();
  }
}

/** The bytes of an access that stand where they belong in its word. */
function laneBytes(address: number, value: number, sizeBytes: number): Uint8Array {
  const word = new Uint8Array(4);
  new DataView(word.buffer).setUint32(0, value >>> 0, true);
  const lane = address % 4;
  return word.subarray(lane, lane + sizeBytes);
}

function isPeripheral(address: number): boolean {
  return address >= SAMD21_BRIDGE_B.from && address < SAMD21_BRIDGE_B.to;
}

function comparatorAt(address: number): number {
  const index = (address - Register.fpComparators) / 4;
  return Number.isInteger(index) && index >= 0 && index < COMPARATORS ? index : -1;
}

/** FPB version 1: bits 28 to 2 are the word's address, 31 and 30 choose the half-word. */
function comparatorAddress(value: number): number {
  return ((value & 0x1ffffffc) + (value >>> 30 === 2 ? 2 : 0)) >>> 0;
}
