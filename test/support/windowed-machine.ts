import type { CodeBytes } from '../../lib/arch/code-bytes.js';
import { AR0, PC, PS, WINDOW_BASE, WINDOW_START } from '../../lib/arch/xtensa/windowed/registers.js';
import { XTENSA_WINDOWED } from '../../lib/arch/xtensa/windowed/windowed.js';

/** One function that runs: what is to be found of it. */
export interface RunningCall {
  /** How far the call moved the window, in panes. */
  readonly increment: number;
  /** Where the function that called goes on. */
  readonly returnAddress: number;
  /** Of the function that called. */
  readonly sp: number;
}

const CODE = 0x400d0000;
const STACK_TOP = 0x3ffc0000;
/** A function takes so many bytes of code: `entry` first, and calls that move the window by 1, 2 and 3 panes before 16, 32 and 48. */
const FUNCTION_BYTES = 64;

/** The code of the machine's functions: what stands before a return address tells how its call moves the window. */
export const WINDOWED_CODE: CodeBytes = {
  littleEndian: true,
  readMemory: (address) => {
    const at = address % FUNCTION_BYTES;
    if (at === 0) return Uint8Array.of(0x36, 0x41, 0x00);
    const increment = (at + 3) / 16;
    return Number.isInteger(increment) ? Uint8Array.of(0x05 | (increment << 4), 0, 0) : Uint8Array.of(0, 0, 0);
  },
};

/**
 * An Xtensa core with register windows, as far as calls go, with the overflow and underflow handlers of the windowed ABI (Xtensa Instruction Set
 * Architecture Reference Manual, 4.7.1): it is made to find callers in, by code that shares nothing with what finds them.
 */
export class WindowedMachine {
  readonly memory = new Map<number, number>();
  readonly calls: RunningCall[] = [];
  /** How often a window was spilled, and brought back. */
  spills = 0;
  refills = 0;
  pc = CODE + 4;
  callIncrement = 0;
  /** Whether the function that was called stands at its `entry`. */
  isAtEntry = false;
  private base = 0;
  private readonly starts: boolean[];
  private readonly ars: number[];
  private functions = 0;

  constructor(ars: 32 | 64 = 64) {
    this.ars = Array.from({ length: ars }, () => 0);
    this.starts = Array.from({ length: ars / 4 }, (_, pane) => pane === 0);
    this.set(1, STACK_TOP);
    // As the first call of a task finds it: the frame that no caller has is spilled below its own stack pointer all the same.
    this.memory.set(STACK_TOP - 12, STACK_TOP + 64);
  }

  get depth(): number {
    return this.calls.length;
  }

  get(register: number): number {
    this.touch(register);
    return this.ars[this.at(register)] ?? 0;
  }

  set(register: number, value: number): void {
    this.touch(register);
    this.ars[this.at(register)] = value >>> 0;
  }

  /** callN: the return address goes to where the function will have its a0. */
  call(increment: number): void {
    const returnAddress = this.pc - (this.pc % FUNCTION_BYTES) + increment * 16;
    this.calls.push({ increment, returnAddress, sp: this.get(1) });
    this.set(increment * 4, ((increment << 30) | (returnAddress & 0x3fffffff)) >>> 0);
    this.callIncrement = increment;
    this.pc = CODE + ++this.functions * FUNCTION_BYTES;
    this.isAtEntry = true;
  }

  /** entry a1, frameBytes */
  entry(frameBytes: number): void {
    this.set(this.callIncrement * 4 + 1, this.get(1) - frameBytes);
    this.base = this.pane(this.callIncrement);
    this.starts[this.base] = true;
    this.pc += 3;
    this.isAtEntry = false;
  }

  /** retw */
  ret(): void {
    const increment = this.get(0) >>> 30;
    const caller = this.pane(-increment);
    const call = this.calls.pop();
    if (!this.starts[caller]) this.refill(increment);
    this.starts[this.base] = false;
    this.base = caller;
    this.pc = call?.returnAddress ?? 0;
  }

  /** As ESP-IDF's gdbstub and interrupts do first: only the window that is in use stays in the registers. */
  spillAll(): void {
    for (let back = this.starts.length - 1; back > 0; back--) {
      const pane = this.pane(-back);
      if (this.starts[pane]) this.spill(pane);
    }
  }

  /** The words that a debug server's registers become. */
  words(): Uint32Array {
    const words = new Uint32Array(AR0 + this.ars.length);
    words[PC] = this.pc;
    words[PS] = 0x40020 | (this.callIncrement << 16);
    words[WINDOW_BASE] = this.base;
    words[WINDOW_START] = this.starts.reduce((bits, isSet, pane) => bits | (isSet ? 1 << pane : 0), 0);
    words.set(this.ars, AR0);
    const problem = XTENSA_WINDOWED.windows?.show(words);
    if (problem !== undefined) throw new Error(problem);
    return words;
  }

  private pane(offset: number): number {
    const { length } = this.starts;
    return (this.base + offset + length) % length;
  }

  private at(register: number, pane = this.base): number {
    return (pane * 4 + register) % this.ars.length;
  }

  /** A register of another frame is spilled before it is touched: window overflow. */
  private touch(register: number): void {
    for (let offset = 1; offset <= register >> 2; offset++) {
      const pane = this.pane(offset);
      if (this.starts[pane]) this.spill(pane);
    }
  }

  /** WindowOverflow4, 8 and 12. */
  private spill(pane: number): void {
    this.spills++;
    const panes = this.starts.length;
    const increment = [1, 2, 3].find((offset) => this.starts[(pane + offset) % panes]) ?? 3;
    const value = (register: number) => this.ars[this.at(register, pane)] ?? 0;
    const calleeSp = value(increment * 4 + 1);
    const callerSp = this.memory.get(value(1) - 12) ?? 0;
    for (let register = 0; register < 4; register++) this.memory.set(calleeSp - 16 + register * 4, value(register));
    const extra = (increment - 1) * 4;
    for (let register = 0; register < extra; register++) {
      this.memory.set(callerSp - 16 - extra * 4 + register * 4, value(4 + register));
    }
    this.starts[pane] = false;
  }

  /** WindowUnderflow4, 8 and 12. */
  private refill(increment: number): void {
    this.refills++;
    const pane = this.pane(-increment);
    const calleeSp = this.ars[this.at(1)] ?? 0;
    const load = (register: number, address: number) => {
      this.ars[this.at(register, pane)] = this.memory.get(address) ?? 0;
    };
    for (let register = 0; register < 4; register++) load(register, calleeSp - 16 + register * 4);
    const callerSp = this.memory.get((this.ars[this.at(1, pane)] ?? 0) - 12) ?? 0;
    const extra = (increment - 1) * 4;
    for (let register = 0; register < extra; register++) load(4 + register, callerSp - 16 - extra * 4 + register * 4);
    this.starts[pane] = true;
  }
}
