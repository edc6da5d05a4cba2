import test from 'ava';
import { thumbPrologueRow } from '../../../lib/arch/arm/thumb-prologue.js';

const START = 0x100;

/** The row after all of some 16-bit units, as text. */
function row(...halves: number[]): string | undefined {
  const bytes = Uint8Array.from(halves.flatMap((half) => [half & 255, half >> 8]));
  const readMemory = (address: number, sizeBytes: number) => {
    const at = address - START;
    return at >= 0 && at + sizeBytes <= bytes.length ? bytes.subarray(at, at + sizeBytes) : undefined;
  };
  const found = thumbPrologueRow({ littleEndian: true, readMemory }, START, START + bytes.length);
  if (!found) return undefined;
  return [
    `r${found.cfaRegister}+${found.cfaOffset}`,
    ...found.rules.map((rule) => `r${rule.register}@${rule.value}`),
  ].join(' ');
}

test('follows 16-bit prologues', (t) => {
  t.is(row(0xb510), 'r13+8 r4@-8 r14@-4'); // push {r4, lr}
  t.is(row(0xb57f, 0xb082), 'r13+40 r4@-16 r5@-12 r6@-8 r14@-4'); // push {r0-r6, lr}; sub sp, #8
  t.is(row(0xb580, 0xb084, 0xaf00), 'r7+24 r7@-8 r14@-4'); // push {r7, lr}; sub sp, #16; add r7, sp, #0
  t.is(row(0xb580, 0x466f, 0xb090), 'r7+8 r7@-8 r14@-4'); // mov r7, sp
  t.is(row(0xb500, 0xb083, 0xb002), 'r13+8 r14@-4'); // add sp, #8
  t.is(row(0xb083, 0x9401), 'r13+12 r4@-8'); // str r4, [sp, #4]
});

test('follows a frame too large for one instruction', (t) => {
  // push {r4, lr}; ldr r4, [pc, #4]; add sp, r4; nop; .word -1024
  t.is(row(0xb510, 0x4c01, 0x44a5, 0xbf00, 0xfc00, 0xffff)?.split(' ')[0], 'r13+1032');
});

test('follows 32-bit prologues', (t) => {
  t.is(row(0xe92d, 0x41f0), 'r13+24 r4@-24 r5@-20 r6@-16 r7@-12 r8@-8 r14@-4'); // push.w {r4-r8, lr}
  t.is(row(0xf84d, 0xed04), 'r13+4 r14@-4'); // str lr, [sp, #-4]!
  t.is(row(0xf5ad, 0x6d80), 'r13+1024'); // sub.w sp, sp, #1024
  t.is(row(0xf6ad, 0x3dbc), 'r13+3004'); // subw sp, sp, #3004
  t.is(row(0xed2d, 0x8b04), 'r13+16'); // vpush {d8-d9}
});

test('goes past calls, and stops at branches and returns', (t) => {
  t.is(row(0xb510, 0xf000, 0xf800, 0xb082), 'r13+16 r4@-8 r14@-4'); // bl
  t.is(row(0xb510, 0xd001, 0xb082), 'r13+8 r4@-8 r14@-4'); // beq
  t.is(row(0xb510, 0xb110, 0xb082), 'r13+8 r4@-8 r14@-4'); // cbz
  t.is(row(0xb510, 0xbd10, 0xb082), 'r13+8 r4@-8 r14@-4'); // pop {r4, pc}
  t.is(row(0xb510, 0xf000, 0xb800, 0xb082), 'r13+8 r4@-8 r14@-4'); // b.w
});

test('knows nothing of code that is not in the file', (t) => {
  t.is(row(), undefined);
});
