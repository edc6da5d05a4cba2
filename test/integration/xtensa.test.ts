import test from 'ava';
import { AutoEngine } from '../../lib/capture/auto/auto-engine.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { loadFirmware } from '../../lib/firmware/load-firmware.js';
import { resymbolize } from '../../lib/firmware/resymbolize.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { stackDoubts } from '../../lib/trace/stack-doubts.js';
import { backtraceOf } from '../../lib/trace/trace.js';
import { addr2line } from '../support/addr2line.js';
import { cFirmware } from '../support/c-firmware.js';
import { captureInQemu, eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';
import { captureMalloc, referenceEvents, referenceForm } from '../support/malloc-capture.js';

const boardName = 'qemu-sim-lx106';
const elf = lispFirmware({ board: 'sim-lx106', opt: 'Og', variant: 'small' });
const whole = await captureInQemu(new DirectEngine(), { boardName, elf });
const expected = eventLines(whole.trace);

test.serial('the log function of an lx106 firmware is followed to its REPL, and its heap agrees', (t) => {
  t.is(whole.error, undefined);
  t.true(expected.length > 500, `${expected.length}`);
  t.is(whole.trace.info.endReason, 'reached pyexec_friendly_repl');
  t.is(whole.trace.info.oracle?.outcome, 'matched');
  // Each return address stands behind a call, and each stack ends at main.
  t.is(stackDoubts(whole.trace), undefined);
});

test.serial('the backtraces can be made again from the stored registers and stacks', async (t) => {
  const again = resymbolize(whole.trace, await loadFirmware(elf));
  t.is(again.unwound, expected.length);
  t.deepEqual(eventLines(again.trace), expected);
});

test.serial('the functions on the stacks are those that binutils name at the calls', (t) => {
  const { trace } = whole;
  const stacks = [...new Set(trace.events.stack)].map((stack) => backtraceOf(trace, stack));
  const named = new Map(stacks.flat().map((frame) => [frame.address - 1, frame]));
  const places = addr2line(elf, [...named.keys()], 'xtensa-lx106-elf-addr2line');
  t.true(named.size > 50, `${named.size}`);
  for (const [address, { functionName, line }] of named) {
    const found = places.get(address)?.some((place) => place.name === functionName && place.line === line);
    t.true(found, `0x${address.toString(16)}: ${functionName} line ${line}`);
  }
});

test.serial('auto captures, and says that nothing could check the backtraces', async (t) => {
  const program = await findGdb();
  const engine = new AutoEngine({ direct: new DirectEngine(), gdb: new GdbEngine(program), program });
  const { trace } = await captureInQemu(engine, { boardName, elf, plan: { maxEvents: 40 } });
  t.deepEqual(eventLines(trace), expected.slice(0, 40));
  t.is(trace.info.engineReport?.backtracesChecked, 0);
  t.regex(String(trace.info.engineReport?.checkedBy), /until it failed/);
});

test.serial('an allocator without a log function is followed by its calls, stepping over breakpoints', async (t) => {
  const nolog = lispFirmware({ board: 'sim-lx106', opt: 'Os', variant: 'nolog' });
  const { trace, error } = await captureMalloc(new DirectEngine(), { boardName, elf: nolog, maxEvents: 40 });
  t.is(error, undefined);
  t.is(trace.eventCount, 40);
  t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
});

// Four builds with more rounds: dist/test/support/every-malloc-variant.js tasks sim-lx106.
test.serial(
  'an allocator in C, C++ and left by longjmp: every event of the wrapped reference, and its heap agrees',
  async (t) => {
    const choice = { MACHINE: 'sim-lx106', ALLOC: 'tlsf', OPT: 'Os', ROUNDS: 1 };
    const reference = await referenceEvents('tasks', choice, boardName);
    t.true(reference.length > 100, `${reference.length} events`);
    const tasks = cFirmware('tasks', choice);
    const { trace, error } = await captureMalloc(new DirectEngine(), { boardName, elf: tasks, until: ['tasks_done'] });
    t.is(error, undefined);
    t.deepEqual(referenceForm(trace), reference);
    t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
    // By CFI through C and C++, up to where the firmware begins.
    t.is(stackDoubts(trace), undefined);
    const names = new Set(trace.strings);
    for (const name of ['build_tree', 'logger_task', 'sampler_task', 'scheduler_start', 'main'])
      t.true(names.has(name), name);
  },
);

// The heap of an ESP8266 under Arduino: umm_malloc's format, and that core's names.
test.serial(
  "umm_malloc as in the ESP8266's Arduino core: every event of the wrapped reference, and its heap agrees",
  async (t) => {
    const choice = { MACHINE: 'sim-lx106', ALLOC: 'umm', OPT: 'Os', ROUNDS: 1, LEAKS: 8 };
    const reference = await referenceEvents('tasks', choice, boardName);
    t.true(reference.length > 100, `${reference.length} events`);
    const tasks = cFirmware('tasks', choice);
    const { trace, error } = await captureMalloc(new DirectEngine(), { boardName, elf: tasks, until: ['tasks_done'] });
    t.is(error, undefined);
    t.deepEqual(referenceForm(trace), reference);
    t.like(trace.info.oracle, { outcome: 'matched', differences: [] });
    t.regex(trace.info.oracle?.detail ?? '', /^blocks of the heap of heap_context/);
    t.true((trace.info.oracle?.liveAllocations ?? 0) > 0);
    t.is(stackDoubts(trace), undefined);
  },
);
