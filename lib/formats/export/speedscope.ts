import type { Bytes, FrameId, StackId } from '../../base/units.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { doubtSuffix } from './doubts-text.js';
import { jsonElements } from './json-pieces.js';
import { KeptTexts } from './kept-texts.js';
import { frameLabel, framesOfStack, type StackWeight, stackWeights } from './stack-weights.js';
import { TextBuffer } from './text-buffer.js';
import type { TraceWriter } from './trace-writer.js';

/** Four profiles in bytes: live at the end, live at the peak, all allocated, and allocations in their order. */
export const speedscopeWriter: TraceWriter = {
  id: 'speedscope',
  title: 'speedscope (speedscope.app)',
  extension: '.speedscope.json',
  write: writeSpeedscope,
};

/** Frame numbers of the file: the trace's own, one higher, as 0 is for events without a backtrace. */
function* writeSpeedscope(trace: Trace): Generator<string | Uint8Array> {
  const { stacks, peakSeq } = stackWeights(trace);
  const samples = new Samples(trace);
  const name = JSON.stringify(`heap${doubtSuffix(trace)}`);
  yield `{"$schema":"https://www.speedscope.app/file-format-schema.json",\n"name":${name},"exporter":"heap-harvest","activeProfileIndex":0,\n"shared":{"frames":[\n`;
  yield* jsonElements(frameObjects(trace));
  yield '\n]},\n"profiles":[\n';
  const profiles = [
    { name: 'live at end', weight: (one: StackWeight) => one.liveBytes },
    { name: `live at peak (event ${peakSeq})`, weight: (one: StackWeight) => one.peakBytes },
    { name: 'total', weight: (one: StackWeight) => one.totalBytes },
  ];
  for (const { name, weight } of profiles) {
    const used = stacks.filter((one) => weight(one) > 0);
    const [ids, weights] = [used.map(({ stack }) => stack), used.map(weight)];
    yield* samples.profile(name, {
      count: used.length,
      stackAt: (i) => ids[i] ?? -1,
      weightAt: (i) => weights[i] ?? 0,
    });
    yield ',\n';
  }
  const order = allocations(trace);
  const { sizeBytes, stack } = trace.events;
  yield* samples.profile('in allocation order', {
    count: order.length,
    stackAt: (i) => stack[order[i] as number] as number,
    weightAt: (i) => sizeBytes[order[i] as number] as number,
  });
  yield '\n]}\n';
}

interface Profile {
  readonly count: number;
  stackAt(index: number): StackId;
  weightAt(index: number): Bytes;
}

/** Elements of an array on a line of their own. */
const BETWEEN = new TextEncoder().encode(',\n');

/** Stacks as speedscope wants them: outermost first. Each is made once. */
class Samples {
  private readonly out = new TextBuffer();
  private readonly texts: KeptTexts;

  constructor(trace: Trace) {
    this.texts = new KeptTexts((stack) => {
      const frames = framesOfStack(trace, stack).map((frame) => frame + 1);
      return `[${frames.reverse().join()}]`;
    });
  }

  *profile(name: string, { count, stackAt, weightAt }: Profile): Generator<Uint8Array> {
    const { out, texts } = this;
    let end = 0;
    for (let i = 0; i < count; i++) end += weightAt(i);
    out.text(
      `{"type":"sampled","name":${JSON.stringify(name)},"unit":"bytes","startValue":0,"endValue":${end},"samples":[\n`,
    );
    for (let i = 0; i < count; i++) {
      if (i > 0) out.raw(BETWEEN);
      out.raw(texts.of(stackAt(i)));
      if (out.isFull) yield out.take();
    }
    out.text('\n],"weights":[\n');
    for (let i = 0; i < count; i++) {
      if (i > 0) out.raw(BETWEEN);
      out.decimal(weightAt(i));
      if (out.isFull) yield out.take();
    }
    yield out.text('\n]}').take();
  }
}

function* frameObjects(trace: Trace): Generator<object> {
  for (let frame: FrameId = -1; frame < trace.frames.count; frame++) {
    const { name, file, line } = frameLabel(trace, frame);
    yield { name, ...(file === '' ? {} : { file }), ...(line > 0 ? { line } : {}) };
  }
}

/** The events that hand out a block, in order. */
function allocations({ events, eventCount }: Trace): Int32Array {
  const found = new Int32Array(eventCount);
  let count = 0;
  for (let seq = 0; seq < eventCount; seq++)
    if (events.kind[seq] === EventKind.alloc || events.kind[seq] === EventKind.realloc) found[count++] = seq;
  return found.subarray(0, count);
}
