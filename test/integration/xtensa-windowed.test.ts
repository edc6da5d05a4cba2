import test from 'ava';
import { AutoEngine } from '../../lib/capture/auto/auto-engine.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { stackDoubts } from '../../lib/trace/stack-doubts.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { cFirmware } from '../support/c-firmware.js';
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
