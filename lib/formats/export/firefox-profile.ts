import type { Seq } from '../../base/units.js';
import { lifespans } from '../../trace/lifespans.js';
import type { Trace } from '../../trace/trace.js';
import { doubtLines } from './doubts-text.js';
import { HeapChanges } from './heap-changes.js';
import { jsonElements, jsonNumbers } from './json-pieces.js';
import { type FrameLabel, frameLabel } from './stack-weights.js';
import { StringTable } from './string-table.js';
import type { TraceWriter } from './trace-writer.js';

/**
 * Firefox Profiler's processed profile, version 48 (later profilers upgrade it): every allocation and free with time, signed
 * bytes, address and stack, and a counter of live memory.
 */
export const firefoxProfileWriter: TraceWriter = {
  id: 'firefox',
  title: 'Firefox Profiler (profiler.firefox.com)',
  extension: '.firefox.json',
  write: writeFirefoxProfile,
};

const META = {
  ...{ interval: 1, startTime: 0, processType: 0, product: 'heap-harvest', stackwalk: 1, version: 27 },
  ...{
    preprocessedProfileVersion: 48,
    symbolicated: true,
    markerSchema: [],
    extensions: { id: [], name: [], baseURL: [], length: 0 },
  },
  ...{ abi: '', misc: '', oscpu: '', platform: '', toolkit: '', logicalCPUs: 0, physicalCPUs: 0, CPUName: '' },
  categories: [{ name: 'Other', color: 'grey', subcategories: ['Other'] }],
};

const THREAD = {
  ...{
    processType: 'default',
    processStartupTime: 0,
    processShutdownTime: null,
    registerTime: 0,
    unregisterTime: null,
  },
  ...{ pausedRanges: [], name: 'heap', isMainThread: true, pid: '0', tid: 0 },
  samples: { weightType: 'samples', weight: null, eventDelay: [], stack: [], time: [], length: 0 },
  resourceTable: { lib: [], name: [], host: [], type: [], length: 0 },
  nativeSymbols: { libIndex: [], address: [], name: [], functionSize: [], length: 0 },
};

/** What the profiler's page about the profile shows besides its own; absent without doubts. */
function doubtsMember(trace: Trace): object {
  const entries = doubtLines(trace).map((value, i) => ({ label: `doubt ${i + 1}`, format: 'string', value }));
  return entries.length === 0 ? {} : { extra: [{ label: 'What is doubtful', entries }] };
}

function* writeFirefoxProfile(trace: Trace): Generator<string | Uint8Array> {
  const spans = lifespans(trace);
  const changes = new HeapChanges(trace, spans);
  const column = (numberAt: (change: number) => number) => numbers(changes.count, numberAt);
  const strings = new StringTable();
  const labels = Array.from({ length: trace.frames.count + 1 }, (_, i) => frameLabel(trace, i - 1));
  const time = () => column((change) => timeMs(trace, changes.seqOf(change)));
  const { sizeBytes } = spans;
  const sizeOf = (change: number) => sizeBytes[changes.spanOf(change)] as number;
  const weight = () => column((change) => (changes.isEnd(change) ? -sizeOf(change) : sizeOf(change)));
  yield `{"meta":${JSON.stringify({ ...META, ...doubtsMember(trace) })},"libs":[],"pages":[],\n"threads":[${JSON.stringify(THREAD).slice(0, -1)},\n`;
  yield* table('markers', markerColumns(trace, strings), trace.marks.length);
  yield* table('frameTable', frameColumns(labels), labels.length);
  yield* table('funcTable', functionColumns(labels, strings), labels.length);
  yield* table('stackTable', stackColumns(trace), trace.stacks.count + 1);
  // A free carries the stack of its allocation. Without addresses the number of the block tells it from the others.
  const { hasAddresses } = trace.info;
  const stackOf = (change: number) => (trace.events.stack[spans.startSeq[changes.spanOf(change)] ?? 0] ?? -1) + 1;
  const addressOf = (change: number) =>
    hasAddresses ? (spans.address[changes.spanOf(change)] ?? 0) : changes.spanOf(change) + 1;
  const allocations = {
    ...{ time: time(), weight: weight(), stack: column(stackOf), memoryAddress: column(addressOf) },
    threadId: column(() => 0),
  };
  yield* table('nativeAllocations', allocations, changes.count, '"weightType":"bytes",');
  yield '"stringArray":[';
  yield* jsonElements(strings.all);
  yield ']}],\n"counters":[{"name":"malloc","category":"Memory","description":"live bytes on the heap","pid":"0","mainThreadIndex":0,\n';
  yield* table('samples', { time: time(), count: weight() }, changes.count);
  yield '"color":"orange"}]}\n';
}

