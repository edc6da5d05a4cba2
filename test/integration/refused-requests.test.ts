import test from 'ava';
import { loadBoard } from '../../lib/boards/load-board.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { makeLogPlan } from '../../lib/capture/plan/make-plan.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { backtraceOf, EventKind, eventAt, type Trace } from '../../lib/trace/trace.js';
import { captureInQemu } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { captureMalloc } from '../support/malloc-capture.js';

const boardName = 'qemu-microbit';
const exhaust = () => lispFirmware({ board: 'microbit', opt: 'Og', variant: 'exhaust' });

/** `2048 m_realloc < set_capacity`: what was refused, and who had asked. */
function refusals(trace: Trace): string[] {
  return Array.from({ length: trace.eventCount }, (_, seq) => seq).flatMap((seq) => {
    const event = eventAt(trace, seq);
    if (event.kind !== 'failed') return [];
    const names = backtraceOf(trace, trace.events.stack[seq] ?? -1).map(({ functionName }) => functionName);
    return [
      `${event.sizeBytes} ${names
        .filter((name) => name !== 'checked')
        .slice(0, 2)
        .join(' < ')}`,
    ];
  });
}

const sizes = (trace: Trace) => refusals(trace).map((text) => Number.parseInt(text, 10));

test.serial('with the log hook, requests that the heap refused are events, the same in all engines', async (t) => {
  t.timeout(240_000);
  const elf = exhaust();
  const program = await findGdb();
  // What the allocator itself returns NULL for, seen by other breakpoints.
  const hooked = await captureMalloc(new DirectEngine(), {
    boardName,
    elf,
    allocator: 'micropython-gc',
    untilRepl: true,
  });
  t.is(hooked.error, undefined);
  let told: string[] | undefined;
  for (const engine of [new DirectEngine(), new GdbEngine(program)]) {
    const { trace, error } = await captureInQemu(engine, { boardName, elf });
    t.is(error, undefined, engine.name);
    t.deepEqual(sizes(trace), sizes(hooked.trace), engine.name);
    t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
    told ??= refusals(trace);
    t.deepEqual(refusals(trace), told, engine.name);
  }
  // gdb without Python, which is slow: up to the first.
  const maxEvents = hooked.trace.events.kind.indexOf(EventKind.failed) + 1;
  const byCommands = await captureInQemu(new GdbEngine(program, false), { boardName, elf, plan: { maxEvents } });
  t.is(byCommands.error, undefined);
  t.deepEqual(refusals(byCommands.trace), told?.slice(0, 1));
  // A list that grows, and an array that doubles.
  t.true((told ?? []).length >= 2);
  t.regex((told ?? []).join('\n'), /^\d+ m_malloc < /m);
  t.regex((told ?? []).join('\n'), /^(4096|8192|16384|32768) m_realloc < set_capacity$/m);
});

test.serial(
  'an end condition at the function where refused requests end ends the capture in each engine',
  async (t) => {
    const elf = exhaust();
    const board = await loadBoard(boardName);
    const { stops } = makeLogPlan(await loadFirmware(elf, board), board, { until: ['m_malloc_fail'] }).plan;
    const counts = [];
    for (const engine of [new DirectEngine(), new DirectEngine({ oneWrite: true }), new GdbEngine(await findGdb())]) {
      const { trace, error } = await captureInQemu(engine, { boardName, elf, plan: { stops } });
      t.is(error, undefined, engine.name);
      t.is(trace.info.endReason, 'reached m_malloc_fail', engine.name);
      t.is(trace.info.complete, true, engine.name);
      counts.push(trace.eventCount - refusals(trace).length);
    }
    t.deepEqual(counts, [counts[0], counts[0], counts[0]]);
  },
);

test('comparators go to changes, ends, restarts and refused requests, in this order; what has none is said', async (t) => {
  const elf = exhaust();
  const board = await loadBoard(boardName);
  const firmware = await loadFirmware(elf, board);
  const planWith = (breakpoints: number) =>
    makeLogPlan(firmware, { ...board, comparators: { ...board.comparators, breakpoints } }, { untilRepl: true });
  const hooked = (breakpoints: number) => {
    const { hook } = planWith(breakpoints).plan;
    return hook.type === 'gc-log' ? [hook.gcInit?.label, hook.refusal?.label, hook.resetHandler?.label] : [];
  };
  t.deepEqual(hooked(4), ['gc_init', 'm_malloc_fail', undefined]);
  t.deepEqual(planWith(4).notes, []);
  t.deepEqual(hooked(3), ['gc_init', undefined, undefined]);
  t.deepEqual(planWith(3).notes, ['refused requests are not told: no comparator is left for m_malloc_fail']);
  t.deepEqual(hooked(2), [undefined, undefined, undefined]);
  t.deepEqual(planWith(2).notes, [
    'gc_init is not watched (no comparator is left): a restart of the heap is told by its allocation table',
    'refused requests are not told: no comparator is left for m_malloc_fail',
  ]);
});
