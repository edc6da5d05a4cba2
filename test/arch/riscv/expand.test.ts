import test from 'ava';
import { expand } from '../../../lib/arch/riscv/expand.js';
import { assembleRiscv } from '../../support/riscv-tools.js';

/** Every compressed instruction of RV32C but those of floating-point registers, at the ends of what its fields can hold. */
const INSTRUCTIONS = [
  ...[4, 8, 64, 1020].map((bytes) => `addi a5, sp, ${bytes}`),
  ...[0, 4, 64, 124].flatMap((offset) => [`lw s0, ${offset}(a5)`, `sw a4, ${offset}(s1)`]),
  ...[-32, -1, 1, 31].flatMap((value) => [`addi t6, t6, ${value}`, `li s11, ${value}`, `andi a0, a0, ${value}`]),
  ...[-512, -16, 16, 496].map((bytes) => `addi sp, sp, ${bytes}`),
  ...[1, 31, 0xfffe0, 0xfffff].map((value) => `lui t3, ${value}`),
  ...['srli a3, a3, 1', 'srli a3, a3, 31', 'srai s1, s1, 1', 'srai s1, s1, 31', 'slli t4, t4, 31'],
  ...['sub a0, a0, a1', 'xor s0, s0, a5', 'or a2, a2, a3', 'and a4, a4, s1', 'add t5, t5, ra', 'mv s10, a7'],
  ...[-2048, -2, 0, 2, 1024, 2046].flatMap((offset) => [`j .+${offset}`, `jal ra, .+${offset}`]),
  ...[-256, -2, 2, 128, 254].flatMap((offset) => [`beqz a0, .+${offset}`, `bnez s1, .+${offset}`]),
  ...[0, 4, 128, 252].flatMap((offset) => [`lw ra, ${offset}(sp)`, `sw s11, ${offset}(sp)`]),
  ...['jr t1', 'ret', 'jalr a5'],
];

test('a compressed instruction stands for what the assembler makes of it without compression', (t) => {
  // Jumps to a number are compressed only where that is asked for.
  const short = assembleRiscv(
    INSTRUCTIONS.map((text) => text.replace(/^(j|beqz|bnez) /, 'c.$1 ').replace(/^jal ra,/, 'c.jal')),
  );
  const long = assembleRiscv(INSTRUCTIONS, { compressed: false });
  t.is(short.length, INSTRUCTIONS.length * 2, 'all of them are compressed');
  const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [index, text] of INSTRUCTIONS.entries()) {
    const found = expand(view(short).getUint16(index * 2, true));
    // c.addi and c.mv add where the long forms may swap operands: mv is addi without compression.
    const expected = text.startsWith('mv') ? 0x01100d33 : view(long).getUint32(index * 4, true);
    t.is(found?.toString(16), expected.toString(16), text);
  }
});

test('reserved encodings, breakpoints and floating-point loads stand for nothing', (t) => {
  for (const half of [0x0000, 0x9002, 0x2000, 0x6101, 0x4002, 0x8002]) t.is(expand(half), undefined, half.toString(16));
});

test('a long instruction is itself', (t) => {
  t.is(expand(0xfe010113), 0xfe010113);
});
