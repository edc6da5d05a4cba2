import test from 'ava';
import fc from 'fast-check';
import { packedLine } from '../../../lib/interpreters/lua/line-info.js';
import { chunkName } from '../../../lib/interpreters/lua/lua-frames.js';

/** The lines of the first instructions. */
const lines = (bytes: readonly number[], count: number) =>
  Array.from({ length: count }, (_, instruction) => packedLine(Uint8Array.from(bytes), instruction));

test('each run of instructions is one line further', (t) => {
  // Three of line 1, two of line 2; the end.
  t.deepEqual(lines([3, 2, 0], 6), [1, 1, 1, 2, 2, 0]);
  // A table that is filled up ends with 0x7f.
  t.deepEqual(lines([1, 0x7f, 0x7f], 2), [1, 0]);
});

test('a step of more lines is two less than it goes, and one back is what it says', (t) => {
  // 5 lines on (3 + 2) for two instructions; one line for one; 4 lines back for one.
  t.deepEqual(lines([0x83, 2, 1, 0xc4, 1, 0], 4), [5, 5, 6, 2]);
});

test('a long step goes on in bytes of seven bits, the lowest first', (t) => {
  // 5 + (2 << 6) + 2 = 135 lines; back by 1 + (1 << 6) = 65.
  t.deepEqual(lines([0x85, 0x82, 1, 0xc1, 0x81, 1, 0], 2), [135, 70]);
  // 0 + (0 << 6) + (1 << 13) + 2.
  t.deepEqual(lines([0x80, 0x80, 0x81, 1, 0], 1), [8194]);
});

test('whatever the bytes are, the search ends with a number', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(300), (bytes, instruction) => {
      t.true(Number.isFinite(packedLine(bytes, instruction)));
    }),
  );
});

test("a chunk is called as in Lua's own messages", (t) => {
  t.is(chunkName('@init.lua'), 'init.lua');
  t.is(chunkName(`@${'a'.repeat(80)}`), `...${'a'.repeat(56)}`);
  t.is(chunkName('=stdin'), 'stdin');
  t.is(chunkName('return 1'), '[string "return 1"]');
  t.is(chunkName('local a\nreturn a'), '[string "local a..."]');
});
