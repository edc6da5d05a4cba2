import type { Address } from '../base/units.js';
import type { RawFrame } from '../symbols/stack-walk.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import type { Frame } from '../trace/heap-event.js';
import type { StackCopy, StackUnwinder, Unwound } from './stack-unwinder.js';

/** Frames by place; a firmware has fewer call sites than this. */
const MAX_CACHED = 200_000;

/** Unwinds with the call frame information of an ELF file, and names the frames with its line information. */
export class SymbolizerUnwinder implements StackUnwinder {
  private readonly frames = new Map<number, readonly Frame[]>();
  private readonly littleEndian: boolean;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private start: Address = 0;
  private usedEnd: Address = 0;

  constructor(readonly symbolizer: Symbolizer) {
    this.littleEndian = symbolizer.elf.littleEndian;
  }

  unwind(registers: Uint32Array, stack: StackCopy, maxDepth: number): Unwound {
    this.view = new DataView(stack.bytes.buffer, stack.bytes.byteOffset, stack.bytes.length);
    this.start = stack.address;
    this.usedEnd = stack.address;
    const { frames, needs } = this.symbolizer.unwind(registers, this.readWord, { maxDepth });
    const backtrace: Frame[] = [];
    for (const frame of frames) {
      for (const named of this.named(frame)) backtrace.push(named);
      if (backtrace.length >= maxDepth) break;
    }
    return { backtrace: backtrace.slice(0, maxDepth), missing: needs?.address, usedEnd: this.usedEnd };
  }

  private readonly readWord = (address: Address): number | undefined => {
    const at = address - this.start;
    if (at < 0 || at + 4 > this.view.byteLength) return undefined;
    this.usedEnd = Math.max(this.usedEnd, address + 4);
    return this.view.getUint32(at, this.littleEndian);
  };

  /** The same place gives the same objects: a trace interns them by identity first. */
  private named(frame: RawFrame): readonly Frame[] {
    const key =
      frame.pc * 16 +
      KIND_CODES[frame.kind] * 4 +
      (frame.isReturnAddress ? 2 : 0) +
      (frame.certainty === 'exact' ? 0 : 1);
    const known = this.frames.get(key);
    if (known) return known;
    const made = this.name(frame);
    if (this.frames.size >= MAX_CACHED) this.frames.clear();
    this.frames.set(key, made);
    return made;
  }

  private name({ pc, kind, isReturnAddress, certainty }: RawFrame): readonly Frame[] {
    const guessed = certainty === 'guessed' ? { certainty } : {};
    if (kind === 'signal') return [{ address: pc, functionName: '', file: '', line: 0, kind, ...guessed }];
    const places = this.symbolizer.locate(pc, { isReturnAddress, kind });
    // gdb does not tell the inlined calls of a tail call's frame apart: it shows the innermost. Both engines must agree.
    const shown = kind === 'tail' ? places.slice(0, 1) : places;
    return shown.map((place) => ({
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

const KIND_CODES = { normal: 0, signal: 1, tail: 2 } as const;
