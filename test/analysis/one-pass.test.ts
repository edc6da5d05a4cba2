import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { callTree } from '../../lib/analysis/call-tree.js';
import { fragmentation } from '../../lib/analysis/fragmentation.js';
import { heapStats } from '../../lib/analysis/heap-stats.js';
import { heapLeaks } from '../../lib/analysis/leaks.js';
import { fragmentationSink } from '../../lib/analysis/one-pass/fragmentation.js';
import { heapLeaksSink } from '../../lib/analysis/one-pass/leaks.js';
import { heapStatsSink } from '../../lib/analysis/one-pass/stats.js';
import { callTreeSink } from '../../lib/analysis/one-pass/tree.js';
import { builderFigures, journalFigures } from '../../lib/formats/journal-runs.js';
import { loadTrace } from '../../lib/formats/load-trace.js';
import { BlockScan } from '../../lib/trace/block-scan.js';
import type { RunSink } from '../../lib/trace/event-run.js';
import type { TraceRecord } from '../../lib/trace/heap-event.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { EventKernel } from '../../lib/trace/kernel/event-kernel.js';
import { KernelScan } from '../../lib/trace/kernel/kernel-scan.js';
import type { RunScan } from '../../lib/trace/run-scan.js';
import { stackDoubts } from '../../lib/trace/stack-doubts.js';
import { EventKind, type Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { syntheticTrace } from '../bench/synthetic-trace.js';

const BASE = 0x2000_0000;
const SLOTS = 24;
const folder = mkdtempSync(join(tmpdir(), 'harvest-one-pass-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function journalOf(trace: Trace): string {
  const path = join(folder, `${files++}.harvest`);
  writeFileSync(path, Buffer.concat(journalBytes(trace)));
  return path;
}

/** Each analysis from the whole trace, and as a sink of its runs. */
const ANALYSES: Readonly<Record<string, Analysis>> = {
  stats: { whole: (trace) => heapStats(trace, {}), sink: (trace) => heapStatsSink(trace, {}) },
  'stats of the first sources': {
    whole: (trace) => heapStats(trace, { top: 2 }),
    sink: (trace) => heapStatsSink(trace, { top: 2 }),
  },
  tree: { whole: (trace) => callTree(trace, {}), sink: (trace) => callTreeSink(trace, {}) },
  callers: {
    whole: (trace) => callTree(trace, { invert: true }),
    sink: (trace) => callTreeSink(trace, { invert: true }),
  },
  leaks: { whole: (trace) => heapLeaks(trace, {}), sink: (trace) => heapLeaksSink(trace, {}) },
  fragmentation: {
    whole: (trace) => fragmentation(trace, { makeBytes: 200 }),
    sink: (trace) => fragmentationSink(trace, { makeBytes: 200 }),
  },
};
interface Analysis {
  whole(trace: Trace): unknown;
  sink(trace: Trace): RunSink<unknown> | undefined;
}

async function wholeOf(path: string): Promise<Trace> {
  return (await loadTrace(path)).builder.build();
}

const step = fc.record({
  kind: fc.constantFrom('alloc', 'alloc', 'alloc', 'existing', 'free', 'free', 'sweep', 'realloc', 'failed', 'mark'),
  slot: fc.integer({ min: 0, max: SLOTS - 1 }),
  from: fc.integer({ min: -1, max: SLOTS - 1 }),
  sizeBytes: fc.integer({ min: 0, max: 64 }),
  caller: fc.integer({ min: -1, max: 5 }),
  atUs: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Mostly sound: of what is alive nothing is allocated again, but for a few blocks. */
function recordsOf(steps: readonly Step[], align: number): TraceRecord[] {
  const alive = new Set<number>();
  return steps.flatMap(({ kind, slot, from, sizeBytes, caller, atUs }): TraceRecord[] => {
    const address = BASE + slot * 64;
    const frame = (functionName: string, line: number) => ({ address: 0x100 + line, functionName, file: 'a.c', line });
    const cut = { address: 0, functionName: '', file: '', line: 0, kind: 'cut' } as const;
    const outer = caller === 4 ? cut : frame('main', 90);
    const stack = caller < 0 ? {} : { backtrace: [frame(`f${caller}`, caller + 1), outer] };
    const backtrace = { ...stack, ...(atUs === undefined ? {} : { atUs }) };
    const asked = atUs === undefined ? {} : { requestedBytes: sizeBytes };
    const size = sizeBytes - (sizeBytes % align);
    switch (kind) {
      case 'mark':
        return [{ kind, name: 'cycle' }];
      case 'failed':
        return [{ kind, sizeBytes, ...backtrace }];
      case 'free':
      case 'sweep':
        alive.delete(slot);
        return [{ kind, address, ...backtrace }];
      case 'realloc': {
        if (alive.has(slot) && from !== slot) return [];
        alive.delete(from);
        alive.add(slot);
        return [
          {
            kind,
            address,
            fromAddress: from < 0 ? BASE + 4 : BASE + from * 64,
            sizeBytes: size,
            ...asked,
            ...backtrace,
          },
        ];
      }
      default:
        if (alive.has(slot)) return [];
        alive.add(slot);
        return kind === 'existing'
          ? [{ kind, address, sizeBytes: size, ...backtrace }]
          : [{ kind: 'alloc', address, sizeBytes: size, ...asked, ...backtrace }];
    }
  });
}

function builderOf(steps: readonly Step[], align: number): TraceBuilder {
  const builder = new TraceBuilder({ source: 'test', unitBytes: 16 });
  // Two memories; a block reaches over the end of the first, and some lie between them.
  const [low, high] = [BASE + 8 * 64 + 16, BASE + 12 * 64];
  builder.add({ kind: 'region', region: { name: 'a', baseAddress: BASE, sizeBytes: low - BASE, unitBytes: 16 } });
  builder.add({ kind: 'region', region: { name: 'b', baseAddress: high, sizeBytes: 12 * 64, unitBytes: 16 } });
  for (const record of recordsOf(steps, align)) builder.add(record);
  return builder;
}

/** What is known of a trace before its events are. */
function outlineOf(trace: Trace): Trace {
  return { ...trace, events: new TraceBuilder().build().events };
}

const SCANS: Readonly<Record<string, () => RunScan>> = {
  'in TypeScript': () => new BlockScan(),
  'in the kernel': () => new KernelScan(EventKernel.open() ?? failNow()),
};
function failNow(): never {
  throw new Error('no kernel');
}

for (const [name, { whole, sink }] of Object.entries(ANALYSES)) {
  for (const [where, openScan] of Object.entries(SCANS)) {
    test(`${name}: one pass over the events, ${where}, finds what the whole trace tells`, (t) => {
      let passes = 0;
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), fc.constantFrom(1, 4, 16), (steps, align) => {
          const builder = builderOf(steps, align);
          const trace = builder.build();
          const outline = outlineOf(trace);
          const into = sink(outline);
          const figures = into && builderFigures(outline, builder, into, openScan());
          if (!figures) return;
          passes++;
          t.deepEqual(figures, whole(trace));
          t.deepEqual(stackDoubts(outline), stackDoubts(trace));
        }),
        { numRuns: 100 },
      );
      // Else nothing was compared.
      t.true(passes > 60, `${passes} of 100 in one pass`);
    });
  }
}

test('where the kernel has no memory left nothing is told of it: the trace is looked at whole', (t) => {
  const builder = new TraceBuilder({ source: 'test', hasAddresses: true });
  for (let i = 0; i < 2000; i++) builder.addEvent(EventKind.alloc, i * 2 ** 20, 16, -1);
  const outline = outlineOf(builder.build());
  const figures = (maxPages: number) => {
    const sink = heapStatsSink(outline, {});
    const kernel = EventKernel.open(maxPages) ?? failNow();
    return sink && builderFigures(outline, builder, sink, new KernelScan(kernel));
  };
  t.is(figures(600), undefined);
  t.not(figures(2000), undefined);
});

test('a trace of many runs and pieces is followed from one to the next', async (t) => {
  const path = journalOf(syntheticTrace(40_000));
  const trace = await wholeOf(path);
  for (const { whole, sink } of Object.values(ANALYSES)) {
    const figures = await journalFigures(path, sink, { minBytes: 0 });
    t.true(figures !== undefined);
    t.deepEqual(JSON.stringify(figures?.result), JSON.stringify(whole(trace)));
  }
});

const records = (list: readonly TraceRecord[]) => {
  const builder = new TraceBuilder({ source: 'test' });
  builder.add({ kind: 'region', region: { name: 'a', baseAddress: BASE, sizeBytes: 4096, unitBytes: 8 } });
  for (const record of list) builder.add(record);
  return builder.build();
};
const block = (address: number, sizeBytes: number) => ({ kind: 'alloc', address, sizeBytes }) as const;

const WHOLE_ONLY: Readonly<Record<string, readonly TraceRecord[]>> = {
  'blocks over one another': [block(BASE, 64), block(BASE + 32, 64)],
  'a heap that begins anew': [block(BASE, 64), { kind: 'epoch', reason: 'restart' }, block(BASE, 64)],
  'addresses of 64 bits': [block(0x7f00_1234_5670, 64)],
  'odd addresses': [block(BASE + 1, 64)],
  'no event': [],
};
for (const [what, list] of Object.entries(WHOLE_ONLY)) {
  test(`${what}: no figures are made in one pass`, async (t) => {
    const path = journalOf(records(list));
    for (const { sink } of Object.values(ANALYSES)) t.is(await journalFigures(path, sink, { minBytes: 0 }), undefined);
  });
}

test('a journal with a damaged chunk has the same figures and the same gaps in one pass', async (t) => {
  const bytes = Buffer.concat(journalBytes(syntheticTrace(3000)));
  bytes[bytes.length - 20_000] = (bytes[bytes.length - 20_000] ?? 0) ^ 0xff;
  const path = join(folder, 'damaged.harvest');
  writeFileSync(path, bytes);
  const trace = await wholeOf(path);
  t.false(trace.info.complete);
  for (const { whole, sink } of Object.values(ANALYSES)) {
    const figures = await journalFigures(path, sink, { minBytes: 0 });
    if (figures) t.deepEqual(figures.result, whole(trace));
    if (figures) t.deepEqual(figures.trace.gaps, trace.gaps);
  }
});
