import test from 'ava';
import fc from 'fast-check';
import type { CallHook } from '../../../lib/capture/malloc/call-hook.js';
import { MallocTracker, type TrackerStep, type TrackerStop } from '../../../lib/capture/malloc/malloc-tracker.js';

const MALLOC: CallHook = { name: 'malloc', address: 0x100, kind: 'alloc', size: 0, nests: false };
const INNER: CallHook = { name: '_malloc_r', address: 0x200, kind: 'alloc', size: 1, nests: false };
const CALLOC: CallHook = { name: 'calloc', address: 0x300, kind: 'alloc', count: 0, size: 1, nests: false };
const REALLOC: CallHook = { name: 'realloc', address: 0x400, kind: 'realloc', pointer: 0, size: 1, nests: false };
const FREE: CallHook = { name: 'free', address: 0x500, kind: 'free', pointer: 0, nests: false };
const DELETE: CallHook = { name: '_ZdlPv', address: 0x600, kind: 'free', pointer: 0, nests: true };
const COLLECT: CallHook = { name: 'gc_collect_end', address: 0x700, kind: 'collect', nests: false };
const RESET: CallHook = { name: 'gc_init', address: 0x800, kind: 'reset', nests: false };
const HOOKS = [MALLOC, INNER, CALLOC, REALLOC, FREE, DELETE, COLLECT, RESET];

const newTracker = (reallocZeroFrees = true) => new MallocTracker(HOOKS, { reallocZeroFrees });

interface StopText extends Partial<TrackerStop> {
  readonly sp: number;
}

const call = (hook: CallHook, returnAddress: number, stop: StopText): TrackerStop => ({
  args: [],
  result: 0,
  context: 'thread',
  ...stop,
  pc: hook.address,
  returnAddress,
});
const back = (pc: number, result: number, stop: StopText): TrackerStop => ({
  context: 'thread',
  returnAddress: 0,
  args: [],
  ...stop,
  pc,
  result,
});

/** `opened malloc`, `alloc 1000 24`: what steps say, without the calls they belong to. */
function told(steps: readonly TrackerStep[]): string[] {
  return steps.map((step) => {
    if (step.kind !== 'event') return `${step.kind} ${step.call.hook.name}`;
    const { event } = step;
    const size = 'sizeBytes' in event ? ` ${event.sizeBytes}` : '';
    const from = 'fromAddress' in event ? ` from ${event.fromAddress.toString(16)}` : '';
    return `${event.kind}${'address' in event ? ` ${event.address.toString(16)}` : ''}${size}${from}`;
  });
}

function run(tracker: MallocTracker, ...stops: readonly TrackerStop[]): string[] {
  return stops.flatMap((stop) => told(tracker.stop(stop)));
}

test('an allocation is told at its return, with the size of its entry', (t) => {
  const tracker = newTracker();
  t.deepEqual(run(tracker, call(MALLOC, 0x1000, { sp: 0x8000, args: [24] })), ['opened malloc']);
  t.deepEqual(tracker.returnAddresses, [0x1000]);
  t.deepEqual(run(tracker, back(0x1000, 0x2000_0010, { sp: 0x8000 })), ['alloc 20000010 24']);
  t.deepEqual(tracker.open, []);
});

test('calloc asks for the product of its arguments', (t) => {
  const stops = [call(CALLOC, 0x1000, { sp: 0x8000, args: [3, 20] }), back(0x1000, 0x3000, { sp: 0x8000 })];
  t.deepEqual(run(newTracker(), ...stops), ['opened calloc', 'alloc 3000 60']);
});

test('a result of 0 is a failed request', (t) => {
  const stops = [call(MALLOC, 0x1000, { sp: 0x8000, args: [9999] }), back(0x1000, 0, { sp: 0x8000 })];
  t.deepEqual(run(newTracker(), ...stops), ['opened malloc', 'failed 9999']);
});

test('a free is told at its entry, free(NULL) not at all', (t) => {
  const tracker = newTracker();
  t.deepEqual(run(tracker, call(FREE, 0x1000, { sp: 0x8000, args: [0x3000] })), ['opened free', 'free 3000']);
  t.deepEqual(run(tracker, call(FREE, 0x1000, { sp: 0x8000, args: [0] })), []);
  t.deepEqual(tracker.returnAddresses, []);
});

test('realloc moves, fails, begins with NULL and ends with 0', (t) => {
  const realloc = (args: number[], result: number, zeroFrees = true) =>
    run(newTracker(zeroFrees), call(REALLOC, 0x1000, { sp: 0x8000, args }), back(0x1000, result, { sp: 0x8000 }))[1];
  t.is(realloc([0x3000, 50], 0x4000), 'realloc 4000 50 from 3000');
  t.is(realloc([0x3000, 50], 0x3000), 'realloc 3000 50 from 3000');
  t.is(realloc([0x3000, 50], 0), 'failed 50 from 3000');
  t.is(realloc([0, 50], 0x4000), 'alloc 4000 50');
  t.is(realloc([0, 50], 0), 'failed 50');
  t.is(realloc([0x3000, 0], 0), 'free 3000');
  t.is(realloc([0x3000, 0], 0, false), 'failed 0 from 3000');
  t.is(realloc([0x3000, 0], 0x3000, false), 'realloc 3000 0 from 3000');
});

