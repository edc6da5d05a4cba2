import test from 'ava';
import { riscvBranchBefore } from '../../../lib/arch/riscv/branch-before.js';
import { riscvState } from '../../../lib/arch/riscv/machine-state.js';
import { riscvPrologueRow } from '../../../lib/arch/riscv/prologue.js';
import { MCAUSE, MSTATUS } from '../../../lib/arch/riscv/registers.js';
import { assembleRiscv } from '../../support/riscv-tools.js';

const BASE = 0x80000000;

function codeOf(lines: readonly string[]) {
  const bytes = assembleRiscv(lines);
  return {
    littleEndian: true,
    end: BASE + bytes.length,
    readMemory: (address: number, size: number) => {
      const at = address - BASE;
      return at < 0 || at + size > bytes.length ? undefined : bytes.subarray(at, at + size);
    },
  };
}

const before = (...lines: readonly string[]) => {
  const code = codeOf(['nop', 'nop', ...lines]);
  const found = riscvBranchBefore(code, code.end);
  return found && `${found.isCall ? 'call' : 'jump'} ${found.target?.toString(16) ?? 'anywhere'}`;
};

test('calls and jumps before an address, short and long, with where they go', (t) => {
  t.is(before('c.jal .+8'), 'call 8000000c');
  t.is(before('.option norvc', 'jal ra, .+8'), 'call 8000000c');
  t.is(before('jal t0, .+8'), 'call 8000000c');
  t.is(before('c.j .-4'), 'jump 80000000');
  t.is(before('jalr a5'), 'call anywhere');
  t.is(before('ret'), 'jump anywhere');
  t.is(before('auipc ra, 1', 'jalr ra, 16(ra)'), 'call 80001014');
  t.is(before('auipc t1, 1', 'jr 16(t1)'), 'jump 80001014');
  t.is(before('addi a0, a0, 1'), undefined);
});

/** The frame at the end of some instructions: what the CFA is, and where registers are saved. */
function frame(...lines: readonly string[]): string {
  const code = codeOf([...lines, 'nop']);
  const row = riscvPrologueRow(code, BASE, code.end - 2);
  const saved = row?.rules.map(({ register, value }) => ` x${register}@${value}`).join('');
  return `x${row?.cfaRegister}+${row?.cfaOffset}${saved}`;
}

test('a prologue says how large the frame is and where it saves what', (t) => {
  t.is(frame(), 'x2+0');
  t.is(frame('addi sp, sp, -32', 'sw ra, 28(sp)', 'sw s0, 24(sp)'), 'x2+32 x1@-4 x8@-8');
  t.is(frame('addi sp, sp, -16', 'sw ra, 12(sp)', 'sw s0, 8(sp)', 'addi s0, sp, 16'), 'x8+0 x1@-4 x8@-8');
  t.is(frame('addi sp, sp, -64', 'sw ra, 60(sp)', 'li t0, -4096', 'add sp, sp, t0'), 'x2+4160 x1@-4');
  t.is(frame('addi sp, sp, -16', 'sw a0, 12(sp)'), 'x2+16', 'arguments are not kept');
});

/** The same at the label `here` of each of some functions; all are assembled at once, each instruction 4 bytes long. */
function framesAt(functions: readonly (readonly string[])[]): string[] {
  const each = 16;
  const own = (lines: readonly string[], index: number) =>
    Array.from({ length: each }, (_, at) => (lines[at] ?? 'nop').replace(/\b(here|rest|begin)\b/g, `$1${index}`));
  const code = codeOf(['.option norvc', ...functions.flatMap(own)]);
  return functions.map((lines, index) => {
    const start = BASE + 4 * each * index;
    const row = riscvPrologueRow(code, start, start + 4 * lines.findIndex((line) => line.startsWith('here:')));
    const saved = row?.rules.map(({ register, value }) => ` x${register}@${value}`).join('');
    return `x${row?.cfaRegister}+${row?.cfaOffset}${saved}`;
  });
}

test('where the code goes straight to its return, what it takes from the stack says the frame', (t) => {
  const begin = ['addi sp, sp, -32', 'sw ra, 28(sp)', 'sw s0, 24(sp)', 'nop'];
  const whole = 'x2+32 x1@-4 x8@-8';
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [whole, [...begin, 'here: lw ra, 28(sp)', 'lw s0, 24(sp)', 'li a0, 0', 'addi sp, sp, 32', 'ret']],
    ['x2+32 x8@-8', [...begin, 'lw ra, 28(sp)', 'here: lw s0, 24(sp)', 'addi sp, sp, 32', 'ret']],
    // The frame is given back.
    ['x2+0', [...begin, 'lw ra, 28(sp)', 'addi sp, sp, 32', 'here: ret']],
    ['x2+16 x18@-16 x1@-12', ['here: lw s2, 0(sp)', 'addi sp, sp, 4', 'lw ra, 0(sp)', 'addi sp, sp, 12', 'ret']],
    // A library function restores for others.
    [
      'x2+32 x1@-4',
      [...begin, 'here: addi sp, sp, 16', 'j rest', 'nop', 'rest: lw ra, 12(sp)', 'addi sp, sp, 16', 'ret'],
    ],
    // Behind branches, calls, and where ra is not where this returns to, the prologue says it.
    [whole, [...begin, 'here: beqz a0, .+8', 'addi sp, sp, 32', 'ret']],
    [whole, [...begin, 'here: jalr a5', 'addi sp, sp, 32', 'ret']],
    [whole, [...begin, 'jal begin', 'here: ret', 'begin: nop']],
  ];
  t.deepEqual(
    framesAt(cases.map(([, lines]) => lines)),
    cases.map(([expected]) => expected),
  );
});

test('what a library function saves on behalf of its caller counts', (t) => {
  const code = codeOf([
    ...['jal t0, save', 'here: nop', 'jalr a5', 'save: addi sp, sp, -16', 'sw s0, 8(sp)', 'sw ra, 12(sp)', 'jr t0'],
  ]);
  const row = riscvPrologueRow(code, BASE, BASE + 6);
  t.is(row?.cfaOffset, 16);
  t.deepEqual(
    row?.rules.map(({ register, value }) => [register, value]),
    [
      [8, -8],
      [1, -4],
    ],
  );
});

function state(mstatus: number, mcause: number) {
  const registers = new Uint32Array(MCAUSE + 1);
  registers[MSTATUS] = mstatus;
  registers[MCAUSE] = mcause;
  return riscvState(registers);
}

test('a handler runs while interrupts are off and the mode before the trap was machine mode', (t) => {
  t.deepEqual(state(0x1880, 0x80000007), { number: 0x80000007, text: 'in interrupt 7', isFault: false });
  t.is(state(0x0088, 0x80000007).number, 0, 'behind mret');
  t.is(state(0x0080, 0x80000007).number, 0, 'a critical section behind mret');
  t.is(state(0x1800, 0).number, 0, 'before the first trap');
  t.deepEqual(state(0x1800, 5), { number: 0x1005, text: 'load access fault', isFault: true });
  t.is(state(0x1800, 11).isFault, false, 'ecall');
  t.is(riscvState(new Uint32Array(33)).number, 0, 'a server that does not tell');
});
