import { stackRow } from '../../trace/stack-trie.js';
import type { Trace } from '../../trace/trace.js';
import { doubtSuffix } from './doubts-text.js';
import { HeapChanges } from './heap-changes.js';
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

/** By row of a stack: what it held at its own fullest, and how long its blocks lived in all. */
interface PointExtremes {
  readonly most: Float64Array;
  readonly mostBlocks: Float64Array;
  readonly lifetimes: Float64Array;
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

function* points(trace: Trace, { stacks }: StackWeights, extremes: PointExtremes): Generator<object> {
  for (const weight of stacks) {
    const row = stackRow(weight.stack, trace.stacks.count);
    yield {
      tb: weight.totalBytes,
      tbk: weight.totalCount,
      tl: extremes.lifetimes[row],
      mb: extremes.most[row],
      mbk: extremes.mostBlocks[row],
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

function extremesByStack(trace: Trace, { spans }: StackWeights): PointExtremes {
  const { startSeq, endSeq } = spans;
  const { stack, sizeBytes } = trace.events;
  const rows = trace.stacks.count;
  const column = () => new Float64Array(rows + 1);
  const [now, nowBlocks, most, mostBlocks, lifetimes] = [column(), column(), column(), column(), column()];
  const changes = new HeapChanges(trace, spans);
  for (let change = 0; change < changes.count; change++) {
    const span = changes.spanOf(change);
    const start = startSeq[span] as number;
    const row = stackRow(stack[start] as number, rows);
    const sign = changes.isEnd(change) ? -1 : 1;
    now[row] = (now[row] as number) + sign * (sizeBytes[start] as number);
    nowBlocks[row] = (nowBlocks[row] as number) + sign;
    if (sign < 0) continue;
    lifetimes[row] = (lifetimes[row] as number) + (endSeq[span] as number) - start;
    if ((now[row] as number) <= (most[row] as number)) continue;
    most[row] = now[row] as number;
    mostBlocks[row] = nowBlocks[row] as number;
  }
  return { most, mostBlocks, lifetimes };
}
