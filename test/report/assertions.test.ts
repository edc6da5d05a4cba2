import test from 'ava';
import { baselineOf } from '../../lib/analysis/baseline.js';
import { CheckFailedError, UsageError } from '../../lib/errors/errors.js';
import { assertBudget, assertNoLeaks, assertNoNewPaths } from '../../lib/report/assertions.js';
import type { Trace } from '../../lib/trace/trace.js';
import { traceFromText } from '../support/trace-from-text.js';

const STACK = 'repl_exec@src/repl.c:203 > net_reconnect@src/net/link.c:77 > tls_session_new@src/net/tls.c:118';

/** `count` reconnections between two marks; each leaves a block of 64 bytes. */
function leaky(count: number, more = ''): Trace {
  const body = Array.from({ length: count }, (_, i) => `alloc ${0x1000 + i * 128} 64 ${STACK} > malloc@?:0`);
  return traceFromText(
    ['region heap 0x1000 65536 8', `alloc 0x8000 100 main@m.c:1`, 'mark before', ...body, 'mark after', more].join(
      '\n',
    ),
  );
}

test('a leak is reported with its size, source, callers, rhythm and the state of the capture', (t) => {
  const error = t.throws(
    () => assertNoLeaks(leaky(20), { from: 'before', to: 'after', name: 'reconnect x20', iterations: 20 }),
    { instanceOf: CheckFailedError, code: 'HH2001' },
  );
  t.is(
    error?.message,
    [
      "leak: 'reconnect x20' left 1,280 B in 20 blocks (limit 0 B)",
      '  20 x 64 B  tls_session_new  src/net/tls.c:118   1 per iteration',
      '     <- net_reconnect src/net/link.c:77 <- repl_exec src/repl.c:203',
      '  heap: peak 1,380 B, live 100 B -> 1,380 B, largest hole 35.9 KiB',
      '  capture: complete, 21 events, 0 gaps, 0 resets',
    ].join('\n'),
  );
  t.is(error?.exitCode, 1);
});

test('passes without a leak, and within a limit', (t) => {
  t.notThrows(() => assertNoLeaks(leaky(0), { from: 'before', to: 'after' }));
  t.notThrows(() => assertNoLeaks(leaky(2), { from: 'before', to: 'after', limitBytes: 128 }));
  t.throws(() => assertNoLeaks(leaky(3), { from: 'before', to: 'after', limitBytes: 128 }), { code: 'HH2001' });
});

test('what each cycle leaves counts, what the first one set up does not', (t) => {
  const cycle = (extra: string) => `mark cycle\nalloc ${extra} 8 loop@l.c:1`;
  const growing = [cycle('0x100'), cycle('0x200'), cycle('0x300'), 'mark cycle'].join('\n');
  t.throws(() => assertNoLeaks(traceFromText(growing)), { message: /loop {2}l\.c:1 {3}exactly 1 per iteration/ });
  const once = [cycle('0x100'), 'mark cycle', 'alloc 0x900 8 x@x.c:1', 'free 0x900', 'mark cycle'].join('\n');
  t.notThrows(() => assertNoLeaks(traceFromText(once)));
});

test('an incomplete capture never passes unless that is allowed', (t) => {
  const lossy = leaky(0, 'gap lost 3 overflow');
  const options = { from: 'before', to: 'after' };
  t.throws(() => assertNoLeaks(lossy, options), { code: 'HH2004', message: /incomplete \(overflow\)/ });
  t.notThrows(() => assertNoLeaks(lossy, { ...options, allowIncomplete: true }));
  t.throws(() => assertBudget(lossy, 'schema = 1\n[heap]\npeak = "1M"'), { code: 'HH2004' });
  t.throws(() => assertNoNewPaths(lossy, baselineOf(lossy)), { code: 'HH2004' });
});

test('a mark that is not there is a mistake of the script, not a failed check', (t) => {
  t.throws(() => assertNoLeaks(leaky(1), { from: 'befor' }), { instanceOf: UsageError });
});

test('a broken budget names each limit and the excess', (t) => {
  t.throws(
    () => assertBudget(leaky(2), 'schema = 1\n[heap]\npeak = 200\n[[function]]\nname = "net_reconnect"\nlive = 128'),
    {
      code: 'HH2002',
      message:
        /^budget: heap\.budget\.toml: 1 of 2 limits broken\n {2}heap: peak 228 B, limit 200 B \(28 B over\): .*\n {2}capture: /,
    },
  );
});

test('a new call path against a baseline is named with its source line', (t) => {
  const baseline = baselineOf(leaky(0));
  t.notThrows(() => assertNoNewPaths(leaky(0), baseline));
  t.throws(() => assertNoNewPaths(leaky(2), baseline), {
    code: 'HH2003',
    message:
      /2 allocations, 128 B {2}tls_session_new {2}src\/net\/tls\.c:118\n {5}<- net_reconnect src\/net\/link\.c:77/,
  });
});
