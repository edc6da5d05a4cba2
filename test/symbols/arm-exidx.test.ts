import test from 'ava';
import { exidxRow } from '../../lib/symbols/arm-exidx.js';

/** The CFA and the places of registers, counted from the CFA, for unwind opcodes. */
function row(...opcodes: number[]): string | undefined {
  const found = exidxRow(Uint8Array.from(opcodes));
  if (!found) return undefined;
  return [
    `r${found.cfaRegister}+${found.cfaOffset}`,
    ...found.rules.map((rule) => `r${rule.register}@${rule.value}`),
  ].join(' ');
}

test('moves the virtual stack pointer', (t) => {
  t.is(row(0x00), 'r13+4');
  t.is(row(0x3f), 'r13+256');
  t.is(row(0x3f, 0x40), 'r13+252');
  t.is(row(0xb2, 0x00), 'r13+516');
  t.is(row(0xb2, 0x80, 0x01), 'r13+1028');
  t.is(row(0x97, 0x01), 'r7+8');
});

test('pops registers', (t) => {
  t.is(row(0xa8), 'r13+8 r4@-8 r14@-4');
  t.is(row(0xa3), 'r13+16 r4@-16 r5@-12 r6@-8 r7@-4');
  t.is(row(0x84, 0x08), 'r13+8 r7@-8 r14@-4');
  t.is(row(0x88, 0x00), 'r13+4 r14@-4');
  t.is(row(0xb1, 0x0f), 'r13+16 r0@-16 r1@-12 r2@-8 r3@-4');
});

test('pops floating-point and other coprocessor registers', (t) => {
  t.is(row(0xb3, 0x81), 'r13+20');
  t.is(row(0xb4), 'r13+4');
  t.is(row(0xb9), 'r13+20');
  t.is(row(0xc1), 'r13+16');
  t.is(row(0xc6, 0x02), 'r13+24');
  t.is(row(0xc7, 0x05), 'r13+8');
  t.is(row(0xc8, 0x01), 'r13+16');
  t.is(row(0xc9, 0x83), 'r13+32');
  t.is(row(0xd1), 'r13+16');
});

test('stops at finish, and follows a whole prologue', (t) => {
  t.is(row(0xb0, 0x3f), 'r13+0');
  // sub sp, #16; push {r4-r7, lr}
  t.is(row(0x03, 0xab, 0xb0), 'r13+36 r4@-20 r5@-16 r6@-12 r7@-8 r14@-4');
});

test('refuses what cannot be unwound', (t) => {
  for (const opcodes of [
    [0x80, 0x00],
    [0x9d],
    [0x9f],
    [0xb1, 0x00],
    [0xb1, 0x10],
    [0xb5],
    [0xca],
    [0xd8],
    [0xff],
    [0xa8, 0x97],
  ]) {
    t.is(row(...opcodes), undefined);
  }
});
