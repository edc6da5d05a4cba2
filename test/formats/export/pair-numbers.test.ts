import test from 'ava';
import fc from 'fast-check';
import { PairNumbers } from '../../../lib/formats/export/pair-numbers.js';

test('pairs are numbered as they come, each once, whatever their sizes', (t) => {
  const size = fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 52));
  const pair = fc.tuple(fc.oneof(fc.integer({ min: -1, max: 60 }), fc.constant(2 ** 28 - 1)), size);
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 3000, size: 'max' }), (pairs) => {
      const numbers = new PairNumbers();
      const known = new Map<string, number>();
      for (const [stack, sizeBytes] of pairs) {
        const key = `${stack} ${sizeBytes}`;
        const expected = known.get(key) ?? known.size;
        known.set(key, expected);
        if (numbers.numberOf(stack, sizeBytes) !== expected) t.fail(key);
      }
      t.is(numbers.count, known.size);
    }),
    { numRuns: 20 },
  );
});