test('a realloc that may not move the block and returns 0 is no failed request', (t) => {
  const hook: CallHook = {
    name: 'gc_realloc',
    address: 0x900,
    kind: 'realloc',
    pointer: 0,
    size: 1,
    mayMove: 2,
    nests: false,
  };
  const realloc = (mayMove: number) => {
    const tracker = new MallocTracker([hook], { reallocZeroFrees: true });
    const entry = call(hook, 0x1000, { sp: 0x8000, args: [0x3000, 50, mayMove, 0] });
    return run(tracker, entry, back(0x1000, 0, { sp: 0x8000 }))[1];
  };
  t.is(realloc(0), 'nothing gc_realloc');
  t.is(realloc(0xabcd00), 'nothing gc_realloc', 'a bool is one byte');
  t.is(realloc(1), 'failed 50 from 3000');
});

test('calls inside of a call do not count, neither allocations nor frees', (t) => {
  const stops = [
    call(REALLOC, 0x1000, { sp: 0x8000, args: [0x3000, 50] }),
    call(INNER, 0x410, { sp: 0x7fe0, args: [0, 50], callers: [0x410, 0x1000] }),
    call(FREE, 0x420, { sp: 0x7fe0, args: [0x3000], callers: [0x420, 0x1000] }),
    back(0x1000, 0x4000, { sp: 0x8000 }),
  ];
  t.deepEqual(run(newTracker(), ...stops), ['opened realloc', 'realloc 4000 50 from 3000']);
});

test('a tail call keeps the call that it continues', (t) => {
  const stops = [
    call(MALLOC, 0x1000, { sp: 0x8000, args: [24] }),
    call(INNER, 0x1000, { sp: 0x8000, args: [0x20000000, 24] }),
    back(0x1000, 0x3000, { sp: 0x8000 }),
  ];
  t.deepEqual(run(newTracker(), ...stops), ['opened malloc', 'alloc 3000 24']);
});

test('a recursive function that passes the return address deeper does not end the call', (t) => {
  const tracker = newTracker();
  const stops = [call(MALLOC, 0x1000, { sp: 0x8000, args: [24] }), back(0x1000, 0x9999, { sp: 0x7f00 })];
  t.deepEqual(run(tracker, ...stops), ['opened malloc']);
  t.deepEqual(run(tracker, back(0x1000, 0x3000, { sp: 0x8000 })), ['alloc 3000 24']);
});

test('an interrupt allocates in the middle of a call', (t) => {
  const irq = 'exception 24';
  const stops = [
    call(MALLOC, 0x1000, { sp: 0x8000, args: [24] }),
    call(MALLOC, 0x1800, { sp: 0x7f00, args: [8], context: irq }),
    back(0x1800, 0x5000, { sp: 0x7f00, context: irq }),
    back(0x1000, 0x3000, { sp: 0x8000 }),
  ];
  t.deepEqual(run(newTracker(), ...stops), ['opened malloc', 'opened malloc', 'alloc 5000 8', 'alloc 3000 24']);
});

test('two tasks return to the same address in any order', (t) => {
  const tracker = newTracker();
  const [a, b] = [
    { sp: 0x8000, context: 'task a' },
    { sp: 0x6000, context: 'task b' },
  ];
  const stops = [call(MALLOC, 0x1000, { ...a, args: [1] }), call(MALLOC, 0x1000, { ...b, args: [2] })];
  t.deepEqual(run(tracker, ...stops), ['opened malloc', 'opened malloc']);
  t.deepEqual(tracker.returnAddresses, [0x1000]);
  t.deepEqual(run(tracker, back(0x1000, 0xa000, a)), ['alloc a000 1']);
  t.deepEqual(run(tracker, back(0x1000, 0xb000, b)), ['alloc b000 2']);
});

test('a call left by longjmp is given up when its frame is seen to be gone', (t) => {
  const open = call(MALLOC, 0x1000, { sp: 0x8000, args: [24] });
  const from = (stop: StopText) => run(newTracker(), open, call(MALLOC, 0x1100, { args: [8], ...stop }))[1];
  t.is(from({ sp: 0x8010 }), 'abandoned malloc', 'a call from further out');
  t.is(from({ sp: 0x8000 }), 'abandoned malloc', 'a call from the same frame');
  t.is(from({ sp: 0x7f00, callers: [0x1100, 0x1200] }), 'abandoned malloc', 'a call from a deeper one');
  t.is(from({ sp: 0x7f00, callers: [0x1100, 0x1000] }), undefined, 'a call that it makes itself');
});

