import test from 'ava';
import { AutoEngine } from '../../lib/capture/auto/auto-engine.js';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import type { Engine } from '../../lib/capture/engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { TargetError } from '../../lib/errors/errors.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { captureInQemu, eventLines } from '../support/capture.js';
import { lispFirmware } from '../support/lisp-firmware.js';

// -Os on the Cortex-M3: with tail calls.
const elf = lispFirmware({ board: 'mps2-an385', opt: 'Os', variant: 'small' });
const setup = { boardName: 'qemu-mps2-an385', elf };
const program = await findGdb();
const gdb = new GdbEngine(program);
const expected = eventLines((await captureInQemu(gdb, setup)).trace);

test('captures directly, and says how many backtraces gdb confirmed', async (t) => {
  const { trace, error } = await captureInQemu(new AutoEngine({ direct: new DirectEngine(), gdb, program }), setup);
  t.is(error, undefined);
  t.deepEqual(eventLines(trace), expected);
  t.is(trace.info.engine, 'direct');
  // Events 0 to 31, and 509 of 557.
  t.is(trace.info.engineReport?.backtracesChecked, 33);
  t.is(trace.info.engineReport?.checkedBy, program.version);
  t.deepEqual(trace.notes, []);
  t.is(trace.rawSamples.length, trace.eventCount);
});

/** A direct engine whose unwinder goes wrong at one event and stays so. */
function wrongFrom(first: number): Engine {
  return {
    name: 'direct',
    async *harvest(...args) {
      let seq = 0;
      for await (const record of new DirectEngine().harvest(...args)) {
        if ('backtrace' in record && seq++ >= first)
          yield { ...record, backtrace: (record.backtrace ?? []).slice(0, 2) };
        else yield record;
      }
    },
  };
}

test('at a wrong backtrace gdb takes over, with every backtrace right, and the reason is told', async (t) => {
  const { trace, error } = await captureInQemu(new AutoEngine({ direct: wrongFrom(10), gdb, program }), setup);
  t.is(error, undefined);
  // MI does not tell which frames are tail calls.
  const withoutKinds = (lines: readonly string[]) => lines.map((line) => line.replaceAll(/\b([0-9a-f]+)tail /g, '$1 '));
  t.deepEqual(withoutKinds(eventLines(trace)), withoutKinds(expected));
  t.is(trace.notes[0]?.code, 'engine-fallback');
  t.is(trace.notes[0]?.beforeSeq, 10);
  t.regex(
    trace.notes[0]?.text ?? '',
    /^gdb makes the backtraces from event 10 on: at frame 2 it shows \S+ at \S+:\d+, the direct engine no frame$/,
  );
  t.is(trace.info.engineReport?.backtracesByGdbFromEvent, 10);
});

test('a sample finds what goes wrong later, and says how many before it were not compared', async (t) => {
  const { trace } = await captureInQemu(new AutoEngine({ direct: wrongFrom(100), gdb, program }), setup);
  t.is(trace.notes[0]?.beforeSeq, 509);
  t.regex(trace.notes[0]?.text ?? '', /; the 477 before it were not compared$/);
});

test('without gdb it captures all the same, and says that nothing was checked', async (t) => {
  const { trace } = await captureInQemu(new AutoEngine({ direct: new DirectEngine() }), setup);
  t.deepEqual(eventLines(trace), expected);
  t.is(trace.info.engineReport?.checkedBy, 'nothing: no gdb was found');
  t.is(trace.info.engineReport?.backtracesChecked, 0);
});

test('a gdb that cannot run ends the checks, not the capture', async (t) => {
  const missing = { path: '/nowhere/gdb', version: 'GNU gdb of no kind', hasPython: false };
  const { trace, error } = await captureInQemu(new AutoEngine({ direct: new DirectEngine(), program: missing }), setup);
  t.is(error, undefined);
  t.deepEqual(eventLines(trace), expected);
  t.regex(String(trace.info.engineReport?.checkedBy), /^GNU gdb of no kind, until it failed: /);
});

function refusing(code: string): Engine {
  return {
    name: 'direct',
    harvest: () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new TargetError(code, 'server: refuses')) }),
    }),
  };
}

test('where the direct engine cannot work at all, the gdb engine captures, and the reason is told', async (t) => {
  const { trace, error } = await captureInQemu(new AutoEngine({ direct: refusing('HH1556'), gdb, program }), setup);
  t.is(error, undefined);
  t.deepEqual(eventLines(trace), expected);
  t.is(trace.info.engine, 'gdb');
  t.is(trace.notes[0]?.text, 'the gdb engine captures: server: refuses');
});

test('an error that gdb would meet as well is not hidden behind it', async (t) => {
  const { error } = await captureInQemu(new AutoEngine({ direct: refusing('HH1550'), gdb, program }), setup);
  t.true(error instanceof TargetError && error.code === 'HH1550');
});
