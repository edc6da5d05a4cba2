import { BlockScan } from '../trace/block-scan.js';
import type { RunSink } from '../trace/event-run.js';
import { EventKernel, isTrap } from '../trace/kernel/event-kernel.js';
import { KernelScan } from '../trace/kernel/kernel-scan.js';
import { RUN_EVENTS, type RunScan } from '../trace/run-scan.js';
import { StackEvents } from '../trace/stack-doubts.js';
import { EventKind, type Trace } from '../trace/trace.js';
import { TraceBuilder } from '../trace/trace-builder.js';
import { fileState, isLargeJournal, type LoadOptions, loadTrace } from './load-trace.js';

/** Which journals are worth two passes, and what is not read of them. */
export interface RunOptions extends Pick<LoadOptions, 'signal' | 'skipColumns'> {
  /** Smaller files are quickly read whole; default 256 KiB. */
  readonly minBytes?: number;
}

/** Figures of a journal, and all of it but its events: their columns are empty. */
export interface JournalFigures<T> {
  readonly trace: Trace;
  readonly result: T;
}

/**
 * Makes figures of a journal without keeping its events: first everything else is read, then the events are decoded, followed and summed run by
 * run. Undefined where the file is no large journal on disk, `openSink` wants no such figures, or the blocks lie over one another, in a heap
 * that began anew, or at no address of 32 bits: the whole trace is to be looked at then.
 *
 * @throws as {@link loadTrace} does
 */
export async function journalFigures<T>(
  path: string,
  openSink: (outline: Trace) => RunSink<T> | undefined,
  { minBytes = 1 << 18, ...options }: RunOptions = {},
): Promise<JournalFigures<T> | undefined> {
  if (!(await isLargeJournal(path, minBytes))) return undefined;
  const before = await fileState(path);
  const read = { ...options, format: 'journal', skipSamples: true };
  const { builder } = await loadTrace(path, { ...read, withoutEvents: true });
  // One object for both passes: what is found out about a trace is kept by it.
  const trace: { -readonly [K in keyof Trace]: Trace[K] } = { ...builder.build(), eventCount: builder.eventCount };
  if (!trace.info.hasAddresses || trace.epochs.length > 0 || trace.eventCount === 0) return undefined;
  const sink = openSink(trace);
  if (!sink) return undefined;
  const kernel = EventKernel.open();
  const scan = kernel ? new KernelScan(kernel) : new BlockScan();
  const runs = new Runs(trace, sink, scan);
  try {
    // What repeats is there already.
    const again = new TraceBuilder({}, builder.tables);
    if (scan instanceof KernelScan) scan.takeIn(again);
    const onEvents = (events: TraceBuilder) => runs.push(events);
    const tablesKnown = trace.info.complete;
    await loadTrace(path, { ...read, builder: again, onEvents, tablesKnown, ...(kernel ? { kernel } : {}) });
    // What its chunks hold was checked the first time only.
    if (!isSame(trace, again) || (await fileState(path)) !== before) return undefined;
    // Which columns there are; no event is in them.
    trace.events = again.build().events;
    const result = runs.result();
    return result === undefined ? undefined : { trace, result };
  } catch (error) {
    if (error instanceof GaveUp || isTrap(error)) return undefined;
    throw error;
  }
}

/** The same of events that a builder holds, as if they had been read with `outline`, the trace without its events. */
export function builderFigures<T>(
  outline: Trace,
  builder: TraceBuilder,
  sink: RunSink<T>,
  scan: RunScan = new BlockScan(),
): T | undefined {
  const runs = new Runs(outline, sink, scan);
  try {
    runs.push(builder);
    return runs.result();
  } catch (error) {
    if (error instanceof GaveUp || isTrap(error)) return undefined;
    throw error;
  }
}

/** Not worth a message: the caller reads the trace whole. */
class GaveUp extends Error {}

/** A journal that still grows, or of which events cannot be read, tells something else the second time. */
function isSame(outline: Trace, builder: TraceBuilder): boolean {
  const { strings, frames, stacks, marks, gaps, regions, epochs, notes, info } = outline;
  return (
    outline.eventCount === builder.eventCount &&
    strings.length === builder.tables.strings.length &&
    frames.count === builder.tables.frameRows.count &&
    stacks.count === builder.tables.trie.table().count &&
    marks.length === builder.marks.length &&
    gaps.length === builder.gaps.length &&
    regions.length === builder.regions.length &&
    epochs.length === builder.epochs.length &&
    notes.length === builder.notes.length &&
    info.complete === builder.info.complete
  );
}

/** Cuts what was decoded into runs, follows the blocks through each, and tells the sink. */
class Runs<T> {
  private readonly stackEvents: StackEvents | undefined;
  private readonly live = () => this.scan.liveBlocks();
  private cut = 0;

  constructor(
    private readonly trace: Trace,
    private readonly sink: RunSink<T>,
    private readonly scan: RunScan,
  ) {
    this.stackEvents = StackEvents.forTrace(trace);
  }

  push(builder: TraceBuilder): void {
    const { length } = builder.kind;
    for (let from = 0; from < length; ) {
      const to = this.endOfRun(builder, from, length);
      const run = this.scan.next(builder, from, to);
      if (!run) throw new GaveUp();
      this.stackEvents?.add(run.stack);
      if (!this.sink.run(run, this.live)) throw new GaveUp();
      from = to;
    }
  }

  result(): T | undefined {
    this.stackEvents?.remember();
    const { trace, scan } = this;
    return this.sink.result({
      trace,
      peak: scan.peak,
      findings: scan.findings(),
      liveBlocks: () => scan.liveBlocks(),
    });
  }

  private endOfRun({ kind, forgotten }: TraceBuilder, from: number, length: number): number {
    const { runsEndAt = [], stopsAtFailures = false } = this.sink;
    while (this.cut < runsEndAt.length && (runsEndAt[this.cut] ?? 0) - forgotten <= from) this.cut++;
    const cut = (runsEndAt[this.cut] ?? Number.POSITIVE_INFINITY) - forgotten;
    const end = Math.min(length, from + RUN_EVENTS, cut);
    if (!stopsAtFailures) return end;
    const failed = kind.values.subarray(from, end).indexOf(EventKind.failed);
    return failed < 0 ? end : from + Math.max(1, failed);
  }
}
