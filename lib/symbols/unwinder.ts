import type { Address } from '../units.js';
import { ExidxTable } from './arm-exidx.js';
import { frameRowAt } from './cfa-program.js';
import type { DebugInfo } from './debug-info.js';
import type { SymbolTable } from './elf-symbols.js';
import type { FrameRow } from './frame-row.js';
import { FrameTable } from './frame-table.js';
import { type Machine, machineOf } from './machine.js';
import { type ReadMemory, StackWalk, type UnwindOptions, type UnwoundStack } from './stack-walk.js';
import type { TailCalls } from './tail-calls.js';
import { thumbPrologueRow } from './thumb-prologue.js';

export type { RawFrame, ReadMemory, StackEnd, UnwindOptions, UnwoundStack } from './stack-walk.js';

const MAX_CACHED_ROWS = 500_000;

/** Finds the callers of a stopped program. Keeps, per address, how to step out of it. */
export class Unwinder {
  readonly machine: Machine | undefined;
  private readonly frames: FrameTable;
  private readonly exidx: ExidxTable;
  private readonly rows = new Map<number, FrameRow | undefined>();
  private readonly stops = new Map<Address, 'main' | 'entry' | undefined>();
  private bounds: { readonly main: Address | undefined; readonly entry: Address | undefined } | undefined;

  constructor(
    readonly info: DebugInfo,
    private readonly symbols: SymbolTable,
    private readonly tailCalls: TailCalls,
  ) {
    this.machine = info.attempt(() => machineOf(info.elf));
    this.frames = new FrameTable(info);
    this.exidx = new ExidxTable(info);
  }

  unwind(registers: ArrayLike<number>, readMemory: ReadMemory, options: UnwindOptions): UnwoundStack {
    if (!this.machine) return { frames: [], end: 'unknown-machine' };
    return new StackWalk(this, this.machine, readMemory, options).run(registers);
  }

  functionStart(pc: Address): Address | undefined {
    return this.info.attempt(() => this.tailCalls.functionStart(pc));
  }

  /** The return addresses of the frames that tail calls removed, innermost first. */
  tailFrames(callerPc: Address, calleePc: Address): readonly Address[] {
    return this.info.attempt(() => this.tailCalls.between(callerPc, calleePc)) ?? [];
  }

  /** Whether a backtrace ends with the function at an address, as gdb's does: `main`, or the function of the ELF entry point. */
  stopAt(pc: Address): 'main' | 'entry' | undefined {
    if (this.stops.has(pc)) return this.stops.get(pc);
    this.bounds ??= this.findBounds();
    const start = this.functionStart(pc);
    const { main, entry } = this.bounds;
    const stop = start === undefined ? undefined : start === main ? 'main' : start === entry ? 'entry' : undefined;
    if (this.stops.size >= MAX_CACHED_ROWS) this.stops.clear();
    this.stops.set(pc, stop);
    return stop;
  }

  /** How to step out of the frame at `pc`: `isTop` when it is stopped there, not waiting for a call to return. */
  rowAt(pc: Address, isTop: boolean): FrameRow | undefined {
    const key = pc * 2 + (isTop ? 1 : 0);
    const known = this.rows.get(key);
    if (known !== undefined || this.rows.has(key)) return known;
    const row = this.info.attempt(() => this.findRow(pc, isTop));
    if (this.rows.size >= MAX_CACHED_ROWS) this.rows.clear();
    this.rows.set(key, row);
    return row;
  }

  private findBounds() {
    const main = this.info.attempt(() => this.symbols.named('main')[0])?.address;
    const entry = this.info.elf.entry;
    const isThumb = this.machine?.hasThumbBit ?? false;
    return { main, entry: entry === 0 ? undefined : this.functionStart(isThumb ? entry - (entry % 2) : entry) };
  }

  /** Unwind tables hold at calls only, so the frame that is stopped anywhere is first judged by its prologue, as in gdb. */
  private findRow(pc: Address, isTop: boolean): FrameRow | undefined {
    const entry = this.frames.at(pc);
    if (entry) return frameRowAt(this.info.sections, entry, pc);
    if (!this.machine?.hasThumbBit) return undefined;
    const start = this.symbols.functionAt(pc)?.address;
    const prologue = () =>
      start === undefined ? undefined : thumbPrologueRow(this.info.elf, start, isTop ? pc : pc + 1);
    return isTop ? (prologue() ?? this.exidx.rowAt(pc)) : (this.exidx.rowAt(pc) ?? prologue());
  }
}
