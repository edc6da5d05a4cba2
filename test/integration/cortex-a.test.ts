import test from 'ava';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import { lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf, EventKind } from '../../lib/trace/trace.js';
import { buildArm, missingTools } from '../support/arm-build.js';
import { notRun } from '../support/not-run.js';
import { startQemu } from '../support/qemu-server.js';

const PROGRAMS = 'test/symbols/programs';
const missing = missingTools(['arm-none-eabi-gcc', 'gdb-multiarch', 'qemu-system-arm']);

for (const engine of ['direct', 'gdb', 'auto'] as const) {
  test(`${engine}: a Cortex-A whose Arm and Thumb code calls a Thumb allocator has every event and the whole stack`, async (t) => {
    if (missing.length > 0) return notRun(t, `${missing.join(', ')} not installed`);
    const elf = buildArm({
      sources: [`${PROGRAMS}/cortex-a.c`],
      script: `${PROGRAMS}/cortex-a.ld`,
      flags: ['-mcpu=cortex-a9', '-g', '-O1', '-fno-builtin-malloc', '--specs=nano.specs', '--specs=nosys.specs'],
    });
    await using server = await startQemu('vexpress-a9', elf);
    const trace = await collectTrace(
      harvestEvents({
        elf,
        gdbServer: `127.0.0.1:${server.port}`,
        reset: 'none',
        verify: false,
        allocator: 'auto',
        until: 'finished',
        engine,
        signal: AbortSignal.timeout(200_000),
      }),
    );
    const { alloc, free } = EventKind;
    // Each of 3 rounds: the Arm function allocates, the Thumb one frees that and allocates anew; the first of the next frees nothing.
    t.deepEqual([...trace.events.kind], Array(3).fill([alloc, free, alloc]).flat());
    t.deepEqual(lifespans(trace).findings, []);
    t.is(trace.info.doubtful, undefined);
    const paths = Array.from(trace.events.stack, (stack) =>
      backtraceOf(trace, stack)
        .map(({ functionName, certainty }) => `${functionName}${certainty === undefined ? '' : '?'}`)
        .filter((name) => name !== 'malloc' && name !== 'free')
        .join(' < '),
    );
    const nested = 'thumb_inner < thumb_outer < arm_caller < main';
    t.deepEqual(paths, Array(3).fill(['arm_caller < main', nested, nested]).flat());
    t.false(trace.notes.some(({ code }) => code === 'abandoned-calls' || code === 'engine-fallback'));
  });
}
