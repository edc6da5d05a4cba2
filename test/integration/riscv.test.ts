import test from 'ava';
import { AutoEngine } from '../../lib/capture/auto/auto-engine.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { resymbolize } from '../../lib/firmware/resymbolize.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { stackDoubts } from '../../lib/trace/stack-doubts.js';
import { cFirmware, referenceLines } from '../support/c-firmware.js';
import { captureInQemu, eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { captureMalloc, eventForm, firstDifference, referenceForm } from '../support/malloc-capture.js';

const boardName = 'qemu-virt-rv32';
const lisp = lispFirmware({ board: 'virt-rv32', opt: 'Og', variant: 'small' });
const whole = await captureInQemu(new DirectEngine(), { boardName, elf: lisp });
const expected = eventLines(whole.trace);
/** Of the gdb engine, which is slow: the rest would be more of the same. */
const FEW = 120;

test.serial('the log function of an RV32 firmware is followed to its REPL, and its heap agrees', (t) => {
  t.is(whole.error, undefined);
  t.is(expected.length, 557);
  t.is(whole.trace.info.endReason, 'reached pyexec_friendly_repl');
  t.is(whole.trace.info.oracle?.outcome, 'matched');
  t.is(stackDoubts(whole.trace), undefined);
});

test.serial('the gdb engine captures the same events, with the same frames', async (t) => {
  const { trace } = await captureInQemu(new GdbEngine(await findGdb()), {
    boardName,
    elf: lisp,
    plan: { maxEvents: FEW },
  });
  t.deepEqual(eventLines(trace), expected.slice(0, FEW));
});

test.serial('auto compares its backtraces with those of a gdb that is shown RISC-V registers', async (t) => {
  const program = await findGdb();
  const engine = new AutoEngine({ direct: new DirectEngine(), gdb: new GdbEngine(program), program });
  const { trace } = await captureInQemu(engine, { boardName, elf: lisp, plan: { maxEvents: FEW } });
  t.deepEqual(eventLines(trace), expected.slice(0, FEW));
  t.is(trace.info.engineReport?.backtracesChecked, 32);
  t.is(trace.info.engineReport?.backtracesByGdbFromEvent, undefined);
});

test.serial('one write an event gives the same events', async (t) => {
  const { trace } = await captureInQemu(new DirectEngine({ oneWrite: true }), { boardName, elf: lisp });
  t.deepEqual(eventLines(trace), expected);
  t.is(trace.info.oracle?.outcome, 'matched');
  t.is(trace.info.engineReport?.link, 'one write an event');
});

test.serial('the backtraces can be made again from the stored registers and stacks', async (t) => {
  t.is(whole.trace.rawSamples.length, 557);
  const again = resymbolize(whole.trace, await loadFirmware(lisp));
  t.is(again.unwound, 557);
  t.deepEqual(eventLines(again.trace), expected);
});

for (const march of ['rv32imc', 'rv32imafc'] as const) {
  test.serial(`${march}: the heap agrees with the events`, async (t) => {
    const elf = lispFirmware({ board: 'virt-rv32', opt: 'Os', variant: 'tiny', march });
    const { trace, error } = await captureInQemu(new DirectEngine(), { boardName, elf });
    t.is(error, undefined);
    t.is(trace.eventCount, 20);
    t.is(trace.info.oracle?.outcome, 'matched');
    t.is(stackDoubts(trace), undefined);
  });
}

// SQLite with picolibc's malloc, for each of the three: dist/test/support/every-malloc-variant.js.
test.serial(
  'two tasks and interrupts on one heap: every event of the reference, each in its task, with the frames of gdb',
  async (t) => {
    const choice = { MACHINE: 'virt-rv32', ALLOC: 'heap4', OPT: 'Og', ROUNDS: 1 };
    const elf = cFirmware('tasks', choice);
    const lines = await referenceLines(cFirmware('tasks', { ...choice, REFERENCE: 1 }), 'tasks done', boardName);
    const reference = eventForm(lines);
    t.true(reference.length > 100, `${reference.length} events`);
    const { trace, error } = await captureMalloc(new DirectEngine(), { boardName, elf, until: ['tasks_done'] });
    t.is(error, undefined);
    t.deepEqual(referenceForm(trace), reference);
    t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
    // Those of the handler are of no task: `@3` in the reference.
    const isEvent = (line: string) => eventForm([line]).length > 0;
    const contexts = lines.filter(isEvent).map((line) => Number(line.slice(-1)) % 3);
    t.deepEqual(
      Array.from(trace.events.task ?? [], (task) => Math.max(0, task)),
      contexts,
    );
    const names = new Set(trace.strings);
    t.true(names.has('take_sample') && names.has('trap_entry') && names.has('logger_task'));
    const few = { boardName, elf, until: ['tasks_done'], maxEvents: 60 };
    const gdb = await captureMalloc(new GdbEngine(await findGdb()), few);
    const direct = await captureMalloc(new DirectEngine(), few);
    t.is(await firstDifference(direct.trace, gdb.trace, elf), undefined);
  },
);