test('the same call again, after longjmp left it, is a new one', (t) => {
  const again = call(MALLOC, 0x1000, { sp: 0x8000, args: [24] });
  const stops = [again, again, back(0x1000, 0x3000, { sp: 0x8000 })];
  t.deepEqual(run(newTracker(), ...stops), ['opened malloc', 'abandoned malloc', 'opened malloc', 'alloc 3000 24']);
});

test('operator delete hides the free that it calls', (t) => {
  const stops = [
    call(DELETE, 0x1000, { sp: 0x8000, args: [0x3000] }),
    call(FREE, 0x610, { sp: 0x7ff8, args: [0x3000], callers: [0x610, 0x1000] }),
    back(0x1000, 0, { sp: 0x8000 }),
    call(FREE, 0x1004, { sp: 0x8000, args: [0x3010] }),
  ];
  t.deepEqual(run(newTracker(), ...stops), ['opened _ZdlPv', 'free 3000', 'opened free', 'free 3010']);
});

test('a collection inside of an allocation is told at its end, and so is the allocation', (t) => {
  const stops = [
    call(MALLOC, 0x1000, { sp: 0x8000, args: [24] }),
    call(COLLECT, 0x130, { sp: 0x7fc0, callers: [0x130, 0x1000] }),
    back(0x130, 0, { sp: 0x7fc0 }),
    back(0x1000, 0x3000, { sp: 0x8000 }),
  ];
  const expected = ['opened malloc', 'opened gc_collect_end', 'collected gc_collect_end', 'alloc 3000 24'];
  t.deepEqual(run(newTracker(), ...stops), expected);
});

test('a heap that begins anew is told at the entry', (t) => {
  t.deepEqual(run(newTracker(), call(RESET, 0x1000, { sp: 0x8000 })), ['reset gc_init']);
});

/** A program of nested calls, run as a processor would: the stops that a tracker gets, and the events that it must tell. */
interface Program {
  readonly stops: TrackerStop[];
  readonly events: string[];
}

const action = fc.record({
  context: fc.integer({ min: 0, max: 2 }),
  hook: fc.constantFrom(MALLOC, REALLOC, FREE),
  nested: fc.boolean(),
  leftByLongjmp: fc.boolean(),
  failed: fc.boolean(),
  depth: fc.integer({ min: 0, max: 15 }),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function programOf(actions: readonly Action[]): Program {
  const program: Program = { stops: [], events: [] };
  actions.forEach((step, number) => {
    const where = { context: `task ${step.context}`, sp: 0x10000 * (step.context + 1) - step.depth * 16 };
    const lr = 0x1000 + number * 4;
    const block = 0x5000_0000 + number * 32;
    const size = number + 1;
    const args = step.hook === MALLOC ? [size] : step.hook === FREE ? [block] : [block, size];
    program.stops.push(call(step.hook, lr, { ...where, args, callers: [lr] }));
    if (step.hook === FREE) {
      program.events.push(`free ${block.toString(16)}`);
      return;
    }
    if (step.nested) {
      const inside = { ...where, sp: where.sp - 8, callers: [0x44, lr] };
      program.stops.push(call(FREE, 0x44, { ...inside, args: [block] }));
    }
    if (step.leftByLongjmp) return;
    program.stops.push(back(lr, step.failed ? 0 : block + 8, where));
    const from = step.hook === REALLOC ? ` from ${block.toString(16)}` : '';
    const address = step.failed ? '' : ` ${(block + 8).toString(16)}`;
    const kind = step.failed ? 'failed' : step.hook === REALLOC ? 'realloc' : 'alloc';
    program.events.push(`${kind}${address} ${size}${from}`);
  });
  return program;
}

test('of any program every call that returns is told once, in order, and nothing else', (t) => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const { stops, events } = programOf(actions);
      const found = run(newTracker(), ...stops).filter((text) => !/^(opened|abandoned)/.test(text));
      t.deepEqual(found, events);
    }),
  );
});

test('stops at any place never make a call end twice', (t) => {
  const stop = fc.record({
    pc: fc.constantFrom(...HOOKS.map(({ address }) => address), 0x1000, 0x1004),
    sp: fc.constantFrom(0x8000, 0x7ff0, 0x7fe0),
    returnAddress: fc.constantFrom(0x1000, 0x1004),
    args: fc.constant([0x3000, 16]),
    result: fc.constant(0x3000),
    context: fc.constantFrom('thread', 'exception 15'),
    callers: fc.constantFrom([], [0x1000]),
  });
  fc.assert(
    fc.property(fc.array(stop, { maxLength: 50 }), (stops) => {
      const tracker = newTracker();
      const ended = new Set<unknown>();
      for (const step of stops.flatMap((at) => tracker.stop(at))) {
        if (step.kind === 'opened' || step.kind === 'reset') continue;
        t.false(ended.has(step.call));
        ended.add(step.call);
      }
      for (const open of tracker.open) t.true(open.hook.kind === 'free' || !ended.has(open));
    }),
  );
});
