import test from 'ava';
import fc from 'fast-check';
import type { LogHook } from '../../../lib/capture/engine.js';
import type { FollowerStep } from '../../../lib/capture/log/follower-step.js';
import { HeapFollower } from '../../../lib/capture/log/heap-follower.js';
import { type LoggedCall, SimulatedGcHeap } from '../../support/simulated-gc-heap.js';

const hookOf = (heap: SimulatedGcHeap, more: Partial<LogHook> = {}): LogHook => ({
  type: 'gc-log',
  logFunction: { label: 'gc_log_change', address: 0x100 },
  variables: heap.variables,
  blockBytes: 16,
  ...more,
});

const changesOf = (steps: readonly FollowerStep<LoggedCall>[]) =>
  steps.flatMap((step) => (step.kind === 'change' ? [{ told: step, truth: step.logged }] : []));

const operation = fc.record({ pick: fc.nat(9), slot: fc.nat(500), length: fc.integer({ min: 1, max: 9 }) });

/** Does one thing to the heap; undefined when it cannot be done. */
function operate(heap: SimulatedGcHeap, { pick, slot, length }: { pick: number; slot: number; length: number }) {
  const { live } = heap;
  const block = live[slot % Math.max(1, live.length)];
  if (pick < 5 || !block) return heap.alloc(length, slot);
  return pick < 8 ? heap.free(block.address) : heap.resize(block.address, length);
}

test('in a heap of several areas every event gets its own area, whatever the block numbers are', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 80 }), async (operations) => {
      const heap = new SimulatedGcHeap([32, 16, 24]);
      const follower = new HeapFollower<LoggedCall>(hookOf(heap));
      const expected: LoggedCall[] = [];
      const told: FollowerStep<LoggedCall>[] = [];
      for (const each of operations) {
        const done = operate(heap, each);
        if (!done) continue;
        expected.push(done.logged);
        told.push(...(await follower.at({ ...done.logged, logged: done.logged }, heap)));
        done.finish();
      }
      const { steps, oracle } = await follower.finish(heap, true);
      told.push(...steps);
      t.deepEqual(
        changesOf(told).map(({ truth }) => truth),
        expected,
      );
      for (const { told: step, truth } of changesOf(told)) {
        t.deepEqual([step.change, step.address], [truth.kind, truth.address]);
      }
      t.is(told.filter(({ kind }) => kind === 'epoch' || kind === 'gap' || kind === 'sweep').length, 0);
      if (expected.length > 0) t.is(oracle.outcome, 'matched', JSON.stringify(oracle));
    }),
    { numRuns: 60 },
  );
});

test('a number of events ends behind the last of them, when its area is known', async (t) => {
  const heap = new SimulatedGcHeap([8, 8]);
  const follower = new HeapFollower<LoggedCall>(hookOf(heap), { maxEvents: 1 });
  const told: FollowerStep<LoggedCall>[] = [];
  for (const from of [1, 0]) {
    const done = heap.alloc(2, from);
    if (!done) throw new Error('full');
    t.false(follower.isFull);
    told.push(...(await follower.at({ ...done.logged, logged: done.logged }, heap)));
    if (!follower.isFull) done.finish();
  }
  t.true(follower.isFull);
  t.deepEqual(
    changesOf(told).map(({ told: step }) => step.address),
    [0x20012000],
  );
  t.is((await follower.finish(heap, false)).oracle.outcome, 'matched');
});

async function log(follower: HeapFollower<LoggedCall>, heap: SimulatedGcHeap, length: number) {
  const done = heap.alloc(length, 0);
  if (!done) throw new Error('full');
  const steps = await follower.at({ ...done.logged, logged: done.logged }, heap);
  done.finish();
  return steps;
}

test('a restart shows without gc_init: the table is elsewhere, or nothing is left of what was alive', async (t) => {
  for (const sizes of [[32], [40]]) {
    const heap = new SimulatedGcHeap([32]);
    const follower = new HeapFollower<LoggedCall>(hookOf(heap));
    await log(follower, heap, 3);
    await log(follower, heap, 2);
    heap.restart(sizes);
    const steps = await log(follower, heap, 3);
    t.deepEqual(
      steps.filter(({ kind }) => kind !== 'region').map(({ kind }) => kind),
      ['epoch', 'change'],
    );
    t.is(changesOf(steps)[0]?.told.change, 'alloc');
    t.is((await follower.finish(heap, true)).oracle.outcome, 'matched');
  }
});

test('what dies without a call of the log function is swept when its place is used again, with a note', async (t) => {
  const heap = new SimulatedGcHeap([32]);
  const follower = new HeapFollower<LoggedCall>(hookOf(heap));
  await log(follower, heap, 3);
  await log(follower, heap, 2);
  heap.free(0x20002000).finish();
  const steps = await log(follower, heap, 1);
  t.deepEqual(
    steps.map((step) => (step.kind === 'note' ? step.code : step.kind)),
    ['late-deaths', 'sweep', 'change'],
  );
  t.is(changesOf(steps)[0]?.told.change, 'alloc');
  t.is((await follower.finish(heap, true)).oracle.outcome, 'matched');
});

test('an area that cannot be read is a gap, and the oracle says what was not compared instead of "matched"', async (t) => {
  const heap = new SimulatedGcHeap([32, 16]);
  const follower = new HeapFollower<LoggedCall>(hookOf(heap));
  await log(follower, heap, 3);
  heap.unreadableFrom = 1;
  const steps = await log(follower, heap, 3);
  t.true(steps.some(({ kind }) => kind === 'gap'));
  const { oracle } = await follower.finish(heap, true);
  t.is(oracle.outcome, 'unavailable');
  t.regex(oracle.detail, /^only 2 allocations were compared .* area 2 at 0x20000100 could not be read/);
});
