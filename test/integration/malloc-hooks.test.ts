import test from 'ava';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import type { HarvestError } from '../../lib/errors/errors.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { EventKind } from '../../lib/trace/trace.js';
import { cFirmware } from '../support/c-firmware.js';
import { eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { captureMalloc, firstDifference, referenceEvents, referenceForm } from '../support/malloc-capture.js';

const sqlite = (libc: string, opt: string, more: Record<string, string | number> = {}) =>
  cFirmware('sqlite', { LIBC: libc, OPT: opt, ...more });
const sqliteReference = (libc: string, opt: string) => referenceEvents('sqlite', { LIBC: libc, OPT: opt });

/**
 * The frames that both engines must show. MI does not say which frames are tail calls or inlined, and gdb finds fewer tail calls;
 * behind an interrupt of a task gdb goes on with a stack pointer (PSP) that QEMU does not tell.
 */
function framesIn(line: string, without: readonly string[] = []): string[] {
  const frames = line.split(/ [|<] /);
  const signal = frames.findIndex((frame) => /^[0-9a-f]+signal /.test(frame));
  const shown = signal < 0 ? frames : frames.slice(0, signal);
  const kept = shown.filter((frame) => !/^[0-9a-f]+tail /.test(frame) && !without.includes(frame));
  return kept.map((frame) => frame.replace(/^([0-9a-f]+)i /, '$1 '));
}

const tailFrames = (line: string) =>
  line
    .split(' < ')
    .flatMap((frame) => frame.split(' | '))
    .filter((frame) => /^[0-9a-f]+tail /.test(frame))
    .map((frame) => frame.replace('tail', ''));

// The other variants: dist/test/support/every-malloc-variant.js.
for (const [libc, opt] of [
  ['newlib', 'Og'],
  ['picolibc', 'Os'],
] as const) {
  test.serial(`sqlite ${libc} -${opt}: every event of the reference, in order, with size and address`, async (t) => {
    t.timeout(240_000);
    const expected = await sqliteReference(libc, opt);
    t.true(expected.length > 1000, `${expected.length} events`);
    const { trace, error } = await captureMalloc(new DirectEngine(), {
      elf: sqlite(libc, opt),
      until: ['sqlite_repl'],
    });
    t.is(error, undefined);
    t.deepEqual(referenceForm(trace), expected);
    t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
    t.is(trace.info.endReason, 'reached sqlite_repl');
    const names = new Set(trace.strings);
    t.true(names.has('sqlite3_open') && names.has('sqlite3MemMalloc'));
  });
}

test.serial('sqlite newlib -Os: the gdb engine captures the same events with the same backtraces', async (t) => {
  t.timeout(240_000);
  const setup = { elf: sqlite('newlib', 'Os'), until: ['sqlite_repl'] };
  const direct = await captureMalloc(new DirectEngine(), setup);
  const gdb = await captureMalloc(new GdbEngine(await findGdb()), setup);
  t.is(gdb.error, undefined);
  t.true(gdb.trace.eventCount > 1000);
  t.is(await firstDifference(direct.trace, gdb.trace, setup.elf), undefined);
  t.is(gdb.trace.info.oracle?.outcome, 'matched', JSON.stringify(gdb.trace.info.oracle));
});

test.serial('two tasks, an interrupt and longjmp: the same events in both engines and the reference', async (t) => {
  t.timeout(240_000);
  const choice = { LIBC: 'newlib', OPT: 'Og', ALLOC: 'libc', ROUNDS: 4 };
  const elf = cFirmware('tasks', choice);
  const expected = await referenceEvents('tasks', choice);
  const direct = await captureMalloc(new DirectEngine(), { elf, until: ['tasks_done'] });
  const gdb = await captureMalloc(new GdbEngine(await findGdb()), { elf, until: ['tasks_done'] });
  t.deepEqual(referenceForm(direct.trace), expected);
  t.deepEqual(referenceForm(gdb.trace), expected);
  const lines = eventLines(direct.trace);
  const ofGdb = eventLines(gdb.trace);
  for (const [seq, line] of lines.entries()) {
    t.deepEqual(framesIn(line), framesIn(ofGdb[seq] ?? '', tailFrames(line)), `event ${seq}`);
  }
  t.is(direct.trace.info.oracle?.outcome, 'matched');
  t.deepEqual(direct.trace.gaps, []);
  t.true(direct.trace.notes.some(({ code }) => code === 'abandoned-calls'));
  t.deepEqual([...new Set(direct.trace.events.task)].filter((task) => task > 0).sort(), [1, 2]);
});

test.serial('TLSF and operator new, the largest free block around each event', async (t) => {
  t.timeout(240_000);
  const choice = { LIBC: 'newlib', OPT: 'Og', ALLOC: 'tlsf', ROUNDS: 1 };
  const expected = await referenceEvents('tasks', choice);
  const { trace, error } = await captureMalloc(new DirectEngine(), {
    elf: cFirmware('tasks', choice),
    until: ['tasks_done'],
    captureLargest: true,
  });
  t.is(error, undefined);
  t.deepEqual(referenceForm(trace), expected);
  t.is(trace.info.oracle?.outcome, 'matched');
  t.true([...trace.strings].some((name) => name.startsWith('operator new')));
  const before = trace.events.largestBeforeBytes;
  const after = trace.events.largestAfterBytes;
  // An empty pool of 24,576 bytes less the control block of 3,188 (16 + 4 + 24 * 4 + 24 * 32 * 4) and two headers.
  t.is(before?.[0], 24_576 - 3_188 - 8);
  t.true((after?.[0] ?? 0) < (before?.[0] ?? 0));
});

test.serial('4 breakpoints are enough for malloc, free, realloc and an end, and what they cost is said', async (t) => {
  t.timeout(240_000);
  const setup = { elf: sqlite('nano', 'Os'), until: ['sqlite_repl'], breakpoints: 4 };
  const { trace, error, notes } = await captureMalloc(new DirectEngine(), setup);
  t.is(error, undefined);
  t.deepEqual(referenceForm(trace), await sqliteReference('nano', 'Os'));
  t.is(trace.info.engineReport?.breakpoints, 'at most 4 of 4 at once');
  t.is(trace.info.endReason, 'reached sqlite_repl');
  t.true(
    notes.some((note) => /end condition gives its breakpoint/.test(note)),
    notes.join('\n'),
  );
});

test.serial('a heap that is exhausted shows failed requests', async (t) => {
  t.timeout(240_000);
  const elf = sqlite('newlib', 'Os', { EXHAUST: 1 });
  const { trace, error } = await captureMalloc(new DirectEngine(), { elf, until: ['sqlite_repl'] });
  t.is(error, undefined);
  t.true(referenceForm(trace).some((line) => line.startsWith('failed ')));
  t.is(trace.info.oracle?.outcome, 'matched');
});

test.serial('MicroPython-style heap without a log function: sweeps are read from the allocation table', async (t) => {
  t.timeout(240_000);
  const elf = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'nolog' });
  const { trace, error } = await captureMalloc(new DirectEngine(), { elf, untilRepl: true });
  t.is(error, undefined);
  const kinds = referenceForm(trace);
  t.true(kinds.length > 100);
  t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
  t.is(trace.regions[0]?.name, 'gc');
  t.true(kinds.length > trace.events.kind.filter((kind) => kind !== EventKind.sweep).length, 'some blocks were swept');
});

