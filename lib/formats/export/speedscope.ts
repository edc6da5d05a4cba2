import type { FrameId, StackId } from '../../base/units.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { doubtSuffix } from './doubts-text.js';
import { jsonElements, jsonTexts } from './json-pieces.js';
import { frameLabel, framesOfStack, stackWeights } from './stack-weights.js';
import type { TraceWriter } from './trace-writer.js';

/** Four profiles in bytes: live at the end, live at the peak, all allocated, and allocations in their order. */
export const speedscopeWriter: TraceWriter = {
  id: 'speedscope',
  title: 'speedscope (speedscope.app)',
  extension: '.speedscope.json',
  write: writeSpeedscope,
};

/** Frame numbers of the file: the trace's own, one higher, as 0 is for events without a backtrace. */
function* writeSpeedscope(trace: Trace): Generator<string> {
  const { stacks, peakSeq } = stackWeights(trace);
  const samples = new SampleCache(trace);
  const name = JSON.stringify(`heap${doubtSuffix(trace)}`);
  yield `{"$schema":"https://www.speedscope.app/file-format-schema.json",\n"name":${name},"exporter":"heap-harvest","activeProfileIndex":0,\n"shared":{"frames":[\n`;
  yield* jsonElements(frameObjects(trace));
  yield '\n]},\n"profiles":[\n';
  const profiles = [
    { name: 'live at end', weight: (i: number) => stacks[i]?.liveBytes ?? 0 },
    { name: `live at peak (event ${peakSeq})`, weight: (i: number) => stacks[i]?.peakBytes ?? 0 },
    { name: 'total', weight: (i: number) => stacks[i]?.totalBytes ?? 0 },
  ];
  for (const { name, weight } of profiles) {
    const used = stacks.map((_, i) => i).filter((i) => weight(i) > 0);
    yield* profile(
      name,
      used.map((i) => weight(i)),
      used.map((i) => samples.of(stacks[i]?.stack ?? -1)),
    );
    yield ',\n';
  }
  const order = allocations(trace);
  const { sizeBytes } = trace.events;
  yield* profile(
    'in allocation order',
    { [Symbol.iterator]: () => mapped(order, (seq) => sizeBytes[seq] ?? 0) },
    mapped(order, (seq) => samples.of(trace.events.stack[seq] ?? -1)),
  );
  yield '\n]}\n';
}

/** The weights are gone through twice; samples are JSON. */
function* profile(name: string, weights: Iterable<number>, samples: Iterable<string>): Generator<string> {
  let end = 0;
  for (const weight of weights) end += weight;
  yield `{"type":"sampled","name":${JSON.stringify(name)},"unit":"bytes","startValue":0,"endValue":${end},"samples":[\n`;
  yield* jsonTexts(samples);
  yield '\n],"weights":[\n';
  yield* jsonElements(weights);
  yield '\n]}';
}

/** Stacks as speedscope wants them: outermost first. Each is made once. */
class SampleCache {
  private readonly known = new Map<StackId, string>();

  constructor(private readonly trace: Trace) {}

  of(stack: StackId): string {
    let sample = this.known.get(stack);
    if (sample === undefined) {
      const frames = framesOfStack(this.trace, stack).map((frame) => frame + 1);
      sample = `[${frames.reverse().join()}]`;
      this.known.set(stack, sample);
    }
    return sample;
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

function* mapped<T>(values: Iterable<number>, to: (value: number) => T): Generator<T> {
  for (const value of values) yield to(value);
}
