import type { Seq, StackId } from '../base/units.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import { isSweep } from '../trace/gc-log.js';
import type { Backtrace, HeapEvent, RawSample } from '../trace/heap-event.js';
import { withScriptsOf } from '../trace/script-stack.js';
import { FrameFlag, InternTables } from '../trace/tables.js';
import { backtraceOf, EventKind, type Trace, withStacks } from '../trace/trace.js';
import { SymbolizerUnwinder } from './symbolizer-unwinder.js';

/** A trace whose backtraces were made anew, and of how many events. */
export interface Resymbolized {
  readonly trace: Trace;
  /** Events whose backtrace was made anew from their sample. */
  readonly unwound: number;
  /** Events without a sample: they keep the backtrace that they had. */
  readonly kept: number;
}

const DEFAULT_MAX_DEPTH = 128;

/**
 * The same trace with the backtraces made anew from the registers and stacks that the direct engine stored, for a better ELF file of the
 * same firmware (with debug information, from before `strip`). A free becomes a sweep, or the reverse, as the new backtrace says.
 *
 * @example const { trace } = resymbolize(await loadTrace('boot.hht'), createSymbolizer(await readFile('firmware.elf')));
 */
export function resymbolize(old: Trace, firmware: Symbolizer, maxDepth = DEFAULT_MAX_DEPTH): Resymbolized {
  const unwinder = new SymbolizerUnwinder(firmware);
  const samples = new Map<Seq, RawSample>(old.rawSamples.map((sample) => [sample.seq, sample]));
  const tables = new InternTables();
  const kind = old.events.kind.slice();
  const stack = new Int32Array(old.eventCount);
  const known = new Map<StackId, StackId>();
  const hasScripts = old.frames.flags.some((flags) => (flags & FrameFlag.script) !== 0);
  let unwound = 0;
  for (let seq = 0; seq < old.eventCount; seq++) {
    const sample = samples.get(seq);
    if (sample) {
      // Without the log function's own frame, as the engines leave it out.
      const copy = { address: sample.stackAddress, bytes: sample.stack };
      const backtrace = unwinder.unwind(sample.registers, copy, maxDepth + 1).backtrace.slice(1);
      // What a script did is not in the sample.
      const before = hasScripts ? backtraceOf(old, old.events.stack[seq] ?? -1) : [];
      stack[seq] = tables.stack(withScriptsOf(before, backtrace));
      kind[seq] = kindWith(kind[seq] ?? 0, backtrace);
      unwound++;
    } else {
      const before = old.events.stack[seq] ?? -1;
      const id = known.get(before) ?? tables.stack(backtraceOf(old, before));
      known.set(before, id);
      stack[seq] = id;
    }
  }
  const restacked = withStacks(old, tables, stack);
  const trace: Trace = {
    ...restacked,
    info: { ...old.info, ...elfOf(old, firmware) },
    events: { ...restacked.events, kind },
  };
  return { trace, unwound, kept: old.eventCount - unwound };
}

/** Whether a free is a sweep shows in its backtrace. */
function kindWith(kind: number, backtrace: Backtrace): number {
  if (kind !== EventKind.free && kind !== EventKind.sweep) return kind;
  return isSweep(backtrace) ? EventKind.sweep : EventKind.free;
}

/** An event with another backtrace; whether a free is a sweep shows in it. */
export function withBacktrace(event: HeapEvent, backtrace: Backtrace): HeapEvent {
  if (event.kind === 'free' || event.kind === 'sweep') {
    return { ...event, kind: isSweep(backtrace) ? 'sweep' : 'free', backtrace };
  }
  return { ...event, backtrace };
}

function elfOf(old: Trace, { buildId }: Symbolizer) {
  if (!old.info.elf && buildId === undefined) return {};
  return { elf: { path: old.info.elf?.path ?? '', ...(buildId === undefined ? {} : { buildId }) } };
}
