import test from 'ava';
import fc from 'fast-check';
import { MAX_VARINT, putVarint, varintLength } from '../../lib/base/varint.js';

function read(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 7n) | BigInt(byte & 127), 0n);
}

test('a varint holds its number, seven bits a byte, and is as long as was said', (t) => {
  const edges = [0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 35 - 1, 2 ** 35, 2 ** 53 - 1, 2 ** 53];
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...edges), fc.maxSafeNat(), fc.nat()), (value) => {
      const out = new Uint8Array(MAX_VARINT + 2).fill(0xee);
      const end = putVarint(out, 1, value);
      const bytes = out.subarray(1, end);
      t.is(read(bytes), BigInt(value));
      t.is(bytes.length, varintLength(value));
      t.deepEqual(
        [...bytes].map((byte) => byte >= 128),
        [...bytes].map((_, i) => i < bytes.length - 1),
      );
      t.true(bytes.length === 1 || bytes.at(-1) !== 0);
      t.true(out.subarray(end).every((byte) => byte === 0xee) && out[0] === 0xee);
    }),
  );
});
