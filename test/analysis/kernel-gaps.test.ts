import test from 'ava';
import fc from 'fast-check';
import { fragmentation } from '../../lib/analysis/fragmentation.js';
import { fragmentationSink } from '../../lib/analysis/one-pass/fragmentation.js';
import { builderFigures } from '../../lib/formats/journal-runs.js';
import { EventKernel } from '../../lib/trace/kernel/event-kernel.js';
import { KernelScan } from '../../lib/trace/kernel/kernel-scan.js';
import { RUN_EVENTS } from '../../lib/trace/run-scan.js';
import { EventKind } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';

const SLOT = 4096;

/** Blocks of random slots of two large memories, with sizes that ask for finer steps now and then. */
function builderOf(seed: number, count: number): TraceBuilder {
  const builder = new TraceBuilder({ source: 'test', unitBytes: 4 });
  const memories = [
    { name: 'ram', baseAddress: 0x2000_0000, sizeBytes: 300 * SLOT, unitBytes: 4 },
    { name: 'psram', baseAddress: 0x3c00_0000, sizeBytes: 3000 * SLOT - 16, unitBytes: 4 },
  ];
  for (const region of memories) builder.add({ kind: 'region', region });
  const alive = new Set<number>();
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let i = 0; i < count; i++) {
    const slot = next(3000);
    const memory = memories[slot < 300 ? 0 : 1];
    const address = (memory?.baseAddress ?? 0) + slot * SLOT;
    if (next(500) === 0) builder.addEvent(EventKind.failed, 0, 100_000, -1);
    else if (alive.delete(slot)) builder.addEvent(EventKind.free, address, 0, -1);
    else {
      alive.add(slot);
      const sizeBytes = i < count / 2 ? 16 * (1 + next(256)) : 1 + next(SLOT);
      builder.addEvent(EventKind.alloc, address, sizeBytes, -1);
    }
  }
  return builder;
}

test('the gaps of two large memories, followed by the kernel, are those of the whole trace', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      const builder = builderOf(seed, RUN_EVENTS + 5000);
      const trace = builder.build();
      const outline = { ...trace, events: new TraceBuilder().build().events };
      const options = { top: 15, points: 50 };
      const sink = fragmentationSink(outline, options);
      const kernel = EventKernel.open();
      const figures = sink && kernel && builderFigures(outline, builder, sink, new KernelScan(kernel));
      t.not(figures, undefined);
      t.deepEqual(figures, fragmentation(trace, options));
    }),
    { numRuns: 5 },
  );
});
