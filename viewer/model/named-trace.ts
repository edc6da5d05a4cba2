import {
  callerFrames,
  type Frame,
  FrameFlag,
  frameAt,
  InternTables,
  type Symbolizer,
  type Trace,
} from '../../lib/public/browser.js';

/**
 * The same trace with its bare addresses named by an ELF file: they become functions and lines, inlined calls frames of their own.
 * Tracers that store addresses store where calls return to. Frames that have a name, and addresses that the file does not know,
 * stay as they were. Events are shared, stacks are new.
 */
export function namedTrace(trace: Trace, symbolizer: Symbolizer): Trace {
  const tables = new InternTables();
  const namesOf = frameNamer(trace, symbolizer, tables);
  const { parent, frame, count } = trace.stacks;
  /** By old stack id: the new one. A caller is always older than what it calls. */
  const renewed = new Int32Array(count);
  for (let stack = 0; stack < count; stack++) {
    const up = parent[stack] ?? -1;
    let id = up >= 0 && up < stack ? (renewed[up] ?? -1) : -1;
    for (const named of namesOf(frame[stack] ?? -1)) id = tables.push(id, named);
    renewed[stack] = id;
  }
  const stack = trace.events.stack.map((id) => (id < 0 ? -1 : (renewed[id] ?? -1)));
  return {
    ...trace,
    events: { ...trace.events, stack },
    strings: tables.strings,
    frames: tables.frames(),
    stacks: tables.stacks(),
  };
}

/** By old frame id: the new frames, outermost first, as they are pushed. */
function frameNamer(trace: Trace, symbolizer: Symbolizer, tables: InternTables): (id: number) => readonly number[] {
  const resolve = callerFrames(symbolizer);
  const known = new Map<number, readonly number[]>();
  const framesOf = (id: number): readonly Frame[] => {
    if (id < 0) return [];
    const frame = frameAt(trace, id);
    const flags = trace.frames.flags[id] ?? 0;
    const bare = frame.address !== 0 && (frame.functionName === '' || frame.file === '');
    if (!bare || flags & (FrameFlag.inlined | FrameFlag.signal)) return [frame];
    const named = resolve(frame.address);
    return named.length > 0 ? named : [frame];
  };
  return (id) => {
    const made =
      known.get(id) ??
      framesOf(id)
        .map((frame) => tables.frame(frame))
        .reverse();
    known.set(id, made);
    return made;
  };
}
