import { deflateSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { inflateZlib } from '../../lib/base/inflate.js';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc.array(fc.constantFrom(65, 66, 67), { maxLength: 3000 }).map((values) => Uint8Array.from(values)),
);

test('restores what zlib compressed, at every level and strategy', (t) => {
  const options = fc.record({ level: fc.integer({ min: 0, max: 9 }), strategy: fc.integer({ min: 0, max: 4 }) });
  fc.assert(
    fc.property(bytes, options, (data, settings) => {
      t.deepEqual(inflateZlib(deflateSync(data, settings), data.length), data);
    }),
    { numRuns: 150 },
  );
});

test('restores long repeats and large data', (t) => {
  const data = Uint8Array.from({ length: 300_000 }, (_, index) => (index * index) >> (index & 7));
  t.deepEqual(inflateZlib(deflateSync(data), data.length), data);
  const zeros = new Uint8Array(1_000_000);
  t.deepEqual(inflateZlib(deflateSync(zeros), zeros.length), zeros);
});

test('refuses a stream that is longer, shorter, cut or none', (t) => {
  const stream = deflateSync(new Uint8Array(1000).fill(7));
  const refused = { code: 'HH1304' };
  t.throws(() => inflateZlib(stream, 999), refused);
  t.throws(() => inflateZlib(stream, 1001), refused);
  t.throws(() => inflateZlib(stream.subarray(0, 5), 1000), refused);
  t.throws(() => inflateZlib(new Uint8Array(0), 0), refused);
  t.throws(() => inflateZlib(Uint8Array.from([0x78, 0x9c, 7]), 10), refused);
});

test('never hangs or writes past its size on damaged streams', (t) => {
  fc.assert(
    fc.property(bytes, fc.nat(), fc.nat(255), (data, place, value) => {
      const stream = Uint8Array.from(deflateSync(data));
      stream[2 + (place % Math.max(1, stream.length - 2))] = value;
      try {
        t.is(inflateZlib(stream, data.length).length, data.length);
      } catch (error) {
        t.like(error, { code: 'HH1304' });
      }
    }),
    { numRuns: 300 },
  );
});
