import type { Bytes, FrameId, Seq, StackId } from '../../base/units.js';
import type { Lifespans } from '../../trace/lifespans.js';
import { callerOf, stackOfRow, stackRow } from '../../trace/stack-trie.js';
import type { Trace } from '../../trace/trace.js';
import { doubtSuffix } from './doubts-text.js';
import { frameLabel, stackWeights } from './stack-weights.js';
import type { TraceWriter } from './trace-writer.js';

/** massif.out: heap size over event numbers, with call trees at the peak, at the end and at some snapshots between. */
export const massifWriter: TraceWriter = {
  id: 'massif',
  title: 'massif.out (ms_print, massif-visualizer)',
  extension: '.massif.out',
  write: writeMassif,
};

const SNAPSHOTS = 72;
const DETAILED_EVERY = 10;
/** Massif leaves out what is below 1 % of the snapshot. */
const THRESHOLD = 0.01;
const MAX_DEPTH = 30;

/** Bytes whose backtrace goes on with a node of the trie of stacks; -1 for events without a backtrace. */
interface Row {
  readonly node: StackId;
  readonly bytes: Bytes;
}

/** What one frame of a level adds up to, and where its backtraces go on from. */
interface Place {
  readonly frame: FrameId;
  bytes: Bytes;
  readonly rows: Row[];
}

function* writeMassif(trace: Trace): Generator<string> {
  const { spans, peakSeq } = stackWeights(trace);
  yield `desc: --time-unit=i${doubtSuffix(trace)}\ncmd: ${(trace.info.elf?.path ?? trace.info.source).replace(/[\r\n]/g, ' ')}\ntime_unit: i\n`;
  const seqs = snapshotSeqs(trace.eventCount, peakSeq);
  const usage = usageAt(seqs, trace, spans);
  for (const [number, seq] of seqs.entries()) {
    const detailed = seq === peakSeq || number === seqs.length - 1 || number % DETAILED_EVERY === DETAILED_EVERY - 1;
    const kind = seq === peakSeq ? 'peak' : detailed ? 'detailed' : 'empty';
    yield `#-----------\nsnapshot=${number}\n#-----------\ntime=${seq + 1}\nmem_heap_B=${usage[number] ?? 0}\nmem_heap_extra_B=0\nmem_stacks_B=0\nheap_tree=${kind}\n`;
    if (kind !== 'empty') yield* heapTree(trace, spans, seq);
  }
}

/** Evenly spread events, the peak among them; -1 stands for the start. */
function snapshotSeqs(events: number, peakSeq: Seq): Seq[] {
  const seqs = new Set<Seq>([-1]);
  for (let i = 1; i < SNAPSHOTS; i++) seqs.add(Math.round((i * (events - 1)) / (SNAPSHOTS - 1)));
  if (peakSeq >= 0) seqs.add(peakSeq);
  return [...seqs].filter((seq) => seq < events).sort((a, b) => a - b);
}

/** The bytes alive after each of some events, which are in order. */
function usageAt(seqs: readonly Seq[], { events }: Trace, spans: Lifespans): Float64Array {
  const { count, startSeq, endSeq, ended } = spans;
  const usage = new Float64Array(seqs.length + 1);
  const add = (place: number, span: number, sign: number) => {
    usage[place] = (usage[place] as number) + sign * (events.sizeBytes[startSeq[span] as number] as number);
  };
  const reaches = (place: number, seq: Seq) => place === seqs.length || (seqs[place] as number) >= seq;
  // Both come in order.
  for (let span = 0, place = 0; span < count; span++) {
    while (!reaches(place, startSeq[span] as number)) place++;
    add(place, span, 1);
  }
  for (let i = 0, place = 0; i < ended.length; i++) {
    const span = ended[i] as number;
    while (!reaches(place, endSeq[span] as number)) place++;
    add(place, span, -1);
  }
  for (let i = 1; i < usage.length; i++) usage[i] = (usage[i] as number) + (usage[i - 1] as number);
  return usage;
}

