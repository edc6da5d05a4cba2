import test from 'ava';
import { CheckFailedError } from '../../lib/errors/errors.js';
import { assertPathBudget } from '../../lib/report/assert-path-budget.js';
import { traceFromText } from '../support/trace-from-text.js';

const trace = (more = '') =>
  traceFromText(
    [
      'alloc 0x1000 64 main@m.c:1 > boot@b.c:5 > tls@t.c:9 > malloc@?:0',
      'alloc 0x2000 32 main@m.c:1 > boot@b.c:6 > log@l.c:3 > malloc@?:0',
      'alloc 0x3000 16 main@m.c:2 > work@w.c:7 > tls@t.c:9 > malloc@?:0',
      'free 0x3000',
      more,
    ].join('\n'),
  );

test('a path covers everything allocated below it, and nothing beside it', (t) => {
  t.notThrows(() => assertPathBudget(trace(), { 'main > boot': { liveBytes: 96, totalCount: 2 } }));
  t.throws(() => assertPathBudget(trace(), { 'main > boot': { liveBytes: 95 } }), { code: 'HH2010' });
  t.notThrows(() => assertPathBudget(trace(), { tls: { totalBytes: 80, liveBytes: 64, liveCount: 1 } }));
  t.throws(() => assertPathBudget(trace(), { tls: { totalBytes: 79 } }), { code: 'HH2010' });
  t.notThrows(() => assertPathBudget(trace(), { 'main > tls': { totalCount: 0 }, isr: { totalCount: 0 } }));
});

test('the message names the path, the excess, and the source line that takes the most', (t) => {
  const error = t.throws(() => assertPathBudget(trace(), { 'main > boot': { liveBytes: 90, totalCount: 9 } }), {
    instanceOf: CheckFailedError,
  });
  t.is(
    error?.message,
    [
      'path budget: exceeded',
      "  'main > boot': 96 B alive at the end, limit 90 (6 over)",
      '     most: 64 B  tls  t.c:9',
      '     <- boot b.c:5 <- main m.c:1',
      '  capture: complete, 4 events, 0 gaps, 0 resets',
    ].join('\n'),
  );
});

test('an incomplete capture never passes unless that is allowed', (t) => {
  const lossy = trace('gap lost 3 overflow');
  t.throws(() => assertPathBudget(lossy, {}), { code: 'HH2004' });
  t.notThrows(() => assertPathBudget(lossy, {}, { allowIncomplete: true }));
});
