import test from 'ava';
import fc from 'fast-check';
import { type BytecodeEra, readPrelude, sourceLine } from '../../../../lib/interpreters/micropython/script/prelude.js';

const NEW = { era: '1.19', persistent: true } as const;

test('a prelude of 1.19: signature, sizes, name, arguments, line table, cells, code', (t) => {
  // def f(a): 1 argument, 2 of state; 6 bytes of information, 1 cell. Name 3, argument 4; lines: 4 bytes and 1 line, 2 bytes and 1 line.
  const bytes = Uint8Array.from([(1 << 3) | 1, (6 << 1) | 1, 3, 4, 0x24, 0x22, 0x40, 0x21, 0x00, 0xb0]);
  const prelude = readPrelude(bytes, NEW);
  t.deepEqual(prelude, { name: 3, file: undefined, linesFrom: 4, linesTo: 8, codeStart: 9 });
});

test('names and sizes of more than one byte', (t) => {
  // Keyword arguments: 0x80 in the signature, 8 in the next byte is one of them. 64 + 1 bytes of information: two bytes of sizes.
  const sizes = [0x80 | (1 << 1), 1 << 1];
  const names = [0x81, 0x00, 0x05, 0x82, 0x01];
  const lines = new Array(65 - names.length).fill(0x21);
  const bytes = Uint8Array.from([0x80 | (2 << 3) | 1, 8, ...sizes, ...names, ...lines, 0x00]);
  t.deepEqual(readPrelude(bytes, NEW), { name: 128, file: undefined, linesFrom: 9, linesTo: 69, codeStart: 69 });
});

test('what is longer than the bytes says how much it needs; what is none is nothing', (t) => {
  t.deepEqual(readPrelude(Uint8Array.from([9, 60 << 1, 1, 2]), NEW), { needs: 62 });
  t.deepEqual(readPrelude(Uint8Array.from([0x80, 0x80]), NEW), { needs: 5 });
  t.is(readPrelude(Uint8Array.from([1, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), NEW), undefined);
  t.is(readPrelude(Uint8Array.from([1, 0xfe, 0xfe, 0xfe, 0xfe, 0x7e, 1, 1]), NEW), undefined);
});

test('1.12 to 1.18: name and file are qstrs, of two bytes where code can be stored, else varints and code at a word', (t) => {
  const bytes = Uint8Array.from([1, (6 << 1) | 1, 0x34, 0x12, 0x78, 0x56, 0x24, 0x00, 0x00, 0xb0]);
  t.deepEqual(readPrelude(bytes, { era: '1.12', persistent: true }), {
    name: 0x1234,
    file: 0x5678,
    linesFrom: 6,
    linesTo: 8,
    codeStart: 9,
  });
  const varints = Uint8Array.from([1, 5 << 1, 0x82, 0x01, 0x07, 0x24, 0x00, 0xff, 0xb0]);
  t.deepEqual(readPrelude(varints, { era: '1.12', persistent: false }), {
    name: 257,
    file: 7,
    linesFrom: 5,
    linesTo: 7,
    codeStart: 8,
  });
});

test('before 1.12: state, four bytes, the size of the information with itself', (t) => {
  const bytes = Uint8Array.from([2, 0, 0, 1, 0, 0, 8, 0x34, 0x12, 0x78, 0x56, 0x24, 0x43, 0x00, 0xff, 0xb0]);
  t.deepEqual(readPrelude(bytes, { era: 'before 1.12', persistent: true }), {
    name: 0x1234,
    file: 0x5678,
    linesFrom: 11,
    linesTo: 14,
    codeStart: 14,
  });
});

test('an opcode at the start of a step is on its line, one before it on the line before', (t) => {
  // 4 bytes and 2 lines, then a long step: 3 bytes and 0x123 lines.
  const lines = Uint8Array.from([(2 << 5) | 4, 0x80 | (1 << 4) | 3, 0x23]);
  const at = (offset: number) => sourceLine(lines, offset, '1.19');
  t.deepEqual([0, 3, 4, 6, 7, 100].map(at), [1, 1, 3, 3, 3 + 0x123, 3 + 0x123]);
  t.is(sourceLine(new Uint8Array(0), 50, '1.19'), 1);
});

test('the table of before 1.19 ends at a 0, that of 1.19 where its information does', (t) => {
  const lines = Uint8Array.from([0x21, 0x00, 0x21, 0x21]);
  t.is(sourceLine(lines, 9, '1.12'), 2);
  t.is(sourceLine(lines, 9, '1.19'), 4);
});

/** As py/emitbc.c writes it: skips of bytes and lines in as few entries as fit. */
function encode(steps: readonly { readonly bytes: number; readonly lines: number }[]): Uint8Array {
  const table: number[] = [];
  for (const step of steps) {
    let { bytes, lines } = step;
    while (bytes > 0 || lines > 0) {
      if (lines <= 6) {
        const b = Math.min(bytes, 0x1f);
        const l = b === bytes ? Math.min(lines, 3) : 0;
        table.push((l << 5) | b);
        bytes -= b;
        lines -= l;
      } else {
        const b = Math.min(bytes, 0xf);
        const l = b === bytes ? Math.min(lines, 0x7ff) : 0;
        table.push(0x80 | b | ((l >> 4) & 0x70), l & 0xff);
        bytes -= b;
        lines -= l;
      }
    }
  }
  return Uint8Array.from(table);
}

test('every opcode is on the line that it was compiled from', (t) => {
  const step = fc.record({ bytes: fc.integer({ min: 1, max: 200 }), lines: fc.integer({ min: 1, max: 5000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.integer({ min: 0, max: 3000 }), (steps, offset) => {
      let [line, left] = [1, offset];
      for (const { bytes, lines } of steps) {
        if (left < bytes) break;
        left -= bytes;
        line += lines;
      }
      t.is(sourceLine(encode(steps), offset, '1.19'), line);
    }),
  );
});

test('any bytes end in a prelude, in a wish for more, or in nothing', (t) => {
  const era = fc.constantFrom<BytecodeEra>('1.19', '1.12', 'before 1.12');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), era, fc.boolean(), (bytes, each, persistent) => {
      const prelude = readPrelude(bytes, { era: each, persistent });
      if (!prelude) return;
      if ('needs' in prelude) t.true(prelude.needs > bytes.length);
      else t.true(prelude.linesTo <= bytes.length);
    }),
  );
});
