import test from 'ava';
import { type RegisterRule, RuleKind } from '../../lib/arch/frame-row.js';
import { frameRowAt } from '../../lib/symbols/cfa-program.js';
import { DwarfSections } from '../../lib/symbols/dwarf-sections.js';
import { ElfFile } from '../../lib/symbols/elf-file.js';
import { createSymbolizer } from '../../lib/symbols/symbolizer.js';
import { buildElf, pack } from '../support/elf-builder.js';

const START = 0x1000;

/** The row at an address for initial and function instructions; code factor 2, data factor -4, return column 14. */
function row(initial: readonly number[], program: readonly number[], pc: number): { cfa: string; rules: string[] } {
  const bytes = [...initial, ...program];
  const sections = new DwarfSections(new ElfFile(buildElf({ sections: [{ name: '.debug_frame', bytes }] })));
  const common = {
    section: '.debug_frame',
    codeFactor: 2,
    dataFactor: -4,
    returnColumn: 14,
    addressBytes: 4,
    pointerEncoding: 0,
    hasAugmentationData: false,
    isSignalFrame: false,
    programStart: 0,
    programEnd: initial.length,
  };
  const entry = { common, start: START, end: START + 0x100, programStart: initial.length, programEnd: bytes.length };
  const found = frameRowAt(sections, entry, pc);
  const cfa = found.cfaExpression
    ? `expression ${found.cfaExpression.join(' ')}`
    : `r${found.cfaRegister}+${found.cfaOffset}`;
  return { cfa, rules: found.rules.map(ruleText) };
}

function ruleText(rule: RegisterRule): string {
  const kind = Object.entries(RuleKind).find(([, value]) => value === rule.kind)?.[0];
  return `r${rule.register} ${kind} ${rule.expression ? rule.expression.join(' ') : rule.value}`;
}

const CFA_SP = [0x0c, 13, 0];

test('follows a push and its undoing row by row', (t) => {
  // advance 2 bytes; def_cfa_offset 8; r7 at cfa-8, lr at cfa-4; advance 4 bytes; def_cfa_register r7; advance1; restore both
  const program = [0x41, 0x0e, 8, 0x87, 2, 0x8e, 1, 0x42, 0x0d, 7, 0x02, 5, 0xc7, 0xce, 0x0c, 13, 0];
  t.deepEqual(row(CFA_SP, program, START), { cfa: 'r13+0', rules: [] });
  t.deepEqual(row(CFA_SP, program, START + 2), { cfa: 'r13+8', rules: ['r7 offset -8', 'r14 offset -4'] });
  t.deepEqual(row(CFA_SP, program, START + 15), { cfa: 'r7+8', rules: ['r7 offset -8', 'r14 offset -4'] });
  t.deepEqual(row(CFA_SP, program, START + 16), { cfa: 'r13+0', rules: [] });
});

test('understands every instruction', (t) => {
  const one = (...program: number[]) => row(CFA_SP, program, START).rules;
  t.deepEqual(one(0x05, 4, 3), ['r4 offset -12']);
  t.deepEqual(one(0x07, 14), ['r14 undefined 0']);
  t.deepEqual(one(0x08, 4), ['r4 same 0']);
  t.deepEqual(one(0x09, 14, 3), ['r14 register 3']);
  t.deepEqual(one(0x10, 4, 2, 0x70, 8), ['r4 expression 112 8']);
  t.deepEqual(one(0x16, 4, 1, 0x30), ['r4 valueExpression 48']);
  t.deepEqual(one(0x11, 4, 0x7f), ['r4 offset 4']);
  t.deepEqual(one(0x14, 4, 2), ['r4 valueOffset -8']);
  t.deepEqual(one(0x15, 4, 0x7e), ['r4 valueOffset 8']);
  t.deepEqual(one(0x2f, 4, 1), ['r4 offset 4']);
  t.deepEqual(one(0x2e, 4, 0x2d, 0x00), []);
  t.is(row(CFA_SP, [0x12, 7, 0x7f], START).cfa, 'r7+4');
  t.is(row(CFA_SP, [0x13, 0x7e], START).cfa, 'r13+8');
  t.is(row(CFA_SP, [0x0f, 2, 0x7d, 4], START).cfa, 'expression 125 4');
});

