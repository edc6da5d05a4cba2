import test from 'ava';
import fc from 'fast-check';
import { TraceFormatError } from '../../lib/errors/errors.js';
import { ByteWriter } from '../../lib/trace/byte-writer.js';
import type { RawSample } from '../../lib/trace/heap-event.js';
import { readRawSample, writeRawSample } from '../../lib/trace/raw-samples.js';
import { VarintReader } from '../../lib/trace/varint-reader.js';

function encode(samples: readonly RawSample[]): Uint8Array {
  const writer = new ByteWriter();
  samples.forEach((sample, index) => {
    writeRawSample(writer, sample, samples[index - 1]);
  });
  return writer.view().slice();
}

function decode(bytes: Uint8Array): RawSample[] {
  const reader = new VarintReader(bytes, 'test');
  const samples: RawSample[] = [];
  while (!reader.done) samples.push(readRawSample(reader, samples.at(-1)));
  return samples;
}

const TOP = 0x20400000;
/** Stacks that share their outer part, as those of one program do. */
const samples = fc.array(
  fc.record({
    seq: fc.nat(1_000_000),
    registers: fc.uint32Array({ minLength: 16, maxLength: 17 }),
    depth: fc.nat(120),
    changes: fc.array(fc.tuple(fc.nat(119), fc.nat(255)), { maxLength: 10 }),
    top: fc.constantFrom(TOP, TOP, TOP, 0x20000400, 0xfffffffc),
  }),
  { maxLength: 20 },
);

test('any series of samples comes back as it was', (t) => {
  fc.assert(
    fc.property(samples, (made) => {
      const shared = Uint8Array.from({ length: 120 }, (_, index) => (index * 37) & 0xff);
      const series = made.map(({ seq, registers, depth, changes, top }): RawSample => {
        for (const [at, value] of changes) shared[at] = value;
        return { seq, registers, stackAddress: top - depth, stack: shared.slice(120 - depth) };
      });
      t.deepEqual(decode(encode(series)), series);
    }),
  );
});

test('a sample like the one before takes 7 bytes and its changes', (t) => {
  const registers = Uint32Array.from({ length: 17 }, (_, index) => 0x20000000 + index);
  const first: RawSample = { seq: 4, registers, stackAddress: TOP - 256, stack: new Uint8Array(256).fill(7) };
  const second = { ...first, seq: 5 };
  // seq 1, count 17 and three mask bytes, end 0, length 256 in two, one run: equal 256 in two, other 0.
  t.is(encode([first, second]).length - encode([first]).length, 1 + 1 + 3 + 1 + 2 + 3);
});

test('a stack that grew by a frame stores that frame only', (t) => {
  const registers = new Uint32Array(17);
  const outer = Uint8Array.from({ length: 200 }, (_, index) => index);
  const frame = Uint8Array.from({ length: 24 }, (_, index) => 255 - index);
  const first: RawSample = { seq: 0, registers, stackAddress: TOP - 200, stack: outer };
  const second: RawSample = {
    seq: 1,
    registers,
    stackAddress: TOP - 224,
    stack: Uint8Array.from([...frame, ...outer]),
  };
  t.true(encode([first, second]).length - encode([first]).length < 24 + 16);
});

test('names the byte where a cut sample ends, for every cut', (t) => {
  const whole = encode([
    { seq: 3, registers: Uint32Array.of(1, 2, 0xffffffff), stackAddress: TOP, stack: Uint8Array.of(1, 2, 3, 4, 5) },
  ]);
  for (let length = 1; length < whole.length; length++) {
    const error = t.throws(() => decode(whole.subarray(0, length)), { instanceOf: TraceFormatError, code: 'HH1403' });
    t.true((error.offset ?? -1) <= length);
  }
});

test('garbage never does more than throw TraceFormatError', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decode(bytes);
        } catch (error) {
          if (!(error instanceof TraceFormatError)) throw error;
        }
      }),
      { numRuns: 2000 },
    ),
  );
});

test('refuses a stack that is longer than any, before it makes room for it', (t) => {
  const writer = new ByteWriter();
  for (const value of [0, 0]) writer.varint(value);
  writer.signedVarint(2 ** 40);
  writer.varint(2 ** 39);
  t.throws(() => decode(writer.view()), { message: /a stack of 549755813888 bytes, expected at most 262144/ });
});
