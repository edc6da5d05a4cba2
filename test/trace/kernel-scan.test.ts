import test from 'ava';
import fc from 'fast-check';
import { BlockScan } from '../../lib/trace/block-scan.js';
import { EventKernel } from '../../lib/trace/kernel/event-kernel.js';
import { KernelScan } from '../../lib/trace/kernel/kernel-scan.js';
import type { RunScan } from '../../lib/trace/run-scan.js';
import { EventKind } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { VarintReader } from '../../lib/trace/varint-reader.js';

const kernel = () => {
  const opened = EventKernel.open();
  if (!opened) throw new Error('no kernel');
  return opened;
};

interface Step {
  readonly kind: number;
  readonly address: number;
  readonly from: number;
  readonly sizeBytes: number;
  readonly stack: number;
  readonly times: number;
}

/** Blocks that may lie over one another, frees of what was never there, at the ends of the address space, large and empty ones. */
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5),
  address: fc.oneof(
    fc.integer({ min: 0, max: 400 }).map((slot) => 0x2000_0000 + slot * 64),
    fc.constantFrom(0, 4, 0xffff_fffc, 0xffff_ff00, 0x1fff_fff0, 0x2000_0002),
  ),
  from: fc.oneof(
    fc.constantFrom(Number.NaN, Number.NaN, -4, 0.5, 2 ** 32, 2 ** 40),
    fc.integer({ min: 0, max: 400 }).map((slot) => 0x2000_0000 + slot * 64),
  ),
  sizeBytes: fc.oneof(fc.integer({ min: 0, max: 64 }), fc.constantFrom(0, 1, 65, 200, 5000, 2 ** 24, 2 ** 24 + 1)),
  stack: fc.integer({ min: -1, max: 5 }),
  times: fc.constantFrom(1, 1, 1, 3),
});

function told(scan: RunScan, steps: readonly Step[], pieces: number): unknown[] {
  const builder = new TraceBuilder({ source: 'test' });
  const all: unknown[] = [];
  const size = Math.ceil(steps.length / pieces);
  for (let from = 0; from < steps.length; from += size) {
    for (const { kind, address, from: old, sizeBytes, stack } of steps.slice(from, from + size)) {
      builder.addEvent(kind, address, sizeBytes, stack);
      if (kind === EventKind.realloc) builder.setLast('fromAddress', old);
      // Blocks are numbered from the first run on that tells a time.
      builder.setLast('atUs', address % 7);
    }
    const run = scan.next(builder, 0, builder.kind.length);
    if (!run) return [...all, 'gave up'];
    for (let i = 0; i < run.count; i++) {
      const ended = (run.endedStart[i] as number) >= 0;
      all.push([run.openedBlock[i], run.endedStart[i], ...(ended ? endOf(run, i) : [])]);
    }
    all.push(scan.findings(), scan.peak, scan.liveBlocks());
    builder.forgetEvents();
  }
  return all;
}

function endOf(run: NonNullable<ReturnType<RunScan['next']>>, i: number) {
  return [run.endedBlock[i], run.endedAddress[i], run.endedSize[i], run.endedStack[i]];
}

test('the kernel follows blocks as the scan in TypeScript does, and gives up where that does', (t) => {
  let sound = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 4 }), (steps, pieces) => {
      const taken = steps.flatMap((one) => Array.from({ length: one.times }, () => one));
      const expected = told(new BlockScan(), taken, pieces);
      t.deepEqual(told(new KernelScan(kernel()), taken, pieces), expected);
      if (expected.at(-1) !== 'gave up') sound++;
    }),
    { numRuns: 80 },
  );
  // Else only beginnings were compared.
  t.true(sound > 2, `${sound} of 80 to their end`);
});

test('the kernel follows a heap of many addresses, whose table grows', (t) => {
  const slots = 10_007;
  const steps = Array.from({ length: 20_000 }, (_, i): Step => {
    // At first all are allocated, then one after the other is freed and allocated again.
    const slot = ((i < slots ? i : i >> 1) * 7919) % slots;
    const kind = i < slots || i % 2 === 1 ? EventKind.alloc : EventKind.free;
    return { kind, address: 0x2000_0000 + slot * 48, from: 0, sizeBytes: (i % 47) + 1, stack: i % 9, times: 1 };
  }).filter((_, i) => i !== slots);
  const expected = told(new BlockScan(), steps, 2);
  t.deepEqual(told(new KernelScan(kernel()), steps, 2), expected);
  t.not(expected.at(-1), 'gave up');
});

test('the kernel reads columns as the reader in TypeScript does, or leaves them to it', (t) => {
  const { bytes, numbers, integers, opened } = room();
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(0x80, 0xff, 0, 1), fc.integer({ min: 0, max: 255 })), {
        minLength: 300,
        maxLength: 2500,
      }),
      fc.boolean(),
      fc.integer({ min: 256, max: 300 }),
      (list, unsigned, count) => {
        const input = Uint8Array.from(list);
        const [out, plain] = unsigned
          ? [numbers.subarray(0, count), new Uint32Array(count)]
          : [integers.subarray(0, count), new Int32Array(count)];
        const ended = opened.differences(input, 0, out, 0, count);
        if (ended === 0) return;
        const reader = new VarintReader(input, 'test');
        t.true(reader.differences(plain, 0, count));
        t.is(reader.offset, ended);
        t.deepEqual([...out], [...plain]);
      },
    ),
    { numRuns: 200 },
  );
  t.is(bytes.length, 4096);
});

test('the kernel reads small and large differences, and stops at what is no number of 32 bits', (t) => {
  const { numbers, integers, opened } = room();
  const read = (list: readonly number[], out: Uint32Array | Int32Array) => {
    const input = Uint8Array.from([...Array.from({ length: 255 }, () => 0), ...list]);
    return opened.differences(input, 0, out, 0, 256) === 0 ? undefined : out[255];
  };
  t.is(read([0xfe, 0xff, 0xff, 0xff, 0x1f], numbers), 0xffff_ffff);
  t.is(read([0x01], integers), -1);
  t.is(read([0x01], numbers), undefined);
  t.is(read([0x80, 0x80, 0x80, 0x80, 0x20], numbers), undefined);
  t.is(read([0x80, 0x80, 0x80, 0x80, 0x80, 0x01], numbers), undefined);
  t.is(read([0x80], numbers), undefined);
});

function room() {
  const opened = kernel();
  return { opened, bytes: opened.bytes(4096), numbers: opened.numbers(512), integers: opened.integers(512) };
}