test('advances by 1, 2 and 4 bytes and to an address', (t) => {
  const steps = [0x02, 1, 0x0e, 1, 0x03, 1, 0, 0x0e, 2, 0x04, 1, 0, 0, 0, 0x0e, 3, 0x01, 0x20, 0x10, 0, 0, 0x0e, 4];
  const offsets = [0, 2, 4, 6, 0x1f, 0x20].map((at) => row(CFA_SP, steps, START + at).cfa);
  t.deepEqual(offsets, ['r13+0', 'r13+1', 'r13+2', 'r13+3', 'r13+3', 'r13+4']);
});

test('restores the initial rule, and remembered states with their CFA', (t) => {
  t.deepEqual(row([...CFA_SP, 0x84, 1], [0x07, 4, 0x06, 4], START).rules, ['r4 offset -4']);
  const program = [0x0a, 0x0e, 16, 0x84, 4, 0x41, 0x0b];
  t.deepEqual(row(CFA_SP, program, START), { cfa: 'r13+16', rules: ['r4 offset -16'] });
  t.deepEqual(row(CFA_SP, program, START + 2), { cfa: 'r13+0', rules: [] });
});

test('refuses unknown and unbalanced instructions', (t) => {
  t.throws(() => row(CFA_SP, [0x3f], START), { code: 'HH1308' });
  t.throws(() => row(CFA_SP, [0x0b], START), { code: 'HH1308' });
  t.throws(() => row(CFA_SP, Array(65).fill(0x0a), START), { code: 'HH1308' });
  t.throws(() => row(CFA_SP, [0x0c], START), { code: 'HH1302' });
});

const sections = test.macro({
  exec(t, section: string, bytes: number[]) {
    const file = buildElf({
      sections: [
        { name: '.text', flags: 6, address: START, bytes: Array(0x100).fill(0) },
        { name: section, address: 0x8000, flags: 2, bytes },
      ],
    });
    const symbolizer = createSymbolizer(file);
    const registers = Array(16).fill(0);
    registers[13] = 0x20000000;
    registers[15] = START + 0x10;
    const words = new Map([[0x20000004, START + 0x21]]);
    const stack = symbolizer.unwind(registers, (address) => words.get(address), { maxDepth: 2 });
    t.deepEqual(symbolizer.problems, []);
    t.deepEqual(
      stack.frames.map((frame) => [frame.pc, frame.cfa, frame.certainty]),
      [
        [START + 0x10, 0x20000008, 'exact'],
        [START + 0x20, 0x20000010, 'exact'],
      ],
    );
  },
  title: (name = '') => `reads ${name}`,
});

/** lr at cfa-4, cfa = sp+8. */
const PROGRAM = [0x0c, 13, 8, 0x8e, 1, 0, 0];
const entry = (...fields: number[]) => [...pack(false, [fields.length, 4]), ...fields];
const word = (value: number) => pack(false, [value, 4]);

test('.debug_frame of version 1', sections, '.debug_frame', [
  ...entry(...word(0xffffffff), 1, 0, 2, 0x7c, 14, ...PROGRAM),
  ...entry(...word(0), ...word(START), ...word(0x100)),
]);
test('.debug_frame of version 4', sections, '.debug_frame', [
  ...entry(...word(0xffffffff), 4, 0, 4, 0, 2, 0x7c, 14, ...PROGRAM),
  ...entry(...word(0), ...word(START), ...word(0x100)),
]);
const EH_COMMON = entry(...word(0), 1, 0x7a, 0x50, 0x4c, 0x52, 0, 2, 0x7c, 14, 7, 0, ...word(0), 0, 0x1b, ...PROGRAM);
test('.eh_frame with augmentation zPLR and relative pointers', sections, '.eh_frame', [
  ...EH_COMMON,
  ...entry(...word(EH_COMMON.length + 4), ...word(START - 0x8000 - EH_COMMON.length - 8), ...word(0x100), 0),
  ...word(0),
]);
