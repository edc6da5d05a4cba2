import test from 'ava';
import fc from 'fast-check';
import { GdbFrameCache } from '../../lib/formats/gdb-frame-cache.js';
import { parseFrameLine } from '../../lib/formats/gdb-frame-line.js';
import { gdbValue } from '../../lib/formats/gdb-value-line.js';
import { InternTables } from '../../lib/trace/tables.js';
import { utf8 } from '../support/decode-ways.js';

const numberIn = (line: string) => gdbValue(utf8(line), 0, utf8(line).length);

test('a line of the value history: hexadecimal or decimal, whatever follows it', (t) => {
  t.is(numberIn('$1 = 0x1f'), 31);
  t.is(numberIn('$12 = 31'), 31);
  t.is(numberIn("$3 = 65 'A'"), 65);
  t.is(numberIn('$4 = 0x'), 0);
  t.is(numberIn('$5 = 0'), 0);
});

test('any other line has no value', (t) => {
  for (const line of ['$', '$1', '$1 =', '$1 = ', '$ = 1', '$x = 1', '$1 = (void *)', '$1 = -1', '$1=1'])
    t.is(numberIn(line), -1, line);
  t.is(numberIn(`$1 = ${'9'.repeat(20)}`), -1, 'beyond what a number holds exactly');
});

test('the value ends where the line does', (t) => {
  const bytes = utf8('$1 = 0x12345');
  t.is(gdbValue(bytes, 0, 9), 0x12);
  t.is(gdbValue(bytes, 0, 7), 0);
});

// Few letters, so that lines begin and end like others without being the same.
const word = fc.string({ unit: fc.constantFrom('a', 'b', '_'), minLength: 1, maxLength: 12 });
const text = fc.string({ unit: fc.constantFrom('a', '(', ')', ' ', '<', '=', 'at', ' at ', ') at '), maxLength: 8 });
const frameLine = fc.record({
  level: fc.integer({ min: 1, max: 120 }),
  address: fc.option(fc.integer({ min: 0, max: 3 })),
  name: word,
  values: text,
  file: word,
  line: fc.integer({ min: 1, max: 30 }),
});

test('a frame from the cache is what its line says, in any order of lines', (t) => {
  fc.assert(
    fc.property(fc.array(frameLine, { maxLength: 60 }), (frames) => {
      const cache = new GdbFrameCache();
      const tables = new InternTables();
      const judge = new InternTables();
      for (const { level, address, name, values, file, line } of frames) {
        const head = address === null ? '' : `0x0000000${address} in `;
        const written = `#${level}${level < 10 ? '  ' : ' '}${head}${name} (x=${values}) at ${file}.c:${line}`;
        // In the middle of other bytes, as in a log.
        const bytes = utf8(`\n${written}\n#1  0x1 in a (b) at c:1`);
        const found = cache.find(bytes, 1, 1 + utf8(written).length);
        const parsed = parseFrameLine(written);
        if (!found) continue;
        t.is(found.id(tables, false), parsed ? judge.frame(parsed.frame) : -1, written);
        t.is(found.ownsAddress, parsed?.hasAddress ?? false);
      }
    }),
  );
});

test('lines that cannot be told by their begin and end are left to the parser', (t) => {
  const cache = new GdbFrameCache();
  const find = (line: string) => cache.find(utf8(line), 0, utf8(line).length);
  for (const line of [
    '#1',
    '#1  main () at a.c:',
    '#2  <signal handler called>',
    '#3  0x12345678 in std::map<int, (a)>::f (x=1) at a.cc:1',
  ])
    t.is(find(line), undefined, line);
});
