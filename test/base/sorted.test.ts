import test from 'ava';
import fc from 'fast-check';
import { firstSorted, sortedByKey } from '../../lib/base/sorted.js';

const item = fc.record({ key: fc.integer({ min: 0, max: 5 }), name: fc.string({ maxLength: 3 }) });

test('the first of many are those that sorting all of them gives, equal ones in their order', (t) => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 200 }), fc.integer({ min: 0, max: 80 }), (items, limit) => {
      const compare = (a: { readonly key: number }, b: { readonly key: number }) => b.key - a.key;
      t.deepEqual(firstSorted(items, limit, compare), [...items].sort(compare).slice(0, limit));
    }),
  );
});

test('indices are sorted by their keys, equal ones as they were', (t) => {
  const key = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
  fc.assert(
    fc.property(fc.array(key, { maxLength: 300 }), (keys) => {
      const indices = Int32Array.from(keys.keys()).reverse();
      const expected = [...indices].sort((a, b) => (keys[a] as number) - (keys[b] as number));
      t.deepEqual([...sortedByKey(indices, (index) => keys[index] as number)], expected);
    }),
  );
});
