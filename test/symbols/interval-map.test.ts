import test from 'ava';
import fc from 'fast-check';
import { IntervalMap } from '../../lib/symbols/interval-map.js';

interface Block {
  readonly low: number;
  readonly high: number;
  readonly depth: number;
}

/** Blocks that nest: each is cut out of the one before. */
const nested = fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { maxLength: 12 }).map((pairs) => {
  const blocks: Block[] = [{ low: 10, high: 90, depth: 0 }];
  for (const [from, size] of pairs) {
    const parent = blocks[from % blocks.length] ?? { low: 10, high: 90, depth: 0 };
    const low = parent.low + (from % Math.max(1, parent.high - parent.low));
    const high = Math.min(parent.high, low + size);
    // Siblings do not overlap.
    if (
      high > low &&
      blocks.every(
        (b) =>
          b === parent || b.high <= low || b.low >= high || (b.low <= low && b.high >= high && b.depth <= parent.depth),
      )
    ) {
      blocks.push({ low, high, depth: parent.depth + 1 });
    }
  }
  return blocks;
});

test('finds the innermost block of every address', (t) => {
  fc.assert(
    fc.property(nested, (blocks) => {
      const map = IntervalMap.build(
        blocks.map((block) => block.low),
        blocks.map((block) => block.high),
        blocks.map((_, index) => index),
      );
      for (let address = 0; address < 100; address++) {
        const inside = blocks
          .map((block, index) => ({ ...block, index }))
          .filter((b) => address >= b.low && address < b.high);
        const innermost = inside.reduce((best, block) => (block.depth >= best.depth ? block : best), {
          depth: -1,
          index: -1,
        });
        t.is(map.at(address), innermost.index);
      }
    }),
  );
});

test('gives every address at most one value when ranges overlap without nesting', (t) => {
  const map = IntervalMap.build([0, 5, 5, 20], [10, 15, 7, 20], [0, 1, 2, 3]);
  t.deepEqual(
    [0, 4, 5, 6, 7, 9, 10, 14, 20].map((address) => map.at(address)),
    [0, 0, 2, 2, 1, 1, -1, -1, -1],
  );
  t.deepEqual(map.ranges(), [0, 5, 5, 7, 7, 10]);
});
