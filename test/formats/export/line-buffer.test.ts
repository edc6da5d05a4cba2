import test from 'ava';
import fc from 'fast-check';
import { LineBuffer } from '../../../lib/formats/export/line-buffer.js';

test('lines of text and of numbers come out as they were written, however long', (t) => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.nat({ max: 2 ** 31 - 1 }),
    fc.constantFrom(0, 15, 16, 2 ** 31 - 1),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.nat({ max: 40 }), (short, at) => {
      const lines = [...short.slice(0, at), 'long '.repeat(60_000), ...short.slice(at)];
      const buffer = new LineBuffer();
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
