import test from 'ava';
import { viewerModule } from '../support/viewer-module.js';

interface Module {
  readonly trimmed: <T extends object>(columns: T) => T;
}

const { trimmed } = await viewerModule<Module>('model/hand-over.ts');

test('columns lose the room behind them, and nothing else', (t) => {
  const grown = new Uint32Array(8);
  grown.set([1, 2, 3]);
  const whole = Float64Array.of(1.5, Number.NaN);
  const found = trimmed({ grown: grown.subarray(0, 3), whole, none: undefined, inner: grown.slice().subarray(1, 3) });
  t.deepEqual([...found.grown], [1, 2, 3]);
  t.true(found.grown instanceof Uint32Array);
  t.is(found.grown.buffer.byteLength, 12);
  t.is(found.whole, whole, 'what has no room is left as it is');
  t.is(found.none, undefined);
  t.deepEqual([...found.inner], [2, 3]);
});
