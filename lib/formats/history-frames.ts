import { type FrameId, formatAddress, type StackId } from '../base/units.js';
import { frameAt, stackFrameIds, type Trace } from '../trace/trace.js';
import { KeptTexts } from './export/kept-texts.js';

/** One line of a backtrace as CircuitPython's tools write it: address, `file:line`, function. */
export type HistoryFrame = readonly [address: string, location: string, functionName: string];

/** Traces repeat the same few thousand stacks, and those the same frames: each is made once. */
export class HistoryFrames {
  private readonly stacks = new Map<StackId, readonly HistoryFrame[]>();
  private readonly texts = new KeptTexts((stack) => this.text(stack));
  private readonly frames = new Map<
    FrameId,
    { readonly frame: HistoryFrame; readonly text: string; readonly inlined: boolean }
  >();

  constructor(private readonly trace: Trace) {}

  of(stack: StackId): readonly HistoryFrame[] {
    const known = this.stacks.get(stack);
    if (known) return known;
    let calleeInlined = false;
    const made = stackFrameIds(this.trace, stack).map((id): HistoryFrame => {
      const { frame, inlined } = this.frame(id);
      const shown: HistoryFrame = calleeInlined ? ['0x0', frame[1], frame[2]] : frame;
      calleeInlined = inlined;
      return shown;
    });
    this.stacks.set(stack, made);
    return made;
  }

  /** The same as JSON, in bytes. */
  json(stack: StackId): Uint8Array {
    return this.texts.of(stack);
  }

  private text(stack: StackId): string {
    let text = '[';
    let calleeInlined = false;
    for (const id of stackFrameIds(this.trace, stack)) {
      const { frame, text: plain, inlined } = this.frame(id);
      if (text !== '[') text += ',';
      text += calleeInlined ? JSON.stringify(['0x0', frame[1], frame[2]]) : plain;
      calleeInlined = inlined;
    }
    return `${text}]`;
  }

  /** gdb prints no address for a frame whose callee is inlined into it; CircuitPython's tools write 0x0 then. */
  private frame(id: FrameId) {
    const known = this.frames.get(id);
    if (known) return known;
    const { address, file, line, functionName, kind, inlined = false } = frameAt(this.trace, id);
    const location = file === '' ? '' : `${file}:${line}`;
    const name = kind === 'signal' ? '<signal handler called>' : functionName || '??';
    const frame: HistoryFrame = [address === 0 ? '0x0' : formatAddress(address), location, name];
    const made = { frame, text: JSON.stringify(frame), inlined };
    this.frames.set(id, made);
    return made;
  }
}
