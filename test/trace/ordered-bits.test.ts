import test from 'ava';
import fc from 'fast-check';
import { OrderedBits } from '../../lib/trace/ordered-bits.js';

const SIZE = 3000;
const place = fc.integer({ min: 0, max: SIZE - 1 });
const change = fc.record({
  how: fc.constantFrom('add', 'delete', 'addRun', 'deleteRun'),
  from: place,
  length: fc.integer({ min: 0, max: 200 }),
});

test('members, one by one and in runs, and their neighbours are those of a plain set', (t) => {
  let asked = 0;
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), fc.array(place, { maxLength: 20 }), (changes, places) => {
      const bits = new OrderedBits(SIZE);
      const plain = new Set<number>();
      for (const { how, from, length } of changes) {
        const to = how.endsWith('Run') ? Math.min(SIZE, from + length) : from + 1;
        for (let i = from; i < to; i++) how.startsWith('add') ? plain.add(i) : plain.delete(i);
        if (how === 'addRun') bits.addRun(from, to);
        else if (how === 'deleteRun') bits.deleteRun(from, to);
        else if (how === 'add') bits.add(from);
        else bits.delete(from);
      }
      const members = [...plain].sort((a, b) => a - b);
      for (const at of [0, SIZE - 1, ...places]) {
        t.is(bits.has(at), plain.has(at));
        t.is(bits.atOrAfter(at), members.find((member) => member >= at) ?? -1);
        t.is(bits.atOrBefore(at), members.findLast((member) => member <= at) ?? -1);
        asked++;
      }
      t.is(bits.atOrBefore(-1), -1);
      t.is(bits.atOrAfter(SIZE), -1);
    }),
  );
  t.true(asked > 200);
});
