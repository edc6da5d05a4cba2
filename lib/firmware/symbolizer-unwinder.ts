import type { Address } from '../base/units.js';
import type { FrameState } from '../symbols/parameter-value.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import type { RawFrame, StackEnd } from '../symbols/unwound-stack.js';
import { CUT_FRAME, type Frame } from '../trace/heap-event.js';
import { DirectCalls } from './direct-calls.js';
import { ReturnAddresses } from './return-addresses.js';
import type { StackCopy, StackUnwinder, Unwound, WatchedFrame } from './stack-unwinder.js';

/** Frames by place; a firmware has fewer call sites than this. */
const MAX_CACHED = 200_000;
/** What an operating system may put into a task's lr so that the task never returns. */
const NO_RETURN = 0xffffffff;

/** Unwinds with the call frame information of an ELF file, and names the frames with its line information. */
export class SymbolizerUnwinder implements StackUnwinder {
  private readonly frames = new Map<number, readonly Frame[]>();
  private readonly returns: ReturnAddresses;
  private readonly calls: DirectCalls;
  private readonly littleEndian: boolean;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private start: Address = 0;
  private usedEnd: Address = 0;

  constructor(
    readonly firmware: Symbolizer,
    /** Where functions begin whose frames are to come with their registers. */
    private readonly watch?: ReadonlySet<Address>,
  ) {
    this.littleEndian = firmware.elfFile.littleEndian;
    this.returns = new ReturnAddresses(firmware);
    this.calls = new DirectCalls(firmware);
  }

  unwind(registers: Uint32Array, stack: StackCopy, maxDepth: number): Unwound {
    this.view = new DataView(stack.bytes.buffer, stack.bytes.byteOffset, stack.bytes.length);
    this.start = stack.address;
    this.usedEnd = stack.address;
    // One more than is kept: whether there is one tells whether the backtrace is cut.
    const { frames, needs, end } = this.firmware.unwind(registers, this.readWord, {
      maxDepth: maxDepth + 1,
      registersOf: this.watch,
    });
    const backtrace: Frame[] = [];
    const watched: WatchedFrame[] = [];
    let isRoot = false;
    let isDoubtful = false;
    let before: RawFrame | undefined;
    let isCircle = false;
    let isLost = false;
    for (const [at, frame] of frames.entries()) {
      isCircle = before?.pc === frame.pc && frame.kind === 'normal' && !this.returns.maySelfCall(frame.pc);
      isLost = before !== undefined && isNoCaller(frame, before, this.returns) && this.isCalled(before);
      if (isCircle || isLost) break;
      before = frame;
      const returns = frame.isReturnAddress && frame.kind === 'normal' ? this.returns.of(frame.pc) : 'call';
      isRoot = returns === 'root';
      isDoubtful ||= returns === 'doubtful' || returns === 'tail';
      const state = frame.isWatched ? stateOf(frames, at) : undefined;
      if (state && backtrace.length < maxDepth) watched.push({ index: backtrace.length, state });
      for (const named of this.named(frame, { isRoot, isDoubtful })) backtrace.push(named);
      if (isRoot || backtrace.length > maxDepth) break;
    }
    const missing = isRoot || isCircle ? undefined : needs?.address;
    const isWhole = backtrace.length <= maxDepth && !isCircle && !isLost && (isRoot || isWholeEnd(end, frames.at(-1)));
    if (!isWhole) backtrace.splice(maxDepth, Number.POSITIVE_INFINITY, CUT_FRAME);
    return { backtrace, missing, usedEnd: this.usedEnd, watched };
  }

  private isCalled({ pc, isReturnAddress }: RawFrame): boolean {
    return this.calls.mustHaveCaller(isReturnAddress ? pc - 1 : pc);
  }

  private readonly readWord = (address: Address): number | undefined => {
    const at = address - this.start;
    if (at < 0 || at + 4 > this.view.byteLength) return undefined;
    this.usedEnd = Math.max(this.usedEnd, address + 4);
    return this.view.getUint32(at, this.littleEndian);
  };

  /** The same place gives the same objects: a trace interns them by identity first. */
  private named(frame: RawFrame, found: Found): readonly Frame[] {
    const isGuessed = found.isDoubtful || frame.certainty === 'guessed';
    const isReturnAddress = frame.isReturnAddress && !found.isRoot;
    const key = frame.pc * 16 + KIND_CODES[frame.kind] * 4 + (isReturnAddress ? 2 : 0) + (isGuessed ? 1 : 0);
    const known = this.frames.get(key);
    if (known) return known;
    const made = this.name({ ...frame, isReturnAddress, certainty: isGuessed ? 'guessed' : 'exact' });
    if (this.frames.size >= MAX_CACHED) this.frames.clear();
    this.frames.set(key, made);
    return made;
  }

  private name(frame: RawFrame): readonly Frame[] {
    const { pc, kind, certainty } = frame;
    const guessed = certainty === 'guessed' ? { certainty } : {};
    if (kind === 'signal') return [{ address: pc, functionName: '', file: '', line: 0, kind, ...guessed }];
    return this.firmware.sourcesOf(frame).map((place) => ({
      address: pc,
      functionName: place.functionName === '??' ? '' : place.functionName,
      file: place.file ?? '',
      line: place.line,
      ...(place.inlined && kind !== 'tail' ? { inlined: true } : {}),
      ...(kind === 'tail' ? { kind } : {}),
      ...guessed,
    }));
  }
}

function stateOf(frames: readonly RawFrame[], at: number): FrameState | undefined {
  const frame = frames[at];
  if (!frame?.registers) return undefined;
  const own = { pc: frame.isReturnAddress ? frame.pc - 1 : frame.pc, registers: frame.registers, cfa: frame.cfa };
  const outer = frames.findIndex(({ kind }, index) => index > at && kind === 'normal');
  const caller = frames[outer];
  if (!caller?.registers) return own;
  const { pc, registers, cfa } = caller;
  return { ...own, returnPc: pc, caller: { pc: pc - 1, registers, cfa } };
}

/** Whether a frame is none that called the one before: the root of a task, or a return to 0. */
function isNoCaller(frame: RawFrame, before: RawFrame, returns: ReturnAddresses): boolean {
  if (frame.kind !== 'normal' || before.kind === 'signal') return false;
  return !frame.isReturnAddress || frame.pc === 0 || returns.of(frame.pc) === 'root';
}

/** What the code before a return address says of a frame. */
interface Found {
  readonly isRoot: boolean;
  readonly isDoubtful: boolean;
}

/** Whether a walk that ended so reached the outermost call. */
function isWholeEnd(end: StackEnd, last: RawFrame | undefined): boolean {
  switch (end) {
    case 'main':
    case 'entry':
    case 'outermost':
    case 'zero-pc':
      return true;
    case 'corrupt':
      return last?.kind === 'signal' && last.pc === NO_RETURN;
    case 'depth':
    case 'repeated':
    case 'no-memory':
    case 'no-psp':
    case 'other-security':
    case 'no-rule':
    case 'unknown-machine':
      return false;
  }
}

const KIND_CODES = { normal: 0, signal: 1, tail: 2 } as const;
