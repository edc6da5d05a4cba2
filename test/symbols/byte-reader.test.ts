import test from 'ava';
import fc from 'fast-check';
import { ByteReader } from '../../lib/symbols/byte-reader.js';

const reader = (...bytes: number[]) => new ByteReader(Uint8Array.from(bytes), true, '.test');

test('reads the LEB128 examples of the DWARF standard', (t) => {
  // DWARF 5, figures C.1 and C.2.
  const unsigned: [number, number[]][] = [
    [2, [2]],
    [127, [127]],
    [128, [0x80, 1]],
    [129, [0x81, 1]],
    [130, [0x82, 1]],
    [12857, [0xb9, 0x64]],
  ];
  for (const [value, bytes] of unsigned) t.is(reader(...bytes).uleb(), value);
  const signed: [number, number[]][] = [
    [2, [2]],
    [-2, [0x7e]],
    [127, [0xff, 0]],
    [-127, [0x81, 0x7f]],
    [128, [0x80, 1]],
    [-128, [0x80, 0x7f]],
    [129, [0x81, 1]],
    [-129, [0xff, 0x7e]],
  ];
  for (const [value, bytes] of signed) t.is(reader(...bytes).sleb(), value);
});

test('reads back every LEB128 that is written', (t) => {
  const write = (value: bigint, signed: boolean): number[] => {
    const bytes: number[] = [];
    for (let rest = value; ; ) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      const done = signed ? (rest === 0n && low < 64) || (rest === -1n && low >= 64) : rest === 0n;
      bytes.push(done ? low : low | 0x80);
      if (done) return bytes;
    }
  };
  fc.assert(fc.property(fc.maxSafeNat(), (value) => t.is(reader(...write(BigInt(value), false)).uleb(), value)));
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => t.is(reader(...write(BigInt(value), true)).sleb(), value)));
});

test('reads both byte orders', (t) => {
  const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
  const little = new ByteReader(bytes, true, '.test');
  const big = new ByteReader(bytes, false, '.test');
  t.deepEqual([little.u16(), little.u24(), little.u8()], [0x0201, 0x050403, 6]);
  t.deepEqual([big.u16(), big.u24(), big.u8()], [0x0102, 0x030405, 6]);
  t.is(little.seek(0).u32(), 0x04030201);
  t.is(big.seek(0).u64(), 0x01020304 * 2 ** 32 + 0x05060708);
  t.is(reader(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff).i64(), -1);
});

test('names the section and the offset where the data ends', (t) => {
  const error = { code: 'HH1302', message: /^\.test: offset 0x1: / };
  t.throws(() => new ByteReader(Uint8Array.from([0, 1, 2]), true, '.test', 1).u32(), error);
  t.throws(() => reader(0x80).uleb(), { code: 'HH1302' });
  t.throws(() => reader(...Array(11).fill(0x80)).uleb(), { code: 'HH1306' });
  t.throws(() => reader(65, 66).text(), { code: 'HH1302' });
  t.throws(() => reader(1).seek(2), { code: 'HH1302' });
  t.throws(() => reader(1).skip(-1), { code: 'HH1302' });
});
