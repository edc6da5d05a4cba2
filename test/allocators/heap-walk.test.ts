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

/** Words that follow each other from an offset on. */
const words = (offset: number, ...values: number[]): Record<number, number> =>
  Object.fromEntries(values.map((value, index) => [offset + 4 * index, value]));

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
  // Units of 8 bytes from 0xff8 on: the head of the free list, 8 units used, 4 free, 3 used, and the last, whose next is 0.
  umm: {
    words: {
      ...words(0x100, at(0xff8), at(0x1080)),
      ...words(0xff8, 1, 9 | (9 << 16)),
      ...words(0x1000, 9 | (0 << 16)),
      ...words(0x1040, 13 | 0x8000 | (1 << 16), 0),
      ...words(0x1060, 16 | (9 << 16)),
      ...words(0x1078, 0 | (13 << 16)),
    },
    places: { variables: { heap: variable(0x100, 8) } },
  },
  // Two regions of ESP-IDF, the list of them in the first block of the first one, as heap_caps_init leaves it.
  'multi-heap': {
    words: {
      ...words(0x100, at(0xc88)),
      // caps[3], start, end, lock, heap, next
      ...words(0xc88, 0x100c, 0, 0x800, at(0xc00), at(0xe00), 0xb33fffff, 0, at(0xc00), at(0xcac)),
      ...words(0xcac, 0, 3, 0, at(0x1000), at(0x1100), 0xb33fffff, 0, at(0x1000), 0),
      // lock, free bytes, fewest free bytes, pool bytes, TLSF's control block
      ...words(0xc00, at(0xc9c), 28, 28, 512, at(0xc14)),
      ...words(0xc84, 72),
      ...words(0xcd0, 60),
      ...words(0xd10, 28 | 1),
      ...words(0xd2c, at(0xd0c), 20 | 2),
      ...words(0xd48, 176),
      ...words(0xdfc, 0),
      ...words(0x1000, at(0xcc0), 148, 148, 256, at(0x1014)),
      ...words(0x1064, 148 | 1),
      ...words(0x10f8, at(0x1060), 2),
    },
    places: { variables: { heaps: variable(0x100) } },
  },
};

const walk = (name: WalkerName, changes: Record<number, number> = {}) => {
  const heap = HEAPS[name];
  if (!heap) throw new Error(name);
  return HEAP_WALKERS[name](memoryOf({ ...heap.words, ...changes }), heap.places);
};

for (const name of ['newlib', 'newlib-nano', 'heap-4', 'tlsf', 'umm', 'multi-heap'] as const) {
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
    const damage = fc.dictionary(
      fc.integer({ min: 0, max: 0x400 }).map((word) => String(0xc00 + word * 4)),
      fc.oneof(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.integer({ min: 0, max: 0x400 }).map((offset) => at(0x1000 + offset)),
      ),
      { maxKeys: 20 },
    );
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
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

test('ESP-IDF: each region is told with its capabilities, and malloc gets none that is not for it', async (t) => {
  const found = (await walk('multi-heap')) as HeapWalk;
  t.is(
    found.detail,
    '2 heaps: 0x20000c00 (8BIT, DMA, INTERNAL, DEFAULT) largest free 28 bytes; 0x20001000 (EXEC, 32BIT) largest free 148 bytes',
  );
  t.deepEqual(
    found.regions?.map(({ start, end, servesMalloc }) => [start, end, servesMalloc]),
    [
      [at(0xc00), at(0xe00), true],
      [at(0x1000), at(0x1100), false],
    ],
  );
  t.is(largestFree(found), 28);
  // Behind light poisoning a caller's bytes begin 8 bytes later; the block of the list is nobody's.
  const live: [number, number][] = [
    [at(0xcd4) + 8, 40],
    [at(0xd34), 20],
    [at(0xd4c), 176],
  ];
  t.like(mallocOracle(found, new Map(live), { underWay: [], unitBytes: 4 }), {
    outcome: 'matched',
    liveAllocations: 3,
  });
});

test('ESP-IDF: a list or a pool that is none is a problem that says where', async (t) => {
  const problemOf = async (changes: Record<number, number>) =>
    ((await walk('multi-heap', changes)) as { problem?: string }).problem ?? '';
  t.regex(await problemOf({ [0xcac + 32]: at(0xc88) }), /list of heaps leads to 0x20000c88/, 'a circle');
  t.regex(await problemOf({ [0xc88 + 16]: at(0xb00) }), /list of heaps leads to 0x20000c88/, 'an end before the start');
  t.regex(await problemOf(words(0xc10, at(0x2000))), /0x20000c00 .*: its control block cannot be at 0x20002000/);
  t.regex(await problemOf(words(0xd48, 100)), /0x20000c00 .*: no chain of blocks leads/);
  // A region that was given up has no heap.
  const one = (await walk('multi-heap', { [0xcac + 28]: 0 })) as HeapWalk;
  t.is(one.regions?.length, 1);
  // Fields elsewhere: a version with four words of capabilities.
  const fields = { caps: 0, start: 16, end: 20, heap: 32, next: 36 };
  const node = words(0x2000, 0, 0x1004, 0, 0, at(0xc00), at(0xe00), 0, 0, at(0xc00), 0);
  const memory = memoryOf({ ...HEAPS['multi-heap']?.words, ...node, 256: at(0x2000) });
  const moved = (await HEAP_WALKERS['multi-heap'](memory, {
    variables: { heaps: variable(0x100) },
    fields,
  })) as HeapWalk;
  t.is(moved.regions?.[0]?.name, '0x20000c00 (8BIT, DEFAULT)');
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

test('umm_malloc: what was never used is the largest hole, in versions that keep no last unit; the number of units may stand alone', async (t) => {
  // 8 units used, then the end of the chain, and 8 units behind it of which one must stay.
  const memory = memoryOf({
    ...words(0x100, at(0xff8)),
    ...words(0x104, 18),
    ...words(0xff8, 1, 9 | (9 << 16)),
    ...words(0x1000, 9 | (0 << 16)),
    ...words(0x1040, 0 | (1 << 16)),
  });
  const places = { variables: { heap: variable(0x100), units: variable(0x104, 2) } };
  const found = (await HEAP_WALKERS.umm(memory, places)) as HeapWalk;
  t.is(largestFree(found), 8 * 8 - 4);
  t.like(mallocOracle(found, new Map([[at(0x1004), 57]]), { underWay: [], unitBytes: 8 }), { outcome: 'matched' });
  // A chain that goes back, or whose blocks do not know each other, is no heap.
  const problemWith = async (address: number, word: number) =>
    ((await walk('umm', { [address]: word })) as { problem?: string }).problem ?? '';
  t.regex(await problemWith(0x1040, 5 | (1 << 16)), /0x20001040 says that unit 5 follows/);
  t.regex(await problemWith(0x1060, 16 | (8 << 16)), /0x20001040 says that unit 13 follows/);
});
