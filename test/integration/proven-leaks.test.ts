import test from 'ava';
import { provenLeaks } from '../../lib/analysis/objects/proven-leaks.js';
import { CheckFailedError, UsageError } from '../../lib/errors/errors.js';
import { assertNoProvenLeaks } from '../../lib/report/assert-no-proven-leaks.js';
import { provenLeaksText } from '../../lib/report/proven-leaks-text.js';
import { captureTasks } from '../support/leaky-tasks.js';

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
