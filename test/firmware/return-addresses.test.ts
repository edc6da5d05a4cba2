import test from 'ava';
import { ReturnAddresses } from '../../lib/firmware/return-addresses.js';
import { createSymbolizer } from '../../lib/symbols/symbolizer.js';
import { buildElf, symbolBytes } from '../support/elf-builder.js';

const ARM = 40;
const BASE = 0x1000;

/** Two functions: `caller` at 0x1000 of 0x20 bytes, which holds the code, and `next` at 0x1020. */
function judge(code: readonly number[]): ReturnAddresses {
  const shape = { machine: ARM };
  const { table, names } = symbolBytes(shape, [
    { name: 'caller', value: BASE + 1, size: 0x20, info: 0x12 },
    { name: 'next', value: BASE + 0x21, size: 0x20, info: 0x12 },
  ]);
  const bytes = new Uint8Array(0x40);
  bytes.set(code.flatMap((half) => [half & 0xff, half >> 8]));
  const sections = [
    { name: '.text', flags: 6, address: BASE, bytes },
    { name: '.symtab', type: 2, bytes: table, link: 3 },
    { name: '.strtab', type: 3, bytes: names },
  ];
  return new ReturnAddresses(createSymbolizer(buildElf({ ...shape, sections })));
}

const NOP = 0xbf00;
const BX_LR = 0x4770;

test('behind a call: bl, blx register, bx register behind mov lr, pc', (t) => {
  // bl 0x1020 at 0x1000: offset 0x1c.
  t.is(judge([0xf000, 0xf80e]).of(BASE + 4), 'call');
  t.is(judge([NOP, 0x4798]).of(BASE + 4), 'call');
  t.is(judge([0x46fe, 0x4718]).of(BASE + 4), 'call');
});

test('behind a return, a jump inside of the function, or data, no call can have been made', (t) => {
  t.is(judge([NOP, BX_LR]).of(BASE + 4), 'doubtful');
  t.is(judge([NOP, 0xe7fe]).of(BASE + 4), 'doubtful');
  t.is(judge([0x1234, 0x5678]).of(BASE + 4), 'doubtful');
});

test('a jump to a function is a tail call: narrow and wide', (t) => {
  // b 0x1020 at 0x1002: offset 0x1a; b.w 0x1020 at 0x1000: offset 0x1c.
  t.is(judge([NOP, 0xe00d]).of(BASE + 4), 'tail');
  t.is(judge([0xf000, 0xb80e]).of(BASE + 4), 'tail');
});

test('the first instruction of a function is the root of a task, unless a call that never returns stands before it', (t) => {
  const filler = Array(14).fill(NOP);
  t.is(judge([...filler, NOP, BX_LR]).of(BASE + 0x20), 'root');
  t.is(judge([...filler, NOP, 0xe7fe]).of(BASE + 0x20), 'root');
  // bl 0x1000 at 0x101c: offset -0x20.
  t.is(judge([...filler, 0xf7ff, 0xfff0]).of(BASE + 0x20), 'call');
});

test('what the ELF file does not hold is not judged', (t) => {
  t.is(judge([]).of(0x8000), 'unknown');
});

test('a function may have called itself where its call goes to its own start, or where a register says it', (t) => {
  // bl 0x1000 at 0x1004: offset -8.
  t.true(judge([NOP, NOP, 0xf7ff, 0xfffc]).maySelfCall(BASE + 8));
  t.false(judge([0xf000, 0xf80e]).maySelfCall(BASE + 4));
  t.true(judge([NOP, 0x4798]).maySelfCall(BASE + 4));
});
