import test from 'ava';
import fc from 'fast-check';
import { TraceFormatError } from '../../../lib/errors/errors.js';
import type { MpyCode } from '../../../lib/interpreters/micropython/mpy/mpy-file.js';
import { mpyHeapCost } from '../../../lib/interpreters/micropython/mpy/mpy-heap-cost.js';
import { readMpy } from '../../../lib/interpreters/micropython/mpy/read-mpy.js';
import { mpyText } from '../../../lib/report/mpy-text.js';
import { hex } from '../../support/decode-ways.js';
import { type OldCode, writeOldMpy } from '../../support/old-mpy-writer.js';

// `x = 1; y = "7" as a big number`. M 3 unicode 31-bit; code of 24: state 1, no exceptions, no flags, no arguments; info 6 (two names of
// zeros, one byte of lines), no cells; LOAD_CONST_SMALL_INT 1 (81), STORE_NAME, LOAD_CONST_OBJ 0, STORE_NAME, LOAD_CONST_NONE, RETURN_VALUE;
// then <module>, t.py, x, y; 1 object, 0 codes; int "7".
const HAND_3 = hex(
  '4d 03 02 1f 18 01 00 00 00 00 00 06 00 00 00 00 00 ff 81 24 00 00 17 00 24 00 00 11 5b ' +
    '08 3c 6d 6f 64 75 6c 65 3e 04 74 2e 70 79 01 78 01 79 01 00 69 01 37',
);

test('a hand-assembled version 3 file: the strings stand behind the instructions', (t) => {
  const file = readMpy(HAND_3);
  t.is(file.version, 3);
  t.deepEqual(
    file.qstrs.map(({ text }) => text),
    ['<module>', 't.py', 'x', 'y'],
  );
  t.deepEqual(file.code, {
    name: '<module>',
    kind: 'bytecode',
    codeBytes: 24,
    instructionBytes: 11,
    stateSlots: 1,
    defaultArgs: 0,
    argNames: [],
    storedNames: ['x', 'y'],
    objects: [{ kind: 'int', dataBytes: 1, text: '7', items: [] }],
    children: [],
    rodataBytes: 0,
    bssBytes: 0,
  });
  t.is(
    mpyText(file, mpyHeapCost(file), 't.mpy').split('\n')[0],
    't.mpy: .mpy version 3 (micropython), 52 bytes, 31-bit small integers',
  );
});

// The same opcode number is LOAD_DEREF with a number in version 0 and LOAD_NAME with a string from version 2 on.
const DEREF = { opcode: 0x1b, argument: [2] };
const LOAD_NAME = { opcode: 0x1b, text: 'gc' };
const NAMED = { opcode: 0x24, text: 'value' };
const END = [{ opcode: 0x11 }, { opcode: 0x5b }];

const outline = (code: MpyCode): string =>
  `${code.name}(${code.argNames})[${code.storedNames}]{${code.children.map(outline).join(' ')}}`;

test('version 0 had other numbers for its loads', (t) => {
  const code: OldCode = {
    name: '<module>',
    args: [],
    body: [DEREF, NAMED, ...END],
    children: [{ name: 'f', args: ['a', 'b'], body: END, children: [] }],
  };
  for (const version of [0, 1] as const)
    t.is(outline(readMpy(writeOldMpy(code, version)).code), '<module>()[value]{f(a,b)[]{}}');
});

test('builds between two versions are told by what uses up the file', (t) => {
  const code: OldCode = { name: '<module>', args: [], body: [LOAD_NAME, NAMED, ...END], children: [] };
  t.is(outline(readMpy(writeOldMpy(code, 1)).code), '<module>()[value]{}');
  // A development build: numbered 3, written as 4 is but for the kinds.
  const windowed = [...writeOldMpy(code, 4)];
  windowed[1] = 3;
  windowed[5] = (windowed[5] ?? 0) / 4;
  t.is(outline(readMpy(Uint8Array.from(windowed)).code), '<module>()[value]{}');
});

test('jumps, closures and raises are passed over with all of their bytes', (t) => {
  const code: OldCode = {
    name: '<module>',
    args: [],
    body: [
      { opcode: 0x35, argument: [0x24, 0x80] },
      { opcode: 0x62, argument: [0x81, 0x00, 0x24] },
      { opcode: 0x5c, argument: [0x24] },
      { opcode: 0x14, argument: [0xff, 0x24] },
      NAMED,
      ...END,
    ],
    children: [],
  };
  for (const version of [0, 2, 3, 4] as const)
    t.is(outline(readMpy(writeOldMpy(code, version)).code), '<module>()[value]{}');
});

const names = fc.constantFrom('x', 'value', '<listcomp>', 'ä', 'a_much_longer_name_than_any_other');
const codes = fc.letrec<{ code: OldCode }>((tie) => ({
  code: fc.record({
    name: names,
    args: fc.array(names, { maxLength: 3 }),
    body: fc.array(
      fc.oneof(
        names.map((text) => ({ opcode: 0x24, text })),
        names.map((text) => ({ opcode: 0x1d, text })),
        fc.constantFrom(
          { opcode: 0x11 },
          { opcode: 0x22, argument: [0x90, 0x01] },
          { opcode: 0x35, argument: [1, 2] },
          { opcode: 0xb0 },
        ),
      ),
      { maxLength: 6 },
    ),
    children: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('code'), { maxLength: 3 })),
  }),
})).code;

const expected = (code: OldCode): string => {
  const stored = code.body.flatMap((each) => (each.opcode === 0x24 && 'text' in each ? [each.text] : []));
  return `${code.name}(${code.args})[${[...new Set(stored)]}]{${code.children.map(expected).join(' ')}}`;
};

test('any tree of functions is read as it was written, in every version', (t) => {
  fc.assert(
    fc.property(codes, fc.constantFrom(0, 1, 2, 3, 4), (code, version) => {
      t.is(outline(readMpy(writeOldMpy(code, version as 0)).code), expected(code));
    }),
    { numRuns: 300 },
  );
});

test('an old file that is cut or damaged anywhere is an error that names the byte, never a crash', (t) => {
  const code: OldCode = {
    name: '<module>',
    args: [],
    body: [NAMED, ...END],
    children: [{ name: 'f', args: ['a'], body: [NAMED, ...END], children: [] }],
  };
  for (const bytes of [HAND_3, writeOldMpy(code, 0), writeOldMpy(code, 3), writeOldMpy(code, 4)]) {
    for (let end = 0; end < bytes.length; end++) {
      const error = t.throws(() => readMpy(bytes.subarray(0, end), 'x.mpy'), { instanceOf: TraceFormatError });
      t.true((error?.offset ?? -1) <= end);
    }
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        try {
          mpyHeapCost(readMpy(damaged));
        } catch (error) {
          t.true(error instanceof TraceFormatError);
        }
      }
    }
  }
});
