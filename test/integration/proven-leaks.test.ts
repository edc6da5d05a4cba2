import test from 'ava';
import { provenLeaks } from '../../lib/analysis/objects/proven-leaks.js';
import { harvestEvents } from '../../lib/capture/harvest-events.js';
import { CheckFailedError, UsageError } from '../../lib/errors/errors.js';
import { assertNoProvenLeaks } from '../../lib/report/assert-no-proven-leaks.js';
import { provenLeaksText } from '../../lib/report/proven-leaks-text.js';
import { collectTrace } from '../../lib/trace/collect-trace.js';
import { buildArm } from '../support/arm-build.js';
import { captureTasks } from '../support/leaky-tasks.js';

const PROGRAMS = 'test/symbols/programs';

// The gdb engine and newlib's allocator: dist/test/support/every-object-graph.js.
test.serial('each of 20 lost blocks is proven, with the line that lost it, and no other', async (t) => {
  t.timeout(120_000);
  const trace = await captureTasks({ leaks: 20 });
  t.is(trace.info.oracle?.outcome, 'matched');
  const leaks = provenLeaks(trace);
  t.is(leaks?.unsure, undefined);
  t.is(leaks?.provenCount, 20, leaks && provenLeaksText(leaks));
  t.true(leaks?.proven.every(({ frames }) => frames.some(({ functionName }) => functionName === 'lose_blocks')));
  // Four lists of two: the second block of each is held by the first.
  t.is(
    leaks?.proven.reduce((sum, { indirectCount }) => sum + indirectCount, 0),
    4,
  );
  t.throws(() => assertNoProvenLeaks(trace), {
    instanceOf: CheckFailedError,
    message: /^leak: nothing points to .* in 20 blocks \(limit 0 B\)\n.*lose_blocks/s,
  });
  // A capture that did not read who holds what proves nothing, and says so.
  t.is(provenLeaks({ ...trace, graphs: [] }), undefined);
  t.throws(() => assertNoProvenLeaks({ ...trace, graphs: [] }), { instanceOf: UsageError, code: 'HH2050' });
});

test.serial('a clean run has no proven leak, and what its interrupt holds is none', async (t) => {
  t.timeout(120_000);
  const trace = await captureTasks({ leaks: 0 });
  const leaks = provenLeaks(trace);
  t.deepEqual(
    [leaks?.provenCount, leaks?.possibleCount, leaks?.unsure],
    [0, 0, undefined],
    leaks && provenLeaksText(leaks),
  );
  t.true((leaks?.liveCount ?? 0) > 0);
  t.notThrows(() => assertNoProvenLeaks(trace));
});

test.serial("newlib-nano on a board whose linker script has names that _sbrk's variables have elsewhere", async (t) => {
  t.timeout(120_000);
  const elf = buildArm({
    sources: [`${PROGRAMS}/lost-blocks.c`, `${PROGRAMS}/mps2-start.c`],
    script: `${PROGRAMS}/mps2.ld`,
    flags: ['-mcpu=cortex-m3', '-mthumb', '-g', '-Og', '--specs=nano.specs', '-fno-builtin-malloc'],
  });
  const options = { elf, board: 'qemu-mps2-an385', allocator: 'auto', until: 'finished', engine: 'direct' } as const;
  const trace = await collectTrace(harvestEvents(options));
  t.is(trace.info.oracle?.outcome, 'matched', JSON.stringify(trace.info.oracle));
  const leaks = provenLeaks(trace);
  t.deepEqual([leaks?.provenCount, leaks?.provenBytes, leaks?.possibleCount], [4, 16 + 17 + 18 + 19, 0]);
});
