import test from 'ava';
import fc from 'fast-check';
import { TraceFormatError } from '../../lib/errors/errors.js';
import { isText, readGcText } from '../../lib/formats/micropython/mem-info.js';
import { BlockKind, gcLayout } from '../../lib/interpreters/micropython/gc-dump.js';
import { gcLayoutText, gcMapCharacters, gcSequenceText } from '../../lib/report/gc-layout-text.js';
import { liveSum, readCase } from '../support/case-trace.js';
import { utf8 } from '../support/decode-ways.js';

// Lines of the map are missing in the report that this follows: between 00400 and 01800, and between 01800 and 02c00.
const PASTED = `>>> micropython.mem_info(1)
stack: 2112 out of 8192
GC: total: 37952, used: 12112, free: 25840
 No. of 1-blocks: 286, 2-blocks: 22, max blk sz: 264, max free sz: 1609
GC memory layout; from 3ffeedc0:
00000: MDThhhDMhTDhThDTB=TB=BhhTTB=h====h===hh==h======================
00400: ================================================================
01800: h=BBBBh=====h=======SB=hTh===B=MDBhBTDhBh========DBBTBBh==h===BB
02c00: ..h=TTThTTDhThTTThTTDhThTTThTTDhThTTThTTDhThTTThTTDhThTTThT.....
       (25 lines all free)
09400: ....
`;

test('mem_info: letters, the elided lines, and what is missing', (t) => {
  const [dump] = readGcText(utf8(PASTED), 'mem.txt');
  const layout = dump?.layouts[0];
  t.truthy(layout);
  if (!layout) return;
  // By hand: 37952 / 16 blocks; 5 free at the end of 02c00, 25 lines of 64, 4 in the last line: 1609, as the device says.
  t.is(layout.kinds.length, 2372);
  t.is(layout.longestFreeBlocks, 1609);
  t.is(layout.longestFreeStart, 0x2c00 / 16 + 59);
  t.is(layout.freeBlocks, 2 + 5 + 25 * 64 + 4);
  // Four lines are missing twice.
  t.is(layout.unknownBlocks, 8 * 64);
  t.is(layout.geometry.poolAddress, 0x3ffeedc0);
  t.deepEqual(dump?.said, { totalBytes: 37952, usedBytes: 12112, freeBytes: 25840, longestFreeBlocks: 1609 });
  t.deepEqual(dump?.doubts, ['512 of 2372 blocks are unknown: lines of the map are missing']);
  t.is(gcMapCharacters(layout).slice(0, 34), 'MDThhhDMhTDhThDTB=TB=BhhTTB=h====h');
  const text = gcLayoutText(layout, 'mem.txt');
  t.true(text.includes('(25 lines all free)'));
  t.true(text.includes('512 blocks are unknown'));
});

test('mem_info as a trace: a snapshot of blocks, incomplete where lines are missing', (t) => {
  const trace = readCase(t, 'mem-info', PASTED);
  t.is(trace.info.contents, 'snapshot');
  t.false(trace.info.complete);
  t.deepEqual(
    trace.regions.map(({ baseAddress, sizeBytes, unitBytes }) => [baseAddress, sizeBytes, unitBytes]),
    [[0x3ffeedc0, 37952, 16]],
  );
  t.deepEqual(
    trace.levels.map(({ freeBytes, largestFreeBytes }) => [freeBytes, largestFreeBytes]),
    [[25840, 1609 * 16]],
  );
});

const CIRCUITPYTHON = `GC memory layout; from 0x20028760:
00000000: ..............T=..................T=..................T=........
00000400: ..........T=..................T=...............T=..........T=...
00000800: .......T=.............T=.........T=..........T=..........T=.....
`;

test('CircuitPython: 192 blocks, of which 12 are tuples of two blocks', (t) => {
  const [layout] = readGcText(utf8(CIRCUITPYTHON), 'table.txt')[0]?.layouts ?? [];
  t.is(layout?.kinds.length, 192);
  t.deepEqual(
    layout?.objects.map(({ typeName, blocks }) => `${typeName} ${blocks}`),
    new Array(12).fill('tuple 2'),
  );
  // By hand: the longest run lies between two tuples, of 18 blocks; 168 of 192 are free.
  t.is(layout?.longestFreeBlocks, 18);
  t.is(layout?.freeBlocks, 168);
  t.deepEqual(liveSum(readCase(t, 'mem-info', CIRCUITPYTHON)), [12, 12 * 32]);
});

