import { basename } from 'node:path';
import { captureSummary } from '../analysis/capture-summary.js';
import { hiddenFrames } from '../analysis/hidden-frames.js';
import { PathKeys } from '../analysis/path-keys.js';
import { frameLabel, type StackWeight, stackWeights } from '../formats/export/stack-weights.js';
import { EndCause, type Lifespans, lifespans } from '../trace/lifespans.js';
import { EventKind, stackFrameIds, type Trace } from '../trace/trace.js';
import type { DatasetTable } from './dataset-layout.js';
import type { StagedColumn } from './duckdb.js';

type Numbers = Extract<StagedColumn, { type: 'double' | 'integer' }>['values'];

/** The rows of one capture in one table, as columns in the order of the table's. */
export interface StagedRows {
  readonly table: DatasetTable;
  readonly count: number;
  readonly columns: readonly StagedColumn[];
}

/** What is not in the trace itself. */
export interface CaptureOrigin {
  /** The number of the capture in its part. */
  readonly number: number;
  readonly path: string;
  readonly device: string | undefined;
}

/** The rows of a trace, whose stacks are those to be shown (`shownTrace`), in every table. */
export function stagedCapture(trace: Trace, origin: CaptureOrigin): StagedRows[] {
  const spans = lifespans(trace);
  const { rows, totalBytes } = pathRows(trace, origin);
  return [
    captureRow(trace, origin, { spans, totalBytes }),
    eventRows(trace, origin),
    allocationRows(trace, spans, origin),
    rows,
  ];
}

const numbers = (values: Numbers): StagedColumn => ({ type: 'double', values });
const integers = (values: Numbers): StagedColumn => ({ type: 'integer', values });
const texts = (values: readonly (string | null)[]): StagedColumn => ({ type: 'text', values });
const same = (count: number, value: number): StagedColumn => integers(new Int32Array(count).fill(value));
const optional = (value: string | undefined) => texts([value === undefined || value === '' ? null : value]);

/** (`from` with a function takes ten times as long.) */
function filled<A extends Float64Array | Int32Array>(values: A, valueAt: (index: number) => number): A {
  for (let i = 0; i < values.length; i++) values[i] = valueAt(i);
  return values;
}

function captureRow(
  trace: Trace,
  { number, path, device }: CaptureOrigin,
  { spans, totalBytes }: { readonly spans: Lifespans; readonly totalBytes: number },
): StagedRows {
  const { info } = trace;
  const summary = captureSummary(trace);
  const heapBytes = trace.regions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const one = (value: number | undefined) => numbers([value ?? Number.NaN]);
  const columns = [
    integers([number]),
    optional(device),
    one(info.startedAtWallMs),
    optional(basename(path)),
    optional(info.source),
    optional(info.engine),
    optional(info.allocator),
    optional(info.elf && basename(info.elf.path.replaceAll('\\', '/'))),
    optional(info.toolVersion),
    texts([summary.contents]),
    integers([info.complete ? 1 : 0]),
    optional(info.doubtful),
    optional(info.endReason),
    one(trace.eventCount),
    one(spans.count),
    one(summary.frees),
    one(summary.sweeps),
    one(summary.failures),
    one(trace.gaps.length),
    one(totalBytes),
    one(summary.peakBytes),
    integers([summary.peakSeq]),
    one(summary.liveAllocations),
    one(summary.liveBytes),
    one(heapBytes > 0 ? heapBytes : undefined),
    one(info.durationMs),
  ];
  return { table: 'captures', count: 1, columns };
}

function eventRows(trace: Trace, { number }: CaptureOrigin): StagedRows {
  const { events, eventCount, info } = trace;
  const address = new Float64Array(events.address);
  const size = new Float64Array(events.sizeBytes);
  for (let seq = 0; seq < eventCount; seq++) {
    const kind = events.kind[seq];
    if (!info.hasAddresses || kind === EventKind.failed) address[seq] = Number.NaN;
    if (size[seq] === 0 && (kind === EventKind.free || kind === EventKind.sweep)) size[seq] = Number.NaN;
  }
  const unknown = () => new Float64Array(eventCount).fill(Number.NaN);
  const nobody = () => new Int32Array(eventCount).fill(-1);
  const columns = [
    same(eventCount, number),
    integers(filled(new Int32Array(eventCount), (seq) => seq)),
    integers(events.kind),
    numbers(address),
    numbers(size),
    numbers(events.requestedBytes ?? unknown()),
    numbers(events.fromAddress ?? unknown()),
    numbers(events.fromSizeBytes ?? unknown()),
    numbers(events.atUs ?? unknown()),
    integers(events.task ?? nobody()),
    numbers(events.largestBeforeBytes ?? unknown()),
    numbers(events.largestAfterBytes ?? unknown()),
    integers(events.stack),
  ];
  return { table: 'events', count: eventCount, columns };
}