test.serial('an allocator without symbols and one that is not there are said so', async (t) => {
  const elf = sqlite('newlib', 'Og');
  await t.throwsAsync(captureMalloc(new DirectEngine(), { elf, allocator: 'freertos-heap-4' }), { code: 'HH1361' });
  await t.throwsAsync(captureMalloc(new DirectEngine(), { elf, allocator: 'custom' }), { code: 'HH1361' });
  const lisp = lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' });
  const hook = ['gc_alloc(size)'];
  const { trace } = await captureMalloc(new DirectEngine(), {
    elf: lisp,
    allocator: 'custom',
    hooks: hook,
    maxEvents: 5,
  });
  t.is(trace.eventCount, 5);
  t.is(trace.info.oracle?.outcome, 'unavailable');
});

test.serial('too few breakpoints are counted before anything runs', async (t) => {
  const setup = { elf: sqlite('newlib', 'Og'), until: ['sqlite_repl', 'run_workload', 'main'], breakpoints: 4 };
  await t.throwsAsync(captureMalloc(new DirectEngine(), setup), { code: 'HH1520', message: /expected at most 4/ });
  // Nothing can be left out where one is all there is (ESP8266).
  const one = { elf: sqlite('newlib', 'Og'), maxEvents: 5, breakpoints: 1 };
  const error = await t.throwsAsync<HarvestError>(captureMalloc(new DirectEngine(), one), { code: 'HH1520' });
  t.regex(error?.remedy ?? '', /cannot be followed with so few/);
});
