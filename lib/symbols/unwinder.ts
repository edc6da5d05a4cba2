import type { FrameRow } from '../arch/frame-row.js';
import type { Address } from '../base/units.js';
import { ExidxTable } from './arm-exidx.js';
import { CallFrameTable } from './call-frame-table.js';
import { frameRowAt } from './cfa-program.js';
import type { DebugInfo } from './debug-info.js';
import type { SymbolTable } from './elf-symbols.js';
import type { FrameStep, FrameSteps } from './frame-step.js';
import { type Machine, machineOf } from './machine.js';
import { type Overlay, overlaysOf } from './overlays.js';
import { StackWalk } from './stack-walk.js';
import type { TailCalls } from './tail-calls.js';
import type { ReadMemory, UnwindOptions, UnwoundStack } from './unwound-stack.js';

export type { RawFrame, ReadMemory, StackEnd, UnwindOptions, UnwoundStack } from './unwound-stack.js';

const MAX_CACHED_STEPS = 500_000;
/** Callers remembered for one place in a function. */
const MAX_CALLERS = 10_000;

/** Finds the callers of a stopped program. Keeps, per address, how to step out of it. */
export class Unwinder implements FrameSteps {
  readonly machine: Machine | undefined;
  /** Code that shares its addresses with other code. */
  readonly overlays: readonly Overlay[];
  private readonly frames: CallFrameTable;
  private readonly exidx: ExidxTable;
  private readonly steps = new Map<number, FrameStep>();
  private readonly entries = new Map<Address, boolean>();
  private readonly handlers = new Map<Address, boolean>();
  private bounds: { readonly main: Address | undefined; readonly entry: Address | undefined } | undefined;

  constructor(
    readonly info: DebugInfo,
    private readonly symbols: SymbolTable,
    private readonly tailCalls: TailCalls,
  ) {
    this.machine = info.attempt(() => machineOf(info.elfFile));
    this.overlays = overlaysOf(info.elfFile);
    this.frames = new CallFrameTable(info);
    this.exidx = new ExidxTable(info);
  }

  unwind(registers: ArrayLike<number>, readMemory: ReadMemory, options: UnwindOptions): UnwoundStack {
    if (!this.machine) return { frames: [], end: 'unknown-machine' };
    return new StackWalk(this, this.machine, readMemory, options).run(registers);
  }

  functionStart(pc: Address): Address | undefined {
    return this.info.attempt(() => this.tailCalls.functionStart(pc));
  }

  /** See {@link FrameSteps}. On machines whose calls cannot be told by the code before, every address is one that a call returns to. */
  isEntry(returnAddress: Address): boolean {
    if (!this.machine?.architecture) return false;
    let isEntry = this.entries.get(returnAddress);
    if (isEntry === undefined) {
      isEntry = this.info.attempt(() => this.findEntry(returnAddress)) ?? false;
      if (this.entries.size >= MAX_CACHED_STEPS) this.entries.clear();
      this.entries.set(returnAddress, isEntry);
    }
    return isEntry;
  }

  private findEntry(address: Address): boolean {
    const { symbols } = this;
    const { elfFile } = this.info;
    // Which code stands before an address in overlays is not known.
    if (this.isOverlaid(address)) return false;
    if (symbols.functionAt(address)?.address !== address || symbols.codeKindAt(address) === 'arm') return false;
    // A call that ends a function (of abort, of panic) returns to the next one. What looks so in a literal pool is none.
    if (symbols.codeKindAt(address - 1) === 'data') return true;
    const branch = this.machine?.architecture?.branchBefore(elfFile, address);
    return !branch?.isCall && elfFile.readMemory(address - 4, 4) !== undefined;
  }

  /** See {@link FrameSteps}. A handler that C code calls by its name is a function like any other. */
  isInterruptOf(start: Address | undefined, callerPc: Address): boolean {
    const architecture = this.machine?.architecture;
    if (start === undefined || !architecture) return false;
    let isHandler = this.handlers.get(start);
    if (isHandler === undefined) {
      const sizeBytes = this.symbols.functionAt(start)?.sizeBytes ?? 0;
      isHandler = architecture.returnsFromTrap(this.info.elfFile, start, sizeBytes);
      if (this.handlers.size >= MAX_CACHED_STEPS) this.handlers.clear();
      this.handlers.set(start, isHandler);
    }
    if (!isHandler) return false;
    const branch = architecture.branchBefore(this.info.elfFile, callerPc);
    return !branch?.isCall || branch.target !== start;
  }

  /** The return addresses of the frames that tail calls removed between a frame and its caller, innermost first. */
  tailFrames(step: FrameStep, callerPc: Address): readonly Address[] {
    let tails = step.tails.get(callerPc);
    if (!tails) {
      const { start } = step;
      tails =
        (start === undefined ? undefined : this.info.attempt(() => this.tailCalls.between(callerPc, start))) ?? [];
      if (step.tails.size >= MAX_CALLERS) step.tails.clear();
      step.tails.set(callerPc, tails);
    }
    return tails;
  }

  /** How the walk goes on at `pc`: `isTop` when it is stopped there, not waiting for a call to return. */
  stepAt(pc: Address, isTop: boolean): FrameStep {
    const key = pc * 2 + (isTop ? 1 : 0);
    const known = this.steps.get(key);
    if (known) return known;
    const found = this.info.attempt(() => this.findRow(pc, isTop));
    const row = found && this.isOverlaid(pc) ? { ...found, certainty: 'guessed' as const } : found;
    const start = this.functionStart(pc);
    const step = { row, start, stop: this.stopAt(start), tails: new Map<Address, readonly Address[]>() };
    if (this.steps.size >= MAX_CACHED_STEPS) this.steps.clear();
    this.steps.set(key, step);
    return step;
  }

  /** Whether code of several overlays is at an address. */
  isOverlaid(pc: Address): boolean {
    return this.overlays.some(({ from, to }) => pc >= from && pc < to);
  }

  /** Whether a backtrace ends with a function, as gdb's does: `main`, or the function of the ELF entry point. */
  private stopAt(start: Address | undefined): 'main' | 'entry' | undefined {
    this.bounds ??= this.findBounds();
    const { main, entry } = this.bounds;
    return start === undefined ? undefined : start === main ? 'main' : start === entry ? 'entry' : undefined;
  }

  private findBounds() {
    const main = this.info.attempt(() => this.symbols.named('main')[0])?.address;
    const entry = this.info.elfFile.entry;
    const isThumb = this.machine?.hasThumbBit ?? false;
    return { main, entry: entry === 0 ? undefined : this.functionStart(isThumb ? entry - (entry % 2) : entry) };
  }

  /**
   * Unwind tables hold at calls only, so the frame that is stopped anywhere is first judged by its prologue, as in gdb. So is a function
   * that has no entry of its own: then the table goes on with that of the function before it, which the linker also leaves so where
   * the two entries are the same.
   */
  private findRow(pc: Address, isTop: boolean): FrameRow | undefined {
    const entry = this.frames.at(pc);
    if (entry) return frameRowAt(this.info.sections, entry, pc);
    const architecture = this.machine?.architecture;
    if (!architecture) return undefined;
    const start = this.symbols.functionAt(pc)?.address;
    const prologue = () =>
      start === undefined ? undefined : architecture.prologueRow(this.info.elfFile, start, isTop ? pc : pc + 1);
    const isOfOther = start !== undefined && (this.exidx.startAt(pc) ?? start) < start;
    return isTop || isOfOther ? (prologue() ?? this.exidx.rowAt(pc)) : (this.exidx.rowAt(pc) ?? prologue());
  }
}
