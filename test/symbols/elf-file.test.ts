import { deflateSync } from 'node:zlib';
import test from 'ava';
import { ElfFile } from '../../lib/symbols/elf-file.js';
import { createSymbolizer } from '../../lib/symbols/symbolizer.js';
import { type BuiltElf, buildElf, pack, symbolBytes } from '../support/elf-builder.js';

const CODE = 6;

function program(shape: BuiltElf): Uint8Array {
  const { table, names } = symbolBytes(shape, [
    { name: 'first', value: 0x1001, size: 4, info: 0x12 },
    { name: 'alias_b', value: 0x1005, size: 4, info: 0x12 },
    { name: 'alias_a', value: 0x1005, size: 4, info: 0x12 },
    { name: '$t', value: 0x1000, size: 0, info: 0 },
    { name: '$d.1', value: 0x1008, size: 0, info: 0 },
    { name: 'label', value: 0x1010, size: 0, info: 0x10 },
    { name: 'number', value: 0x100c, size: 4, info: 0x11 },
    { name: '_ZN2ns3fooIiEEvT_', value: 0x1020, size: 2, info: 0x12 },
  ]);
  const note = pack(shape.bigEndian ?? false, [4, 4], [3, 4], [3, 4]);
  return buildElf({
    ...shape,
    sections: [
      { name: '.text', flags: CODE, address: 0x1000, bytes: Array.from({ length: 64 }, (_, index) => index) },
      { name: '.symtab', type: 2, bytes: table, link: 3 },
      { name: '.strtab', type: 3, bytes: names },
      { name: '.note.gnu.build-id', type: 7, bytes: [...note, 71, 78, 85, 0, 0xab, 0xcd, 0xef, 0] },
    ],
  });
}

const reads = test.macro({
  exec(t, shape: BuiltElf, machine: string) {
    const symbolizer = createSymbolizer(program(shape));
    t.is(symbolizer.machine, machine);
    t.is(symbolizer.buildId, 'abcdef');
    t.false(symbolizer.hasDebugInfo);
    t.deepEqual([...(symbolizer.readMemory(0x1004, 3) ?? [])], [4, 5, 6]);
    t.is(symbolizer.readMemory(0x1040, 1), undefined);
    t.is(symbolizer.readMemory(0x103f, 2), undefined);
    t.is(symbolizer.symbol('number')?.kind, 'object');
    t.is(symbolizer.symbol('absent'), undefined);
    t.deepEqual(
      symbolizer.symbolsByPrefix('alias').map((symbol) => symbol.name),
      ['alias_a', 'alias_b'],
    );
    t.is(symbolizer.locate(0x1021)[0]?.functionName, 'ns::foo<int>');
    t.is(symbolizer.locate(0x1021)[0]?.linkageName, '_ZN2ns3fooIiEEvT_');
    t.is(symbolizer.locate(0x1014)[0]?.functionName, 'label');
    t.is(symbolizer.locate(0x1014)[0]?.certainty, 'guessed');
    t.is(symbolizer.locate(0x9999)[0]?.functionName, '??');
  },
  title: (name = '') => `reads symbols, notes and memory: ${name}`,
});

test('32 bit, little endian', reads, {}, 'arm');
test('32 bit, big endian', reads, { bigEndian: true }, 'arm');
test('64 bit, little endian', reads, { wide: true, machine: 243 }, 'riscv');
test('64 bit, big endian', reads, { wide: true, bigEndian: true, machine: 195 }, 'arc');

test('clears the Thumb bit, and tells code from data by mapping symbols', (t) => {
  const symbolizer = createSymbolizer(program({}));
  t.is(symbolizer.symbol('first')?.address, 0x1000);
  t.is(symbolizer.functionAt(0x1002)?.name, 'first');
  t.is(symbolizer.functionAt(0x1006)?.name, 'alias_b');
  t.is(symbolizer.codeKindAt(0x1006), 'thumb');
  t.is(symbolizer.codeKindAt(0x100a), 'data');
  t.is(symbolizer.codeKindAt(0xfff), undefined);
});

test('gives the same objects for the same place', (t) => {
  const symbolizer = createSymbolizer(program({}));
  t.is(symbolizer.locate(0x1000), symbolizer.locate(0x1002));
  t.is(symbolizer.locate(0x1002, { isReturnAddress: true }), symbolizer.locate(0x1000));
});

