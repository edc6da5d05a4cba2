import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { TraceFormatError } from '../../../lib/errors/errors.js';
import { BlockKind, gcGeometry, readGcDump } from '../../../lib/interpreters/micropython/gc-dump.js';
import { gcFrames } from '../../../lib/report/gc-layout-frames.js';
import { gcLayoutSvg } from '../../../lib/report/gc-layout-svg.js';
import { gcLayoutText, gcMapCharacters, typeTotals } from '../../../lib/report/gc-layout-text.js';

const BASE = 0x2000030c;
const bytes = new Uint8Array(
  gunzipSync(
    readFileSync(new URL('../../../../test/fixtures/micropython-microbit/heap-at-repl.bin.gz', import.meta.url)),
  ),
);

test('works out the tables and the pool from the address and size alone', (t) => {
  t.deepEqual(gcGeometry(BASE, 20480), {
    tableAddress: BASE,
    tableBytes: 312,
    finaliserAddress: 0x20000445,
    poolAddress: 0x20000500,
    blockBytes: 16,
    blockCount: 1248,
  });
  t.is(gcGeometry(0, 20480, { collectTable: true }).tableBytes, Math.floor(Math.floor((20479 * 8) / 132) / 4));
  t.throws(() => gcGeometry(0, 60), { instanceOf: TraceFormatError, code: 'HH1470' });
});

test('the heap of a MicroPython REPL has 111 heads and 204 used blocks', (t) => {
  const layout = readGcDump({ bytes, baseAddress: BASE, geometry: gcGeometry(BASE, bytes.length) });
  t.is(layout.headCount, 111);
  t.is(layout.usedBlocks, 204);
  t.is(layout.freeBlocks, 1248 - 204);
  t.is(layout.orphanTails, 0);
  t.is(
    layout.objects.reduce((sum, object) => sum + object.blocks, 0),
    204,
  );
  t.true(layout.longestFreeBlocks > 900);
});

test('the map has a character a block, 64 a line, and says the totals', (t) => {
  const layout = readGcDump({ bytes, baseAddress: BASE, geometry: gcGeometry(BASE, bytes.length) });
  const map = gcMapCharacters(layout);
  t.is(map.length, 1248);
  t.is(map.split('h').length - 1, 111);
  const lines = gcLayoutText(layout, 'at the REPL').split('\n');
  t.is(lines[0], 'at the REPL: 1248 blocks of 16 bytes at 0x20000500');
  t.is(lines[1], `0x20000500 ${map.slice(0, 64)}`);
  t.true(lines.some((line) => /\(\d+ lines all free\)/.test(line)));
  t.true(lines.includes('111 heads, 204 used blocks (3,264 B)'));
});

/** A heap of 16 blocks at 0x1000: table 4 bytes, pool at 0x1010. */
function tiny(table: readonly number[], words: readonly number[] = []) {
  const geometry = {
    tableAddress: 0x1000,
    tableBytes: 4,
    finaliserAddress: 0x1005,
    poolAddress: 0x1010,
    blockBytes: 16,
    blockCount: 16,
  };
  const memory = new Uint8Array(0x110);
  memory.set(table);
  memory[5] = 0b1;
  for (const [block, word] of words.entries()) new DataView(memory.buffer).setUint32(0x10 + block * 16, word, true);
  const names: Readonly<Record<number, string>> = { 32768: 'mp_type_dict', 32772: 'mp_type_str', 36864: 'main' };
  return readGcDump({ bytes: memory, baseAddress: 0x1000, geometry, symbolAt: (address) => names[address] ?? '' });
}

test('tells kinds, types, finalisers and the longest free run', (t) => {
  // h = = . | h . . . | m = . . | . . . h
  const layout = tiny([0b00101001, 0b00000001, 0b00001011, 0b01000000], [0x8000, 0, 0, 0, 0x8004, 0, 0, 0, 0x9000]);
  t.deepEqual(
    [...layout.kinds.subarray(0, 5)],
    [BlockKind.head, BlockKind.tail, BlockKind.tail, BlockKind.free, BlockKind.head],
  );
  t.deepEqual(
    layout.objects.map(({ startBlock, blocks, typeName, marked, hasFinaliser }) => [
      startBlock,
      blocks,
      typeName,
      marked,
      hasFinaliser,
    ]),
    [
      [0, 3, 'mp_type_dict', false, true],
      [4, 1, 'mp_type_str', false, false],
      [8, 2, '', true, false],
      [15, 1, '', false, false],
    ],
  );
  t.is(layout.longestFreeBlocks, 5);
  t.is(layout.longestFreeStart, 10);
  t.is(gcMapCharacters(layout), 'D==.S...m=.....h');
  t.deepEqual(typeTotals(layout.objects)[0], { name: 'dict', count: 1, blocks: 3 });
  t.regex(gcLayoutText(layout), /during a collection/);
});

test('tails without a head are counted, not taken for an allocation', (t) => {
  const layout = tiny([0b00101000, 0, 0, 0]);
  t.is(layout.headCount, 0);
  t.is(layout.orphanTails, 2);
  t.regex(gcLayoutText(layout), /2 tail blocks have no head/);
});

test('frames of a sequence hold the runs of the map and what changed', (t) => {
  const one = tiny([0b00101001, 0, 0, 0]);
  const two = tiny([0b00000000, 0b01, 0, 0]);
  const frames = gcFrames([
    { name: 'before', layout: one },
    { name: 'after', layout: two },
  ]);
  t.is(frames.frames[0]?.map, 'h1=2.13');
  t.is(frames.frames[1]?.changedBlocks, 4);
  t.is(frames.blockCount, 16);
  t.deepEqual(gcFrames([]).frames, []);
  const svg = gcLayoutSvg(one, 8);
  t.is(svg.match(/<rect x=/g)?.length, 2);
  t.true(svg.startsWith('<svg ') && svg.endsWith('</svg>'));
});

test('a table outside the dump is an error that names both', (t) => {
  const geometry = gcGeometry(BASE, 20480);
  const error = t.throws(() => readGcDump({ bytes, baseAddress: 0x20001000, geometry }), { code: 'HH1471' });
  t.regex(error?.message ?? '', /expected them to hold 0x2000030c to 0x20000444/);
});

test('any bytes are read without a crash, and every block is counted once', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 200, maxLength: 2000 }), (noise) => {
        const layout = readGcDump({
          bytes: noise,
          baseAddress: 0x20000004,
          geometry: gcGeometry(0x20000004, noise.length),
        });
        const inObjects = layout.objects.reduce((sum, object) => sum + object.blocks, 0);
        return (
          inObjects + layout.orphanTails === layout.usedBlocks &&
          layout.usedBlocks + layout.freeBlocks === layout.kinds.length
        );
      }),
    ),
  );
});
