import test from 'ava';
import { harvestEvents } from '../../../lib/capture/harvest-events.js';
import type { EngineName } from '../../../lib/capture/select-engine.js';
import { collectTrace } from '../../../lib/trace/collect-trace.js';
import { backtraceOf } from '../../../lib/trace/trace.js';
import { buildArm, missingTools } from '../../support/arm-build.js';
import { notRun } from '../../support/not-run.js';

const missing = missingTools(['arm-none-eabi-gcc', 'gdb-multiarch', 'qemu-system-arm']);

/** The functions of the first event's backtrace, scripts by their lines. */
async function firstStack(engine: EngineName, maxEvents = 1) {
  const elf = buildArm({
    sources: ['test/interpreters/micropython/script/interpreter.c'],
    script: 'test/symbols/programs/program.ld',
    flags: ['-mcpu=cortex-m3', '-g', '-O0', '-DLOG'],
  });
  const target = { elf, board: 'qemu-mps2-an385', engine, maxEvents, timeoutMs: 60_000 };
  const trace = await collectTrace(harvestEvents(target));
  const frames = backtraceOf(trace, trace.events.stack[0] ?? -1).map(({ functionName, file, line, kind }) =>
    kind === 'script' ? `${functionName} ${file}:${line}` : functionName,
  );
  return { frames, report: trace.info.engineReport, notes: trace.notes };
}

test.serial('with the log function, too, gdb has the frames of scripts that the direct engine has', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const { frames, report } = await firstStack('gdb');
  t.deepEqual(frames.slice(0, 6), [
    'probe',
    'inner stätion.py:2',
    'mp_execute_bytecode',
    'call',
    '<module> boot.py:3',
    'mp_execute_bytecode',
  ]);
  t.is(report?.scriptFrames, '2 of 2 frames of the interpreter');
  t.deepEqual((await firstStack('direct')).frames, frames);
});

test.serial('gdb confirms a backtrace with frames of scripts, and they stay in it', async (t) => {
  if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
  const { frames, report, notes } = await firstStack('auto', 2);
  t.deepEqual(frames, (await firstStack('direct')).frames);
  t.is(frames.filter((frame) => / .*:\d+$/.test(frame)).length, 2);
  // Its gdb may be too slow to start on a machine that is full of other work: the capture goes on without.
  if (!/until it failed/.test(String(report?.checkedBy))) t.is(report?.backtracesChecked, 2);
  // The second event's state makes no sense.
  t.is(report?.scriptFrames, '2 of 3 frames of the interpreter');
  t.deepEqual(
    notes.filter(({ code }) => code === 'engine-fallback'),
    [],
  );
});
