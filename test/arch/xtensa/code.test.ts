import test from 'ava';
import { xtensaBranchBefore } from '../../../lib/arch/xtensa/branch-before.js';
import { xtensaPrologueRow } from '../../../lib/arch/xtensa/prologue.js';

const BASE = 0x50000044;

/** Bytes as xtensa-lx106-elf-as 2.40 makes them, in the order of memory. */
function codeOf(hex: string) {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  return {
    littleEndian: true,
    end: BASE + bytes.length,
    readMemory: (address: number, size: number) => {
      const at = address - BASE;
      return at < 0 || at + size > bytes.length ? undefined : bytes.subarray(at, at + size);
    },
  };
}

const before = (hex: string) => {
  const code = codeOf(`3df0 3df0 ${hex}`);
  const found = xtensaBranchBefore(code, code.end);
  return found && `${found.isCall ? 'call' : 'jump'} ${found.target?.toString(16) ?? 'anywhere'}`;
};

test('calls and jumps before an address, with where they go', (t) => {
  // call0 at 0x50000048: 4 + offset words behind the word that it stands in.
  t.is(before('45 00 00'), 'call 50000050');
  t.is(before('c5 ff ff'), 'call 50000048');
  t.is(before('c0 00 00'), 'call anywhere', 'callx0 a0');
  t.is(before('c0 05 00'), 'call anywhere', 'callx0 a5');
  t.is(before('86 00 00'), 'jump 5000004e', 'j .+6');
  t.is(before('a0 03 00'), 'jump anywhere', 'jx a3');
  t.is(before('22 61 03'), undefined, 's32i a2, a1, 12');
  t.is(before('80 00 00'), undefined, 'ret');
});

/** The frame behind some instructions: what the CFA is, and where registers are saved. */
function frame(hex: string): string {
  const code = codeOf(`${hex} 3df0`);
  const row = xtensaPrologueRow(code, BASE, code.end - 2);
  return `a${row?.cfaRegister}+${row?.cfaOffset}${row?.rules.map(({ register, value }) => ` a${register}@${value}`).join('')}`;
}

test('a prologue says how large the frame is and where it saves what', (t) => {
  t.is(frame(''), 'a1+0');
  // addi a1, a1, -16; s32i.n a0, a1, 12; s32i.n a12, a1, 8
  t.is(frame('12c1f0 0931 c921'), 'a1+16 a0@-4 a12@-8');
  // addi a1, a1, -64; s32i a0, a1, 60; mov.n a15, a1
  t.is(frame('12c1c0 02610f fd01'), 'a15+64 a0@-4');
  // addmi a1, a1, -512; s32i.n a2, a1, 4: an argument is not kept
  t.is(frame('12d1fe 2911'), 'a1+512');
  // movi a9, 1040; sub a1, a1, a9; s32i a0, a1, 1020
  t.is(frame('92a410 9011c0 0261ff'), 'a1+1040 a0@-20');
});

test('the frame at a place before the prologue has run is that of the caller', (t) => {
  const code = codeOf('12c1f0 0931');
  t.is(xtensaPrologueRow(code, BASE, BASE)?.cfaOffset, 0);
  t.is(xtensaPrologueRow(code, BASE + 0x1000, BASE + 0x1004), undefined, 'code that is not there');
});
