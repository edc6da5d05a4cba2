import test from 'ava';
import fc from 'fast-check';
import type { WalkerName } from '../../lib/allocators/allocator-schema.js';
import { type HeapPlaces, type HeapWalk, largestFree, type ReadTarget } from '../../lib/allocators/heap-walk.js';
import { type CallUnderWay, mallocOracle } from '../../lib/allocators/malloc-oracle.js';
import { HEAP_WALKERS } from '../../lib/allocators/walkers/index.js';

const RAM = 0x20000000;
const at = (offset: number) => RAM + offset;

/** A memory of 64 KB with words at offsets. */
function memoryOf(words: Readonly<Record<number, number>>): ReadTarget {
  const bytes = new Uint8Array(65_536);
  const view = new DataView(bytes.buffer);
  for (const [offset, word] of Object.entries(words)) view.setUint32(Number(offset), word, true);
  return async (address, length) => {
    const start = address - RAM;
    if (start < 0 || start + length > bytes.length) throw new Error('not readable');
    return bytes.slice(start, start + length);
  };
}

const variable = (offset: number, sizeBytes = 4) => ({ label: 'v', address: at(offset), sizeBytes });

/** A heap of 64 bytes used, 32 free and 24 used from 0x1000 on, as each allocator keeps it. */
const HEAPS: Readonly<Partial<Record<WalkerName, { words: Record<number, number>; places: HeapPlaces }>>> = {
  newlib: {
    words: {
      256: at(0x1000), // __malloc_sbrk_base
      520: at(0x1078), // __malloc_av_[2]: top
      4100: 64 | 1,
      4164: 32 | 1,
      4196: 24,
      4220: 0x88 | 1,
    },
    places: { variables: { base: variable(0x100), bins: variable(0x200) }, limit: at(0x1200) },
  },
  'newlib-nano': {
    words: { 256: at(0x1000), 260: at(0x1040), 264: at(0x1078), 4096: 64, 4160: 32, 4192: 24 },
    places: {
      variables: { start: variable(0x100), freeList: variable(0x104), break: variable(0x108) },
      limit: at(0x1100),
    },
  },
  'heap-4': {
    words: { 256: at(0x1078), 4100: 0x80000040, 4164: 32, 4196: 0x80000018 },
    places: { variables: { array: variable(0x1000, 0x80), end: variable(0x100) } },
  },
  tlsf: {
    // The control block at 0xc00 is as long as it likes; sizes are without the header.
    words: { 256: at(0xc00), 4096: 60, 4160: 28 | 1, 4188: at(0x103c), 4192: 20 | 2, 4216: 0 },
    places: { variables: { control: variable(0x100) } },
  },
};

const walk = (name: WalkerName, changes: Record<number, number> = {}) => {
  const heap = HEAPS[name];
  if (!heap) throw new Error(name);
  return HEAP_WALKERS[name](memoryOf({ ...heap.words, ...changes }), heap.places);
};

for (const name of ['newlib', 'newlib-nano', 'heap-4', 'tlsf'] as const) {
  test(`${name}: used and free blocks are told in order of address`, async (t) => {
    const found = (await walk(name)) as HeapWalk;
    const blocks = found.blocks.slice(0, 3).map((block) => [block.end - block.start, block.used]);
    t.deepEqual(blocks, [
      [64, true],
      [32, false],
      [24, true],
    ]);
  });

  test(`${name}: a damaged heap is a problem with a text, never a hang`, async (t) => {
    const words = fc.dictionary(
      fc.integer({ min: 0, max: 0x400 }).map((word) => String(0xc00 + word * 4)),
      fc.oneof(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.integer({ min: 0, max: 0x400 }).map((offset) => at(0x1000 + offset)),
      ),
      { maxKeys: 20 },
    );
    await fc.assert(
      fc.asyncProperty(words, async (changes) => {
        const found = await walk(name, changes).catch((error: unknown) => ({ problem: String(error) }));
        if ('problem' in found) t.true(found.problem.length > 0);
        else t.true(found.blocks.every(({ start, end }) => end > start));
      }),
      { numRuns: 100 },
    );
  });
}