function allocationRows(trace: Trace, spans: Lifespans, { number }: CaptureOrigin): StagedRows {
  const { events, eventCount, info } = trace;
  const { count, startSeq, endSeq, endCause } = spans;
  const at = (column: ArrayLike<number> | undefined, seq: number, otherwise: number) =>
    seq < eventCount ? (column?.[seq] ?? otherwise) : otherwise;
  const numbersBy = (value: (span: number) => number) => numbers(filled(new Float64Array(count), value));
  const integersBy = (value: (span: number) => number) => integers(filled(new Int32Array(count), value));
  const start = (span: number) => startSeq[span] ?? 0;
  const end = (span: number) => endSeq[span] ?? eventCount;
  // What ends a block by taking its place did not give it back.
  const givenBack = (span: number) => endCause[span] === EndCause.free || endCause[span] === EndCause.sweep;
  const columns = [
    same(count, number),
    integersBy((span) => span),
    integersBy((span) => at(events.kind, start(span), 0)),
    numbersBy((span) => (info.hasAddresses ? at(spans.address, span, Number.NaN) : Number.NaN)),
    numbers(spans.sizeBytes.slice(0, count)),
    numbersBy((span) => at(events.requestedBytes, start(span), Number.NaN)),
    integers(startSeq.slice(0, count)),
    integersBy((span) => (endCause[span] === EndCause.alive ? -1 : end(span))),
    integers(endCause.slice(0, count)),
    numbersBy((span) => at(events.atUs, start(span), Number.NaN)),
    numbersBy((span) => (endCause[span] === EndCause.alive ? Number.NaN : at(events.atUs, end(span), Number.NaN))),
    integersBy((span) => at(events.task, start(span), -1)),
    integersBy((span) => at(events.stack, start(span), -1)),
    integersBy((span) => (givenBack(span) ? at(events.stack, end(span), -1) : -1)),
  ];
  return { table: 'allocations', count, columns };
}

/** A row for every stack that an event has. */
function pathRows(trace: Trace, { number }: CaptureOrigin) {
  const weights = stackWeights(trace).stacks;
  const byStack = new Map(weights.map((weight) => [weight.stack, weight]));
  const used = new Uint8Array(trace.stacks.count);
  for (const stack of trace.events.stack) if (stack >= 0) used[stack] = 1;
  const stacks = [...used.keys()].filter((stack) => used[stack] === 1);
  // What is hidden is gone from the stacks already.
  const keys = new PathKeys(trace, hiddenFrames(trace, { showAllocator: true }));
  const frames = stacks.map((stack) => stackFrameIds(trace, stack).map((id) => frameLabel(trace, id)));
  // What only gave blocks back has no weight.
  const of = (figure: Exclude<keyof StackWeight, 'stack'>) =>
    numbers(Float64Array.from(stacks, (stack) => byStack.get(stack)?.[figure] ?? 0));
  const columns = [
    same(stacks.length, number),
    integers(Int32Array.from(stacks)),
    texts(stacks.map((stack) => keys.of(stack))),
    texts(frames.map(([innermost]) => innermost?.name ?? null)),
    texts(frames.map(([innermost]) => innermost?.file || null)),
    integers(Int32Array.from(frames, ([innermost]) => innermost?.line ?? 0)),
    texts(
      frames.map((all) =>
        JSON.stringify(all.map(({ name, file, line }) => ({ function: name, file: file || null, line: line || null }))),
      ),
    ),
    of('totalCount'),
    of('totalBytes'),
    of('peakBytes'),
    of('liveCount'),
    of('liveBytes'),
  ];
  const rows: StagedRows = { table: 'paths', count: stacks.length, columns };
  return { rows, totalBytes: weights.reduce((sum, weight) => sum + weight.totalBytes, 0) };
}