test('several areas of one heap are one dump; the same area again is the next', (t) => {
  const areas = `GC: total: 4096, used: 32, free: 4064\nGC memory layout; from 20001000:\n00000000: h${'.'.repeat(63)}\n       (1 lines all free)\nGC memory layout; from 3c000000:\n00000000: ${'.'.repeat(63)}h\n00000400: ${'.'.repeat(64)}\n`;
  const dumps = readGcText(utf8(areas + areas), 'log');
  t.is(dumps.length, 2);
  t.deepEqual(
    dumps[0]?.layouts.map(({ geometry, usedBlocks }) => [geometry.poolAddress, geometry.blockCount, usedBlocks]),
    [
      [0x20001000, 128, 1],
      [0x3c000000, 128, 1],
    ],
  );
  t.deepEqual(dumps[0]?.doubts, []);
  const trace = readCase(t, 'mem-info', areas + areas);
  t.is(trace.epochs.length, 1);
  t.deepEqual(liveSum(trace), [2, 32]);
});

test('a 64-bit port has blocks of 32 bytes, and other output between the lines is passed over', (t) => {
  const rows = `GC memory layout; from 7f0012340000:\n00000000: h${'='.repeat(63)}\nhello world\n00000800: L${'.'.repeat(63)}\n`;
  const [layout] = readGcText(utf8(rows), 'unix')[0]?.layouts ?? [];
  t.is(layout?.geometry.blockBytes, 32);
  t.deepEqual(
    layout?.objects.map(({ blocks, typeName }) => [blocks, typeName]),
    [
      [64, ''],
      [1, 'list'],
    ],
  );
});

test('a line that was cut leaves unknown blocks, not free ones', (t) => {
  const [dump] = readGcText(utf8(`GC memory layout; from 1000:\n00000000: h==\n00000400: ${'.'.repeat(64)}\n`), 'log');
  t.is(dump?.layouts[0]?.unknownBlocks, 61);
  t.is(dump?.doubts.length, 1);
});

test('the sequence shows fragmentation over time', (t) => {
  const dump = (map: string) =>
    `GC: total: 2048, used: 0, free: 0\nGC memory layout; from 1000:\n00000000: ${map}\n00000400: ${map}\n`;
  const dumps = readGcText(utf8(dump(`hh${'.'.repeat(62)}`) + dump(`${'.'.repeat(31)}hh${'.'.repeat(31)}`)), 'log');
  const text = gcSequenceText(dumps.map(({ layouts }, i) => ({ name: `dump ${i + 1}`, layouts })));
  // By hand: 124 of 128 blocks are free both times; the longest run is 62, in the second dump too (31 + 31 across the line).
  t.is(text.split('\n').length, 3);
  t.true(text.includes('50 %'), text);
});

test('text is told from memory, and a text without a map is refused with a reason', (t) => {
  t.true(isText(utf8(PASTED)));
  t.false(isText(Uint8Array.of(0x55, 0, 0, 0, 1, 2, 3)));
  const error = t.throws(() => readGcText(utf8('nothing here\n'), 'a.txt'), { instanceOf: TraceFormatError });
  t.is(error?.code, 'HH1434');
});

test('what harvest layout prints is read back as it was', (t) => {
  const kind = fc.constantFrom('.', 'h', '=', 'T', 'D', 'm', '.');
  const round = (map: string) => {
    const kinds = Uint8Array.from(map, (c) =>
      c === '.' ? BlockKind.free : c === '=' ? BlockKind.tail : c === 'm' ? BlockKind.marked : BlockKind.head,
    );
    const geometry = {
      tableAddress: 0,
      tableBytes: 0,
      poolAddress: 0x20001000,
      blockBytes: 16,
      blockCount: map.length,
    };
    const layout = gcLayout(geometry, kinds, (startBlock, blocks) => ({
      startBlock,
      blocks,
      address: 0x20001000 + startBlock * 16,
      marked: map[startBlock] === 'm',
      hasFinaliser: false,
      typeName: map[startBlock] === 'T' ? 'mp_type_tuple' : map[startBlock] === 'D' ? 'mp_type_dict' : '',
    }));
    const back = readGcText(utf8(`${gcLayoutText(layout)}\n`), 'own')[0]?.layouts[0];
    return back !== undefined && gcMapCharacters(back) === map && back.longestFreeBlocks === layout.longestFreeBlocks;
  };
  const maps = fc.array(kind, { minLength: 1, maxLength: 400 }).map((list) => list.join(''));
  t.notThrows(() => fc.assert(fc.property(maps, fc.nat(300), (map, free) => round(map + '.'.repeat(free) + map))));
});