function* heapTree(trace: Trace, spans: Lifespans, seq: Seq): Generator<string> {
  const rows = liveRows(trace, spans, seq);
  const total = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  const top = places(trace, rows);
  yield `n${linesOf(top, total)}: ${total} (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n`;
  yield* lines(trace, top, { total, depth: 1 });
}

/** What was alive after an event, by the stack that allocated it. */
function liveRows(trace: Trace, spans: Lifespans, seq: Seq): Row[] {
  const { stack, sizeBytes } = trace.events;
  const { count } = trace.stacks;
  /** The last is for events without a backtrace. */
  const bytes = new Float64Array(count + 1);
  for (let span = 0; span < spans.count; span++) {
    const start = spans.startSeq[span] as number;
    if (start > seq) break;
    if ((spans.endSeq[span] as number) <= seq) continue;
    const row = stackRow(stack[start] as number, count);
    bytes[row] = (bytes[row] as number) + (sizeBytes[start] as number);
  }
  const rows: Row[] = [];
  for (let row = 0; row <= count; row++) {
    const sum = bytes[row] as number;
    if (sum > 0) rows.push({ node: stackOfRow(row, count), bytes: sum });
  }
  return rows;
}

/** The frames that some rows stand at, most bytes first. What lies below is grouped when it is shown: most of it never is. */
function places(trace: Trace, rows: readonly Row[]): readonly Place[] {
  const { frame } = trace.stacks;
  const found = new Map<FrameId, Place>();
  for (const row of rows) {
    const id = frame[row.node] ?? -1;
    let place = found.get(id);
    if (!place) {
      place = { frame: id, bytes: 0, rows: [] };
      found.set(id, place);
    }
    place.bytes += row.bytes;
    place.rows.push(row);
  }
  return [...found.values()].sort((a, b) => b.bytes - a.bytes || a.frame - b.frame);
}

/** The places that called one. */
function callers(trace: Trace, { rows }: Place): readonly Place[] {
  const above: Row[] = [];
  for (const { node, bytes } of rows) {
    const caller = callerOf(trace.stacks, node);
    if (caller >= 0) above.push({ node: caller, bytes });
  }
  return places(trace, above);
}

/** How many of some places are shown: they come first. */
function shownOf(all: readonly Place[], total: Bytes): number {
  const end = all.findIndex(({ bytes }) => bytes < total * THRESHOLD);
  return end < 0 ? all.length : end;
}

/** The lines that {@link lines} makes of some places, without those below them. */
function linesOf(all: readonly Place[], total: Bytes): number {
  return Math.min(all.length, shownOf(all, total) + 1);
}

function* lines(
  trace: Trace,
  all: readonly Place[],
  { total, depth }: { readonly total: Bytes; readonly depth: number },
): Generator<string> {
  const shown = shownOf(all, total);
  const indent = ' '.repeat(depth);
  for (const each of all.slice(0, shown)) {
    const below = depth < MAX_DEPTH ? callers(trace, each) : [];
    yield `${indent}n${linesOf(below, total)}: ${each.bytes} ${placeText(trace, each.frame)}\n`;
    yield* lines(trace, below, { total, depth: depth + 1 });
  }
  const others = all.slice(shown);
  if (others.length > 0) {
    const bytes = others.reduce((sum, other) => sum + other.bytes, 0);
    yield `${indent}n0: ${bytes} in ${others.length} places, all below massif's threshold (1.00%)\n`;
  }
}

function placeText(trace: Trace, frame: FrameId): string {
  const { name, file, line, address } = frameLabel(trace, frame);
  const where = file === '' ? '(in the firmware)' : `(${file}:${line})`;
  return `0x${address.toString(16).toUpperCase()}: ${name} ${where}`.replace(/[\r\n]/g, ' ');
}