test('the largest free block is a hole, or the end of the heap with what lies behind it', async (t) => {
  // heap_4: 32 bytes less a header. newlib: top of 0x88 bytes up to 0x1100, and 256 more up to the limit.
  t.is(largestFree((await walk('heap-4')) as HeapWalk), 24);
  t.is(largestFree((await walk('newlib')) as HeapWalk), 0x88 - 20 + 256);
  t.is(largestFree((await walk('newlib-nano')) as HeapWalk), 0x88 - 8);
  t.is(largestFree((await walk('tlsf')) as HeapWalk), 28);
});

test('a heap that nobody used yet has no blocks', async (t) => {
  t.deepEqual(((await walk('newlib', { 256: 0xffffffff })) as HeapWalk).blocks, []);
  t.deepEqual(((await walk('newlib-nano', { 256: 0, 260: 0 })) as HeapWalk).blocks, []);
  t.deepEqual(((await walk('heap-4', { 256: 0 })) as HeapWalk).blocks, []);
});

const oracleOf = async (live: [number, number][], underWay: readonly CallUnderWay[] = []) =>
  mallocOracle(await walk('heap-4'), new Map(live), { underWay, unitBytes: 8 });

test('the live set of the events agrees with memory, or the differences are named', async (t) => {
  const good: [number, number][] = [
    [at(0x1008), 56],
    [at(0x1068), 16],
  ];
  t.like(await oracleOf(good), { outcome: 'matched', liveAllocations: 2, liveBlocks: 11, differences: [] });
  t.deepEqual((await oracleOf(good.slice(1))).differences, [
    'block at 0x20001000 of 64 bytes: memory says in use, the events say free',
  ]);
  const freed = await oracleOf([...good, [at(0x1048), 8]]);
  t.is(freed.outcome, 'differs');
  t.regex(freed.differences[0] ?? '', /^0x20001048: the events say alive, memory says free/);
  const tooLarge = await oracleOf([[at(0x1008), 57], ...good.slice(1)]);
  t.regex(tooLarge.differences[0] ?? '', /the events say 57 bytes, memory has room for 56/);
  const outside = await oracleOf([...good, [at(0x3000), 8]]);
  t.regex(outside.differences[0] ?? '', /0x20003000: .*behind the heap/);
  t.regex((await oracleOf([...good, [at(0x0f00), 8]])).differences[0] ?? '', /memory has no block there/);
});

test('calls under way explain what they can have done, and nothing else', async (t) => {
  // In memory: a used block of 56 bytes at 0x1008, one of 16 at 0x1068.
  const missing: [number, number][] = [[at(0x1068), 16]];
  t.is((await oracleOf(missing, [{ kind: 'alloc', sizeBytes: 50 }])).outcome, 'matched');
  t.is((await oracleOf(missing, [{ kind: 'alloc', sizeBytes: 57 }])).outcome, 'differs', 'the block is too small');
  t.is((await oracleOf([], [{ kind: 'alloc', sizeBytes: 8 }])).outcome, 'differs', 'one call, two blocks');
  const two = [
    { kind: 'alloc', sizeBytes: 8 },
    { kind: 'alloc', sizeBytes: 40 },
  ] as const;
  t.is((await oracleOf([], two)).outcome, 'matched');
  t.is((await oracleOf(missing, [{ kind: 'free', address: at(0x1008) }])).outcome, 'matched', 'told, not done');
  t.is((await oracleOf(missing, [{ kind: 'free', address: at(0x1068) }])).outcome, 'differs');
  // The events have it at 0x1048 still; a realloc moved it to where memory has it.
  const before: [number, number][] = [...missing, [at(0x1048), 8]];
  t.is((await oracleOf(before, [{ kind: 'realloc', address: at(0x1048), sizeBytes: 56 }])).outcome, 'matched');
  t.is((await oracleOf(before, [{ kind: 'realloc', address: at(0x1040), sizeBytes: 56 }])).outcome, 'differs');
});
