import { isOnNonSecureStack } from '../arch/arm/exception-frame.js';
import type { Address } from '../base/units.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import { type Backtrace, CUT_FRAME, type Frame } from '../trace/heap-event.js';
import { DirectCalls } from './direct-calls.js';
import { ReturnAddresses } from './return-addresses.js';

/** What the code says of a frame's address. */
interface Verdict {
  /** Whether the way to its caller is guessed, or no call leads to it. */
  readonly isGuessed: boolean;
  /** The function that a task returns to, which is the outermost of its stack; undefined for others. */
  readonly root: Frame | undefined;
}

const MAX_CACHED = 200_000;

/**
 * Says of backtraces that another program made (gdb) what it does not tell: which frames are guessed (no call frame information), where a
 * task's stack ends, and whether the backtrace is cut. The frames stay those of the other program.
 */
export class BacktraceJudge {
  private readonly verdicts = new Map<number, Verdict>();
  private readonly marked = new WeakMap<Frame, Frame>();
  private readonly returns: ReturnAddresses;
  private readonly calls: DirectCalls;

  constructor(private readonly firmware: Symbolizer) {
    this.calls = new DirectCalls(firmware);
    this.returns = new ReturnAddresses(firmware);
  }

  /** The same backtrace with marks; `CUT_FRAME` at its end is kept unless the outermost call is there. */
  of(backtrace: Backtrace): Backtrace {
    const judged: Frame[] = [];
    let isGuessed = false;
    let isTop = false;
    // gdb 13 knows no TrustZone without a target that tells of it: it may have read the frame of an exception from the wrong stack.
    let isForeign = false;
    let before: Frame | undefined;
    /** An address in the function of the frame before. */
    let inside: Address | undefined;
    for (const frame of backtrace) {
      if (frame.kind === 'script') {
        judged.push(frame);
        continue;
      }
      if (frame.kind === 'cut' || frame.kind === 'signal' || frame.kind === 'tail') {
        judged.push(isGuessed && frame.kind !== 'cut' ? this.guessed(frame) : frame);
        isTop = frame.kind === 'signal';
        isForeign = isTop && this.firmware.mayHaveTrustZone && isOnNonSecureStack(frame.address);
        isGuessed ||= isForeign;
        continue;
      }
      if (isForeign && isTop && !this.firmware.functionAt(frame.address)) return [...judged, CUT_FRAME];
      const fromException = this.exceptionEnd(frame);
      if (fromException) return [...judged, ...fromException];
      const { isGuessed: fromHere, root } = this.verdict(frame.address, isTop);
      const isNoCaller = !isTop && (frame.address === 0 || root !== undefined);
      if (isNoCaller && inside !== undefined && this.calls.mustHaveCaller(inside)) return [...judged, CUT_FRAME];
      if (root) return [...judged, root];
      const isCircle = before?.address === frame.address && !before.inlined && !this.returns.maySelfCall(frame.address);
      if (isCircle) return [...judged, CUT_FRAME];
      inside = isTop ? frame.address : frame.address - 1;
      before = frame;
      isGuessed ||= fromHere;
      judged.push(isGuessed ? this.guessed(frame) : frame);
      if (!frame.inlined) isTop = false;
    }
    return judged.length === backtrace.length && !isGuessed ? backtrace : judged;
  }

  /** The same frame again for the same frame: a trace interns them by identity first. */
  private guessed(frame: Frame): Frame {
    const known = this.marked.get(frame) ?? { ...frame, certainty: 'guessed' as const };
    this.marked.set(frame, known);
    return known;
  }

  private verdict(pc: Address, isTop: boolean): Verdict {
    const key = pc * 2 + (isTop ? 1 : 0);
    const known = this.verdicts.get(key);
    if (known) return known;
    const kind = isTop ? 'call' : this.returns.of(pc);
    const root = kind === 'root' ? this.rootFrame(pc) : undefined;
    const certainty = this.firmware.callerCertainty(pc, { isReturnAddress: !isTop });
    const verdict = { isGuessed: certainty === 'guessed' || kind === 'doubtful', root };
    if (this.verdicts.size >= MAX_CACHED) this.verdicts.clear();
    this.verdicts.set(key, verdict);
    return verdict;
  }

  private rootFrame(pc: Address): Frame | undefined {
    const place = this.firmware.locate(pc).at(-1);
    if (!place) return undefined;
    const functionName = place.functionName === '??' ? '' : place.functionName;
    return { address: pc, functionName, file: place.file ?? '', line: place.line };
  }

  /**
   * What stands for a frame at which gdb took the end of an exception, or of a call from the other security state, for code, and went on
   * with whatever lies on the stack. Undefined for other frames.
   */
  private exceptionEnd(frame: Frame): Backtrace | undefined {
    const end = this.firmware.architecture?.exceptionEndOf(frame.address);
    if (end === undefined) return undefined;
    return end === 'exception'
      ? [{ address: (frame.address | 1) >>> 0, functionName: '', file: '', line: 0, kind: 'signal' }, CUT_FRAME]
      : [frame, CUT_FRAME];
  }
}