/** A column that is made while it is written. */
interface Pieces {
  readonly pieces: Iterable<Uint8Array>;
}

function numbers(count: number, numberAt: (index: number) => number): Pieces {
  return { pieces: jsonNumbers(count, numberAt) };
}

/** `"name":{"column":[...],...,"length":n},` a batch of values at a time. */
function* table(
  name: string,
  columns: Readonly<Record<string, readonly unknown[] | Pieces>>,
  length: number,
  constants = '',
): Generator<string | Uint8Array> {
  yield `"${name}":{`;
  for (const [column, values] of Object.entries(columns)) {
    yield `"${column}":[`;
    yield* 'pieces' in values ? values.pieces : jsonElements(values);
    yield '],';
  }
  yield `${constants}"length":${length}},\n`;
}

/** Frame 0, function 0 and stack 0 stand for events without a backtrace; the trace's own follow. A function a frame. */
function frameColumns(labels: readonly FrameLabel[]): Record<string, unknown[]> {
  const fill = (value: unknown) => labels.map(() => value);
  return {
    address: labels.map(({ address }) => (address > 0 ? address : -1)),
    inlineDepth: fill(0),
    category: fill(0),
    subcategory: fill(0),
    func: labels.map((_, i) => i),
    nativeSymbol: fill(null),
    innerWindowID: fill(0),
    implementation: fill(null),
    line: labels.map(({ line }) => (line > 0 ? line : null)),
    column: fill(null),
  };
}

function functionColumns(labels: readonly FrameLabel[], strings: StringTable): Record<string, unknown[]> {
  const fill = (value: unknown) => labels.map(() => value);
  return {
    isJS: fill(false),
    relevantForJS: fill(false),
    name: labels.map(({ name }) => strings.of(name)),
    resource: fill(-1),
    fileName: labels.map(({ file }) => (file === '' ? null : strings.of(file))),
    lineNumber: fill(null),
    columnNumber: fill(null),
  };
}

function stackColumns({ stacks }: Trace): Record<string, unknown[]> {
  const fill = () => new Array<number>(stacks.count + 1).fill(0);
  const prefix: (number | null)[] = [null];
  const frame = [0];
  for (let id = 0; id < stacks.count; id++) {
    const parent = stacks.parent[id] ?? -1;
    prefix.push(parent < 0 ? null : parent + 1);
    frame.push((stacks.frame[id] ?? -1) + 1);
  }
  return { frame, prefix, category: fill(), subcategory: fill() };
}

function markerColumns(trace: Trace, strings: StringTable): Record<string, unknown[]> {
  const { marks } = trace;
  const fill = (value: unknown) => marks.map(() => value);
  return {
    data: fill(null),
    name: marks.map(({ name }) => strings.of(name)),
    startTime: marks.map(({ beforeSeq }) => timeMs(trace, Math.min(beforeSeq, trace.eventCount - 1))),
    endTime: fill(null),
    phase: fill(0),
    category: fill(0),
  };
}

/** Milliseconds where the source has a clock, else the event's number. */
function timeMs(trace: Trace, seq: Seq): number {
  const at = trace.events.atUs?.[seq];
  return at === undefined || Number.isNaN(at) ? Math.max(0, seq) : at / 1000;
}
