import test from 'ava';
import { AutoEngine } from '../../lib/capture/auto/auto-engine.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { resymbolize } from '../../lib/firmware/resymbolize.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import { stackDoubts } from '../../lib/trace/stack-doubts.js';
import { backtraceOf, eventAt, type Trace } from '../../lib/trace/trace.js';
import { cFirmware } from '../support/c-firmware.js';
import { captureInQemu, eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { captureMalloc, referenceEvents, referenceForm } from '../support/malloc-capture.js';

/*
 * A real core with register windows, of 32 registers where an ESP32 has 64: the same firmware as on the lx106, with its functions compiled for
 * windows, and the handlers that spill them.
 */
const boardName = 'qemu-sim-de212';
const choice = { MACHINE: 'sim-de212', ALLOC: 'tlsf', OPT: 'Og', ROUNDS: 1 };

/** Of each event: the functions that called, with their lines, innermost first. */
function callersIn(trace: Trace): string[] {
  return [...trace.events.stack].map((stack) =>
    backtraceOf(trace, stack)
      .map(({ functionName, line }) => `${functionName}:${line}`)
      .join(' '),
  );
}

test.serial(
  'an allocator on register windows: every event of the wrapped reference, and its heap agrees',
  async (t) => {
    const reference = await referenceEvents('tasks', choice, boardName);
    t.true(reference.length > 100, `${reference.length} events`);
    const elf = cFirmware('tasks', choice);
    const engine = new AutoEngine({ direct: new DirectEngine() });
    const { trace, error } = await captureMalloc(engine, { boardName, elf, until: ['tasks_done'] });
    t.is(error, undefined);
    t.deepEqual(referenceForm(trace), reference);
    t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
    t.is(stackDoubts(trace), undefined);

    // The same sources without windows, whose frames call frame information tells: the callers are the same.
    const call0 = cFirmware('tasks', { ...choice, MACHINE: 'sim-lx106' });
    const plain = { boardName: 'qemu-sim-lx106', elf: call0, until: ['tasks_done'] };
    const expected = callersIn((await captureMalloc(new DirectEngine(), plain)).trace);
    const depths = expected.map((callers) => callers.split(' ').length);
    t.true(Math.max(...depths) >= 8, `the deepest is ${Math.max(...depths)}`);
    t.deepEqual(callersIn(trace), expected);
  },
);

const LISP = { opt: 'Og', variant: 'small' } as const;
const lisp = lispFirmware({ ...LISP, board: 'sim-de212' });

/** Of each event: what happened where in the heap, from the first allocation on. */
function placesIn(trace: Trace): string[] {
  const first = eventAt(trace, 0);
  const base = first.kind === 'alloc' ? first.address : 0;
  return Array.from({ length: trace.eventCount }, (_, seq) => {
    const event = eventAt(trace, seq);
    const at = event.kind === 'failed' ? 'nowhere' : event.address - base;
    return `${event.kind} ${at} ${event.sizeBytes ?? 0}`;
  });
}

test.serial(
  'a log function on register windows: the events, callers and lines of the same program on RISC-V, whose heap agrees',
  async (t) => {
    const { trace, error } = await captureInQemu(new DirectEngine(), { boardName, elf: lisp });
    t.is(error, undefined);
    t.is(trace.eventCount, 557);
    t.is(trace.info.endReason, 'reached pyexec_friendly_repl');
    t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
    t.is(stackDoubts(trace), undefined);

    // There gdb confirms each frame (riscv.test.ts).
    const reference = lispFirmware({ ...LISP, board: 'virt-rv32' });
    const riscv = await captureInQemu(new DirectEngine(), { boardName: 'qemu-virt-rv32', elf: reference });
    t.deepEqual(placesIn(trace), placesIn(riscv.trace));
    t.deepEqual(callersIn(trace), callersIn(riscv.trace));

    const again = resymbolize(trace, await loadFirmware(lisp));
    t.is(again.unwound, 557);
    t.deepEqual(eventLines(again.trace), eventLines(trace));
  },
);

test('what a core with register windows cannot do is refused before anything starts', async (t) => {
  const nowhere = { elf: lisp, board: boardName, gdbServer: '127.0.0.1:1', reset: false } as const;
  await t.throwsAsync(collectTrace(harvestEvents({ ...nowhere, oneWrite: true })), {
    code: 'HH2250',
    message: /one-write mode.*register windows/,
  });
  await t.throwsAsync(collectTrace(harvestEvents({ ...nowhere, engine: 'gdb' })), { code: 'HH2203' });
});
