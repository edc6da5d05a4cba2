import type { StackId } from '../../base/units.js';
import type { Trace } from '../../trace/trace.js';
import { doubtSuffix } from './doubts-text.js';
import { jsonElements } from './json-pieces.js';
import { frameLabel, framesOfStack, type StackWeights, stackWeights } from './stack-weights.js';
import type { TraceWriter } from './trace-writer.js';

/** DHAT's JSON, version 2, with lifetimes in events and without access counts. */
export const dhatWriter: TraceWriter = {
  id: 'dhat',
  title: 'DHAT JSON v2 (dh_view.html)',
  extension: '.dhat.json',
  write: writeDhat,
};

/** What a stack held at its own fullest, and how long its blocks lived in all. */
interface PointExtremes {
  now: number;
  nowBlocks: number;
  most: number;
  mostBlocks: number;
  lifetimes: number;
}

function* writeDhat(trace: Trace): Generator<string> {
  const weights = stackWeights(trace);
  const extremes = extremesByStack(trace, weights);
  const head = {
    dhatFileVersion: 2,
    mode: 'heap',
    verb: 'Allocated',
    bklt: true,
    bkacc: false,
    tu: 'events',
    Mtu: 'Mevents',
    tuth: 10,
    cmd: `${trace.info.elf?.path ?? trace.info.source}${doubtSuffix(trace)}`,
    pid: 0,
    tg: Math.max(0, weights.peakSeq),
    te: trace.eventCount,
  };
  yield `${JSON.stringify(head).slice(0, -1)},\n"pps":[\n`;
  yield* jsonElements(points(trace, weights, extremes));
  yield '\n],"ftbl":[\n';
  yield* jsonElements(frameNames(trace));
  yield '\n]}\n';
}

function* points(
  trace: Trace,
  { stacks }: StackWeights,
  extremes: ReadonlyMap<StackId, PointExtremes>,
): Generator<object> {
  for (const weight of stacks) {
    const extreme = extremes.get(weight.stack);
    yield {
      tb: weight.totalBytes,
      tbk: weight.totalCount,
      tl: extreme?.lifetimes ?? 0,
      mb: extreme?.most ?? 0,
      mbk: extreme?.mostBlocks ?? 0,
      gb: weight.peakBytes,
      gbk: weight.peakCount,
      eb: weight.liveBytes,
      ebk: weight.liveCount,
      fs: framesOfStack(trace, weight.stack).map((frame) => frame + 2),
    };
  }
}

/** Frame 0 is the root, 1 that of events without a backtrace. */
function* frameNames(trace: Trace): Generator<string> {
  yield '[root]';
  for (let frame = -1; frame < trace.frames.count; frame++) {
    const { name, file, line, address } = frameLabel(trace, frame);
    yield `0x${address.toString(16).toUpperCase()}: ${name} ${file === '' ? '(in the firmware)' : `(${file}:${line})`}`;
  }
}

function extremesByStack(trace: Trace, { spans }: StackWeights): Map<StackId, PointExtremes> {
  const found = new Map<StackId, PointExtremes>();
  const at = (span: number): PointExtremes => {
    const stack = trace.events.stack[spans.startSeq[span] ?? 0] ?? -1;
    let point = found.get(stack);
    if (!point) {
      point = { now: 0, nowBlocks: 0, most: 0, mostBlocks: 0, lifetimes: 0 };
      found.set(stack, point);
    }
    return point;
  };
  const byEnd = Array.from({ length: spans.count }, (_, span) => span).sort(
    (a, b) => (spans.endSeq[a] ?? 0) - (spans.endSeq[b] ?? 0),
  );
  let ended = 0;
  for (let span = 0; span < spans.count; span++) {
    const start = spans.startSeq[span] ?? 0;
    for (; ended < byEnd.length && (spans.endSeq[byEnd[ended] ?? 0] ?? 0) <= start; ended++) {
      const gone = byEnd[ended] ?? 0;
      const point = at(gone);
      point.now -= spans.sizeBytes[gone] ?? 0;
      point.nowBlocks--;
    }
    const point = at(span);
    point.now += spans.sizeBytes[span] ?? 0;
    point.nowBlocks++;
    point.lifetimes += (spans.endSeq[span] ?? 0) - start;
    if (point.now <= point.most) continue;
    point.most = point.now;
    point.mostBlocks = point.nowBlocks;
  }
  return found;
}
