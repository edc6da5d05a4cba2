import { firstAtOrAfter } from '../../base/sorted.js';
import type { Bytes, FrameId, Seq } from '../../base/units.js';
import type { Lifespans } from '../../trace/lifespans.js';
import { stackRow } from '../../trace/stack-trie.js';
import type { Trace } from '../../trace/trace.js';
import { doubtSuffix } from './doubts-text.js';
import { frameLabel, framesOfStack, stackWeights } from './stack-weights.js';
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

interface Node {
  bytes: Bytes;
  readonly children: Map<FrameId, Node>;
}

function* writeMassif(trace: Trace): Generator<string> {
  const { spans, peakSeq } = stackWeights(trace);
  yield `desc: --time-unit=i${doubtSuffix(trace)}\ncmd: ${(trace.info.elf?.path ?? trace.info.source).replace(/[\r\n]/g, ' ')}\ntime_unit: i\n`;
  const seqs = snapshotSeqs(trace.eventCount, peakSeq);
  const usage = usageAt(seqs, spans);
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
function usageAt(seqs: readonly Seq[], { count, startSeq, endSeq, sizeBytes }: Lifespans): Float64Array {
  const usage = new Float64Array(seqs.length + 1);
  const places = Float64Array.from(seqs);
  for (let span = 0; span < count; span++) {
    const bytes = sizeBytes[span] as number;
    const from = firstAtOrAfter(places, startSeq[span] as number);
    const to = firstAtOrAfter(places, endSeq[span] as number);
    usage[from] = (usage[from] as number) + bytes;
    usage[to] = (usage[to] as number) - bytes;
  }
  for (let i = 1; i < usage.length; i++) usage[i] = (usage[i] as number) + (usage[i - 1] as number);
  return usage;
}

function* heapTree(trace: Trace, spans: Lifespans, seq: Seq): Generator<string> {
  const { stack, sizeBytes } = trace.events;
  const { count } = trace.stacks;
  /** The last is for events without a backtrace. */
  const bytes = new Float64Array(count + 1);
  for (let span = 0; span < spans.count; span++) {
    const start = spans.startSeq[span] as number;
    if (start > seq || (spans.endSeq[span] as number) <= seq) continue;
    const row = stackRow(stack[start] as number, count);
    bytes[row] = (bytes[row] as number) + (sizeBytes[start] as number);
  }
  const root: Node = { bytes: 0, children: new Map() };
  for (const [row, sum] of bytes.entries()) if (sum > 0) add(root, framesOfStack(trace, row === count ? -1 : row), sum);
  const { shown } = split(root, root.bytes);
  const below = root.children.size > shown.length ? 1 : 0;
  yield `n${shown.length + below}: ${root.bytes} (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n`;
  yield* children(trace, root, root.bytes, 1);
}

function add(root: Node, frames: readonly FrameId[], bytes: Bytes): void {
  let node = root;
  node.bytes += bytes;
  for (const frame of frames.slice(0, MAX_DEPTH)) {
    let child = node.children.get(frame);
    if (!child) {
      child = { bytes: 0, children: new Map() };
      node.children.set(frame, child);
    }
    child.bytes += bytes;
    node = child;
  }
}

/** The children that are shown, most bytes first, and what the others add up to. */
function split(node: Node, total: Bytes) {
  const all = [...node.children].sort((a, b) => b[1].bytes - a[1].bytes || a[0] - b[0]);
  const shown = all.filter(([, child]) => child.bytes >= total * THRESHOLD);
  return { shown, others: all.slice(shown.length) };
}

function* children(trace: Trace, node: Node, total: Bytes, depth: number): Generator<string> {
  const { shown, others } = split(node, total);
  const indent = ' '.repeat(depth);
  for (const [frame, child] of shown) {
    const below = split(child, total);
    const count = below.shown.length + (below.others.length > 0 ? 1 : 0);
    yield `${indent}n${count}: ${child.bytes} ${place(trace, frame)}\n`;
    yield* children(trace, child, total, depth + 1);
  }
  if (others.length > 0) {
    const bytes = others.reduce((sum, [, child]) => sum + child.bytes, 0);
    yield `${indent}n0: ${bytes} in ${others.length} places, all below massif's threshold (1.00%)\n`;
  }
}

function place(trace: Trace, frame: FrameId): string {
  const { name, file, line, address } = frameLabel(trace, frame);
  const where = file === '' ? '(in the firmware)' : `(${file}:${line})`;
  return `0x${address.toString(16).toUpperCase()}: ${name} ${where}`.replace(/[\r\n]/g, ' ');
}
