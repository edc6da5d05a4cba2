import test from 'ava';
import { simulateRiscv } from '../../../lib/arch/riscv/step.js';
import { assembleRiscv } from '../../support/riscv-tools.js';

const SP = 0x80001000;
const PC = 0x80000200;

/** x1 is 0x101, x2 0x102, ... but for sp. */
function registers(changes: Readonly<Record<number, number>> = {}): Uint32Array {
  const all = Uint32Array.from({ length: 33 }, (_, index) => 0x100 + index);
  all[2] = SP;
  all[32] = PC;
  for (const [index, value] of Object.entries(changes)) all[Number(index)] = value;
  return all;
}

type Row = readonly [text: string, effect: string, changes?: Readonly<Record<number, number>>];

/** The changed registers as `x8=1 pc=80000202`, and what is stored. */
function effectText(word: number, changes: Row[2]): string {
  const found = simulateRiscv({ word }, registers(changes));
  if (!found) return 'not simulated';
  const written = [...found.registers].map(
    ([index, value]) => `${index === 32 ? 'pc' : `x${index}`}=${value.toString(16)}`,
  );
  const { memory } = found;
  const stored = memory ? [`[${memory.address.toString(16)}]=${memory.words.map((w) => w.toString(16))}`] : [];
  return [...written, ...stored].join(' ');
}

const effects = test.macro<Row[]>((t, ...rows) => {
  // One run of the assembler: each instruction at a multiple of 4.
  const bytes = assembleRiscv(rows.flatMap(([text]) => [text, '.balign 4']));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [index, [text, expected, changes]] of rows.entries()) {
    t.is(effectText(view.getUint32(index * 4, true), changes), expected, text);
  }
});

test(
  'what functions begin with: room on the stack, registers saved there, constants, moves',
  effects,
  ['addi sp, sp, -32', 'x2=80000fe0 pc=80000202'],
  ['addi sp, sp, -2000', 'x2=80000830 pc=80000204'],
  ['sw ra, 28(sp)', 'pc=80000202 [8000101c]=101'],
  ['sw s11, -4(sp)', 'pc=80000204 [80000ffc]=11b'],
  ['mv s0, a0', 'x8=10a pc=80000202'],
  ['li a5, -1', 'x15=ffffffff pc=80000202'],
  ['lui a5, 0x80000', 'x15=80000000 pc=80000204'],
  ['auipc a5, 0xfffff', 'x15=7ffff200 pc=80000204'],
  ['add sp, sp, t0', 'x2=80000000 pc=80000202', { 5: 0xfffff000 }],
  ['sub a0, a1, a2', 'x10=ffffffff pc=80000204'],
);

test(
  'branches compare signed and unsigned, and go both ways',
  effects,
  ['c.beqz a0, .+64', 'pc=80000240', { 10: 0 }],
  ['c.beqz a0, .+64', 'pc=80000202'],
  ['blt a0, zero, .-8', 'pc=800001f8', { 10: 0x80000000 }],
  ['bltu a0, a1, .-8', 'pc=80000204', { 10: 0x80000000 }],
  ['bge a0, a1, .+8', 'pc=80000204', { 10: 0xffffffff }],
  ['bgeu a0, a1, .+8', 'pc=80000208', { 10: 0xffffffff }],
);

test(
  'jumps link behind themselves, and never in x0',
  effects,
  ['ret', 'pc=80000400', { 1: 0x80000401 }],
  ['c.jal .+8', 'x1=80000202 pc=80000208'],
  ['jal ra, .+8', 'x1=80000204 pc=80000208'],
  ['jal t0, .+8', 'x5=80000204 pc=80000208'],
  ['jalr ra, 4(ra)', 'x1=80000204 pc=80000404', { 1: 0x80000400 }],
);

test(
  'loads, stores beside the stack, system instructions and a stack that is not aligned are for the processor',
  effects,
  ['lw a0, 0(sp)', 'not simulated'],
  ['sw a0, 0(s1)', 'not simulated'],
  ['sb a0, 1(sp)', 'not simulated'],
  ['ebreak', 'not simulated'],
  ['csrr a0, mstatus', 'not simulated'],
  ['mul a0, a0, a1', 'not simulated'],
  ['slli a0, a0, 1', 'not simulated'],
  ['sw a0, 4(sp)', 'not simulated', { 2: SP + 2 }],
);
