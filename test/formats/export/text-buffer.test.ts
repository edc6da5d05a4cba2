import test from 'ava';
import fc from 'fast-check';
import { TextBuffer } from '../../../lib/formats/export/text-buffer.js';

test('lines of text and of numbers come out as they were written, however long', (t) => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.nat({ max: 2 ** 31 - 1 }),
    fc.constantFrom(0, 15, 16, 2 ** 31 - 1),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.nat({ max: 40 }), (short, at) => {
      const lines = [...short.slice(0, at), 'long '.repeat(60_000), ...short.slice(at)];
      const buffer = new TextBuffer();
      const decoder = new TextDecoder();
      let text = '';
      for (const each of lines) {
        if (buffer.isFull) text += decoder.decode(buffer.take());
        if (typeof each === 'number') buffer.hexLine('+'.charCodeAt(0), each);
        else buffer.line(each);
      }
      text += decoder.decode(buffer.take());
      const expected = lines.map((each) => (typeof each === 'number' ? `+ ${each.toString(16)}` : each));
      t.is(text, expected.map((each) => `${each}\n`).join(''));
      t.is(buffer.take().length, 0);
    }),
    { numRuns: 30 },
  );
});

test('numbers are written as strings write them, whatever their size', (t) => {
  const number = fc.oneof(
    fc.nat({ max: 2 ** 31 - 1 }),
    fc.maxSafeNat(),
    fc.double({ noNaN: true }),
    fc.constantFrom(
      0,
      -0,
      9,
      10,
      99,
      100,
      999_999_999,
      1e9,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 53 - 1,
      2 ** 53,
      -1,
      -7.5,
      0.25,
    ),
  );
  const written = (write: (buffer: TextBuffer) => void) => {
    const buffer = new TextBuffer();
    write(buffer);
    return new TextDecoder().decode(buffer.take());
  };
  fc.assert(
    fc.property(fc.array(number, { maxLength: 50 }), fc.nat({ max: 8 }), (values, atLeast) => {
      t.is(
        written((buffer) => values.map((value) => buffer.decimal(value))),
        values.map(String).join(''),
      );
      const addresses = values.filter((value) => Number.isSafeInteger(value) && value >= 0);
      t.is(
        written((buffer) => addresses.map((value) => buffer.hex(value, Math.max(1, atLeast)))),
        addresses.map((value) => value.toString(16).padStart(atLeast, '0')).join(''),
      );
    }),
  );
});
