import type { Seq } from '../base/units.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import { isSweep } from '../trace/gc-log.js';
import type { Backtrace, HeapEvent, RawSample, TraceRecord } from '../trace/heap-event.js';
import { eventAt, type Trace } from '../trace/trace.js';
import { TraceBuilder } from '../trace/trace-builder.js';
import { SymbolizerUnwinder } from './symbolizer-unwinder.js';

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
export function resymbolize(old: Trace, symbolizer: Symbolizer, maxDepth = DEFAULT_MAX_DEPTH): Resymbolized {
  const unwinder = new SymbolizerUnwinder(symbolizer);
  const samples = new Map<Seq, RawSample>(old.rawSamples.map((sample) => [sample.seq, sample]));
  const builder = new TraceBuilder(old.info);
  for (const region of old.regions) builder.add({ kind: 'region', region });
  const between = recordsBetween(old);
  let unwound = 0;
  for (let seq = 0; seq < old.eventCount; seq++) {
    for (const record of between.get(seq) ?? []) builder.add(record);
    const event = eventAt(old, seq);
    const sample = samples.get(seq);
    if (!sample) {
      builder.add(event);
      continue;
    }
    const stack = { address: sample.stackAddress, bytes: sample.stack };
    // Without the log function's own frame, as the engines leave it out.
    const { backtrace } = unwinder.unwind(sample.registers, stack, maxDepth + 1);
    builder.add(withBacktrace(event, backtrace.slice(1)));
    builder.add({ kind: 'raw', sample });
    unwound++;
  }
  for (const record of between.get(old.eventCount) ?? []) builder.add(record);
  // A gap in the old trace made it incomplete then; the rest is said anew.
  builder.add({ kind: 'info', info: { ...old.info, ...elfOf(old, symbolizer) } });
  return { trace: builder.build(), unwound, kept: old.eventCount - unwound };
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

/** What stands before each event, in the order in which it stood. */
function recordsBetween({ marks, gaps, epochs, notes, levels, eventCount }: Trace): Map<Seq, TraceRecord[]> {
  const between = new Map<Seq, TraceRecord[]>();
  const put = (beforeSeq: Seq, record: TraceRecord) => {
    const list = between.get(beforeSeq) ?? [];
    list.push(record);
    between.set(beforeSeq, list);
  };
  for (const { beforeSeq, ...epoch } of epochs) put(beforeSeq, { kind: 'epoch', ...epoch });
  for (const { beforeSeq, ...gap } of gaps) put(beforeSeq, { kind: 'gap', ...gap });
  for (const { beforeSeq, ...mark } of marks) put(beforeSeq, { kind: 'mark', ...mark });
  for (const { beforeSeq = eventCount, code, text } of notes) put(beforeSeq, { kind: 'note', code, text });
  for (const { beforeSeq, ...level } of levels) put(beforeSeq, { kind: 'level', ...level });
  return between;
}
