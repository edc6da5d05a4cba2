import test from 'ava';
import type { Backtrace, Frame } from '../../lib/trace/heap-event.js';
import { withoutScripts, withScriptsOf } from '../../lib/trace/script-stack.js';

const c = (functionName: string, address: number): Frame => ({ address, functionName, file: 'vm.c', line: 1 });
const py = (functionName: string): Frame => ({ address: 0, functionName, file: 'code.py', line: 5, kind: 'script' });
const OLD: Backtrace = [c('a', 1), py('inner'), c('loop', 2), c('call', 3), py('outer'), c('loop', 2), c('main', 4)];

test('backtraces without scripts', (t) => {
  t.deepEqual(
    withoutScripts(OLD).map(({ address }) => address),
    [1, 2, 3, 2, 4],
  );
  const native = withoutScripts(OLD);
  t.is(withoutScripts(native), native);
});

test('a stack unwound anew gets its scripts back, each before the loop that ran it', (t) => {
  const anew = [c('a_renamed', 1), c('inlined', 2), c('loop', 2), c('call', 3), c('loop', 2), c('main', 4)];
  t.deepEqual(
    withScriptsOf(OLD, anew).map(({ functionName }) => functionName),
    ['a_renamed', 'inner', 'inlined', 'loop', 'call', 'outer', 'loop', 'main'],
  );
  t.is(withScriptsOf(withoutScripts(OLD), anew), anew);
  t.deepEqual(
    withScriptsOf(OLD, [c('a', 1)]).map(({ functionName }) => functionName),
    ['a'],
  );
});
