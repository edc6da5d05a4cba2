import type { FrameId, StackId } from '../../base/units.js';
import { EventKind, type Trace } from '../../trace/trace.js';
import { doubtSuffix } from './doubts-text.js';
import { jsonElements } from './json-pieces.js';
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
  const sizes = Array.from(order, (seq) => trace.events.sizeBytes[seq] ?? 0);
  yield* profile(
    'in allocation order',
    sizes,
    mapped(order, (seq) => samples.of(trace.events.stack[seq] ?? -1)),
  );
  yield '\n]}\n';
}

function* profile(name: string, weights: readonly number[], samples: Iterable<readonly number[]>): Generator<string> {
  const end = weights.reduce((sum, weight) => sum + weight, 0);
  yield `{"type":"sampled","name":${JSON.stringify(name)},"unit":"bytes","startValue":0,"endValue":${end},"samples":[\n`;
  yield* jsonElements(samples);
  yield '\n],"weights":[\n';
  yield* jsonElements(weights);
  yield '\n]}';
}

/** Stacks as speedscope wants them: outermost first. The same stack gives the same array. */
class SampleCache {
  private readonly known = new Map<StackId, readonly number[]>();

  constructor(private readonly trace: Trace) {}

  of(stack: StackId): readonly number[] {
    let sample = this.known.get(stack);
    if (!sample) {
      sample = framesOfStack(this.trace, stack)
        .map((frame) => frame + 1)
        .reverse();
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
function allocations(trace: Trace): Int32Array {
  const kinds = trace.events.kind;
  const found: number[] = [];
  for (let seq = 0; seq < trace.eventCount; seq++) {
    if (kinds[seq] === EventKind.alloc || kinds[seq] === EventKind.realloc) found.push(seq);
  }
  return Int32Array.from(found);
}

function* mapped<T>(values: Iterable<number>, to: (value: number) => T): Generator<T> {
  for (const value of values) yield to(value);
}
