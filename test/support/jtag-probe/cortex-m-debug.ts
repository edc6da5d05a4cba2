import type { RspClient } from '../../../lib/link/rsp/rsp-client.js';
import {
  ALGORITHM_BYTES,
  COMPARATORS,
  CORTEX_M3,
  comparatorAddress,
  comparatorAt,
  Dfsr,
  FP_CONTROL,
  isPeripheral,
  laneBytes,
  PAGE_BYTES,
  RAM_BASE,
  Register,
  SAMD21,
  SYSTEM_SPACE,
  WORK_AREA_BYTES,
} from './cortex-m-registers.js';
import type { BusMemory } from './debug-port.js';
import { SamdFlash } from './samd-flash.js';

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
  private isPausedUnseen = false;
  private stopSignal = 0;
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
    return { runs: !this.halted || this.isPausedUnseen, breakpoints: this.fpEnable === 0 ? 0 : enabled };
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
        return await this.rearm();
      case Register.aircr:
        return await this.reset(value);
    }
    const comparator = comparatorAt(address);
    if (comparator >= 0) {
      this.comparators[comparator] = value;
      await this.rearm();
    } else if (this.flash.owns(address)) await this.writeFlash(address, value, sizeBytes);
    else if (isPeripheral(address)) return;
    else if (address < SYSTEM_SPACE) await this.writeEmulated(address, value, sizeBytes);
  }

  private status(): number {
    const reset = this.wasReset ? 1 << 25 : 0;
    this.wasReset = false;
    // A core that a debug event halts sets C_HALT itself; what is written next is made of what was read.
    const halted = this.halted && !this.isPausedUnseen;
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
        this.stopSignal = signal;
        this.halted = true;
      },
      () => {
        this.halted = true;
      },
    );
  }

  /** Comparators that are written while the core runs work at once; the emulator takes them only when it is halted. */
  private async rearm(): Promise<void> {
    const wanted = this.enabled();
    if (this.halted || (wanted.size === this.armed.size && [...wanted].every((address) => this.armed.has(address))))
      return;
    this.isPausedUnseen = true;
    this.stopSignal = 0;
    await this.halt();
    // A breakpoint that it reached before is a halt of its own.
    if (this.stopSignal !== SIGTRAP) {
      this.dfsr &= ~Dfsr.halted;
      await this.resume();
    }
    this.isPausedUnseen = false;
  }

  private enabled(): Set<number> {
    const values = this.fpEnable === 0 ? [] : this.comparators.filter((value) => value & 1);
    return new Set(values.map(comparatorAddress));
  }

  /** Sets the emulator's breakpoints by the comparators. */
  private async arm(): Promise<void> {
    const wanted = this.enabled();
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
    this.isPausedUnseen = true;
    await this.halt();
    await this.emulator.monitor('system_reset');
    await this.flash.restore();
    this.wasReset = true;
    this.dfsr &= ~Dfsr.halted;
    await this.resume();
    this.isPausedUnseen = false;
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
