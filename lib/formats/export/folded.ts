import type { Bytes } from '../../base/units.js';
import type { Trace } from '../../trace/trace.js';
import { seriousDoubtLines } from './doubts-text.js';
import { frameLabel, framesOfStack, type StackWeight, stackWeights } from './stack-weights.js';
import type { TraceWriter } from './trace-writer.js';

/** `outermost;...;innermost BYTES`, a line a stack: flamegraph.pl, inferno, speedscope. */
function foldedWriter(id: string, what: string, weight: (stack: StackWeight) => Bytes): TraceWriter {
  return {
    id,
    title: `folded stacks of ${what} (flame graph tools)`,
    extension: `${id.replace('folded', '').replace('-', '.')}.folded`,
    *write(trace) {
      // The format has no comments. Its readers pass over a line that does not end in a number, and say that they did.
      for (const line of seriousDoubtLines(trace)) yield `# ${line} #\n`;
      for (const stack of stackWeights(trace).stacks) {
        const bytes = weight(stack);
        if (bytes > 0) yield `${foldedStack(trace, stack)} ${bytes}\n`;
      }
    },
  };
}

export const foldedWriters: readonly TraceWriter[] = [
  foldedWriter('folded', 'bytes alive at the end', (stack) => stack.liveBytes),
  foldedWriter('folded-peak', 'bytes alive at the peak', (stack) => stack.peakBytes),
  foldedWriter('folded-total', 'all bytes allocated', (stack) => stack.totalBytes),
];

/** Semicolons separate frames and the last blank the weight, so names keep neither semicolons nor line ends. */
function foldedStack(trace: Trace, { stack }: StackWeight): string {
  return framesOfStack(trace, stack)
    .map((frame) => {
      const { name, file, line } = frameLabel(trace, frame);
      const place = file === '' ? '' : ` (${file}:${line})`;
      return `${name}${place}`.replace(/[;\r\n]/g, ':');
    })
    .reverse()
    .join(';');
}
