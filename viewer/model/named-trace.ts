import { type Frame, FrameFlag, frameAt, InternTables, type Symbolizer, type Trace } from '../library.js';

/**
 * The same trace with its frames named by an ELF file: addresses become functions and lines, inlined calls frames of their own.
 * Frames without an address, and those that the file does not know, stay as they were. Events are shared, stacks are new.
 */
export function namedTrace(trace: Trace, symbolizer: Symbolizer): Trace {
  const tables = new InternTables();
  const namer = new FrameNamer(trace, symbolizer, tables);
  const { parent, frame, count } = trace.stacks;
  /** By old stack id: the new one, when it is a caller of something, and when it is where the event happened. */
  const asCaller = new Int32Array(count);
  const asInnermost = new Int32Array(count);
  for (let stack = 0; stack < count; stack++) {
    const up = parent[stack] ?? -1;
    const outer = up >= 0 && up < stack ? (asCaller[up] ?? -1) : -1;
    const id = frame[stack] ?? -1;
    asCaller[stack] = namer.push(outer, id, true);
    asInnermost[stack] = namer.push(outer, id, false);
  }
  const stack = trace.events.stack.map((id) => (id < 0 ? -1 : (asInnermost[id] ?? -1)));
  return {
    ...trace,
    events: { ...trace.events, stack },
    strings: tables.strings,
    frames: tables.frames(),
    stacks: tables.stacks(),
  };
}

class FrameNamer {
  private readonly known = new Map<number, readonly number[]>();

  constructor(
    private readonly trace: Trace,
    private readonly symbolizer: Symbolizer,
    private readonly tables: InternTables,
  ) {}

  push(outer: number, frame: number, isReturnAddress: boolean): number {
    let stack = outer;
    for (const id of this.framesOf(frame, isReturnAddress)) stack = this.tables.push(stack, id);
    return stack;
  }

  /** Outermost first, as they are pushed. */
  private framesOf(frame: number, isReturnAddress: boolean): readonly number[] {
    const key = frame * 2 + (isReturnAddress ? 1 : 0);
    const known = this.known.get(key);
    if (known) return known;
    const made = this.makeFrames(frame, isReturnAddress)
      .reverse()
      .map((it) => this.tables.frame(it));
    this.known.set(key, made);
    return made;
  }

  private makeFrames(id: number, isReturnAddress: boolean): Frame[] {
    if (id < 0) return [];
    const frame = frameAt(this.trace, id);
    const flags = this.trace.frames.flags[id] ?? 0;
    // A source that inlines on its own has named its frames already.
    if (frame.address === 0 || flags & (FrameFlag.inlined | FrameFlag.signal)) return [frame];
    if (frame.functionName !== '' && frame.file !== '') return [frame];
    const places = this.symbolizer.locate(frame.address, { isReturnAddress });
    if (places[0]?.functionName === '??') return [frame];
    return places.map((place) => ({
      address: frame.address,
      functionName: place.functionName,
      file: place.file ?? '',
      line: place.line,
      ...(place.inlined ? { inlined: true } : {}),
      ...(frame.kind ? { kind: frame.kind } : {}),
      ...(place.certainty === 'guessed' ? { certainty: 'guessed' as const } : {}),
    }));
  }
}