test('a return address that starts a function and follows no call belongs to that function', (t) => {
  const symbolizer = createSymbolizer(program({}));
  t.true(symbolizer.isTaskRoot(0x1004));
  t.is(symbolizer.locate(0x1004, { isReturnAddress: true }), symbolizer.locate(0x1004));
  t.false(symbolizer.isTaskRoot(0x1006));
});

test('says what a file is that is no linked ELF program', (t) => {
  const good = program({});
  const cases: [Uint8Array, string, RegExp][] = [
    [new Uint8Array(0), 'HH1301', /an empty file/],
    [Uint8Array.from([0x3a, 0x31, 0x30, 0x30, 0x30]), 'HH1301', /3a 31 30 30/],
    [good.slice(0, 30), 'HH1302', /ELF header/],
    [good.slice(0, good.length - 10), 'HH1302', /section headers/],
    [good.map((byte, index) => (index === 4 ? 3 : byte)), 'HH1303', /class 3/],
    [good.map((byte, index) => (index === 5 ? 0 : byte)), 'HH1303', /encoding 0/],
    [program({ type: 1 }), 'HH1303', /relocatable object/],
    [program({ type: 4 }), 'HH1303', /core file/],
  ];
  for (const [bytes, code, message] of cases) t.throws(() => createSymbolizer(bytes), { code, message });
});

/** One raw block (RFC 8878, 3.1.1), for 256 bytes or more. */
function zstdFrame(content: Iterable<number>): number[] {
  const bytes = [...content];
  const block = bytes.length * 8 + 1;
  return [
    ...pack(false, [0xfd2fb528, 4], [0x60, 1], [bytes.length - 256, 2], [block & 0xffff, 2], [block >> 16, 1]),
    ...bytes,
  ];
}

test('opens compressed sections of each kind, and says why one cannot be opened', (t) => {
  const text = new TextEncoder().encode('hello '.repeat(100));
  const packed = [...deflateSync(text)];
  const zstdHeader = pack(false, [2, 4], [text.length, 4], [1, 4]);
  const elf = new ElfFile(
    buildElf({
      sections: [
        { name: '.debug_one', flags: 0x800, bytes: [...pack(false, [1, 4], [text.length, 4], [1, 4]), ...packed] },
        {
          name: '.zdebug_two',
          bytes: [...new TextEncoder().encode('ZLIB'), ...pack(true, [text.length, 8]), ...packed],
        },
        { name: '.debug_zstd', flags: 0x800, bytes: [...zstdHeader, ...zstdFrame(text)] },
        { name: '.debug_zstd_cut', flags: 0x800, bytes: [...zstdHeader, ...zstdFrame(text).slice(0, 90)] },
        { name: '.debug_zstd_more', flags: 0x800, bytes: [...zstdHeader, ...zstdFrame([...text, 1, 2, 3])] },
        { name: '.debug_zstd_bomb', flags: 0x800, bytes: pack(false, [2, 4], [0x10000000, 4], [1, 4]) },
        { name: '.debug_other', flags: 0x800, bytes: pack(false, [3, 4], [text.length, 4], [1, 4]) },
        { name: '.debug_bomb', flags: 0x800, bytes: [...pack(false, [1, 4], [0x7fffffff, 4], [1, 4]), ...packed] },
        { name: '.debug_short', flags: 0x800, bytes: pack(false, [1, 4]) },
      ],
    }),
  );
  t.deepEqual(elf.data('.debug_one'), Uint8Array.from(text));
  t.deepEqual(elf.data('.debug_two'), Uint8Array.from(text));
  t.deepEqual(elf.data('.debug_absent'), new Uint8Array(0));
  t.deepEqual(elf.data('.debug_zstd'), Uint8Array.from(text));
  for (const name of ['.debug_zstd_cut', '.debug_zstd_more', '.debug_zstd_bomb'])
    t.throws(() => elf.data(name), { code: 'HH1304' }, name);
  t.throws(() => elf.data('.debug_other'), { code: 'HH1305', message: /type 3/ });
  t.throws(() => elf.data('.debug_bomb'), { code: 'HH1304' });
  t.throws(() => elf.data('.debug_short'), { code: 'HH1302' });
});
