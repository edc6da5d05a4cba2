import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { backtraceOf, eventAt, type Trace } from '../../lib/trace/trace.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { captureMalloc } from '../support/malloc-capture.js';
import { notRun } from '../support/not-run.js';
import { runCli } from '../support/run-cli.js';
import { tempFolder } from '../support/temp-folder.js';

const START = 'test/symbols/programs';
const missing = missingTools(['arm-none-eabi-gcc', 'gdb-multiarch', 'qemu-system-arm']);

function build(t: ExecutionContext, name: string, flags: readonly string[]): string | undefined {
  if (missing.length === 0) {
    return buildArm({
      sources: [`test/capture/programs/${name}.c`, `${START}/mps2-start.c`],
      script: `${START}/mps2.ld`,
      flags: ['-mcpu=cortex-m3', '-g', '-O1', ...flags],
    });
  }
  return notRun(t, `${missing.join(', ')} not installed`);
}

/** Free events that realloc was told as: `resize` calls nothing else that frees. */
function freesOfRealloc(trace: Trace): number {
  return Array.from({ length: trace.eventCount }, (_, seq) => seq).filter((seq) => {
    const stack = backtraceOf(trace, trace.events.stack[seq] ?? -1);
    const isInterrupt = stack.some(({ functionName }) => functionName === 'PendSV_Handler');
    return (
      eventAt(trace, seq).kind === 'free' && !isInterrupt && stack.some((frame) => frame.functionName === 'resize')
    );
  }).length;
}

// newlib's own hands the place of few blocks on, nano's that of one a round and more.
for (const [library, least] of [
  ['newlib', 1],
  ['nano', 12],
] as const) {
  test(`${library}: what an interrupt allocates before realloc has returned contradicts nothing`, async (t) => {
    const elf = build(t, 'realloc-interrupted', library === 'nano' ? ['--specs=nano.specs'] : []);
    if (elf === undefined) return;
    for (const engine of [new DirectEngine(), new GdbEngine(await findGdb())]) {
      const { trace, error } = await captureMalloc(engine, { elf, until: ['finished'] });
      t.is(error, undefined, engine.name);
      t.is(trace.info.doubtful, undefined, engine.name);
      t.is(trace.info.oracle?.outcome === 'differs', false, JSON.stringify(trace.info.oracle));
      // A realloc whose block was taken before its return is told as a free at its entry, and an allocation at its return.
      t.true(freesOfRealloc(trace) >= least, `${engine.name}: ${freesOfRealloc(trace)}`);
    }
  });
}

test('events that contradict each other make a capture doubtful: it says so, and the command ends with 4', async (t) => {
  const elf = build(t, 'unseen-free', ['-fno-inline']);
  if (elf === undefined) return;
  const out = tempFolder(t);
  const hooks = ['--hook', 'take(size)', '--hook', 'give(ptr)'];
  const run = await runCli(['--board', 'qemu-mps2-an385', ...hooks, '--until', 'finished', '-o', out, elf]);
  t.is(run.status, 4);
  t.regex(
    `${run.stdout}${run.stderr}`,
    /the capture is doubtful: 1 event contradicts the ones before, the first an allocation over a live block \(event 1\)/,
  );
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
  t.regex(summary.doubtful, /^1 event contradicts/);
  const tree = await runCli(['tree', join(out, 'capture.harvest')]);
  t.regex(`${tree.stdout}${tree.stderr}`, /doubtful/);
});
