import test from 'ava';
import { ByteReader } from '../../lib/symbols/byte-reader.js';
import type { LineHeader } from '../../lib/symbols/line-header.js';
import { runLineProgram } from '../../lib/symbols/line-program.js';

const LENGTHS = [0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

/** `address file:line`, with ! where it is a statement, for each row of a program; `end` rows as `address end`. */
function rows(program: readonly number[], header: Partial<LineHeader> = {}): string[] {
  const base = {
    version: 4,
    minInstructionBytes: 2,
    defaultIsStmt: true,
    lineBase: -5,
    lineRange: 14,
    opcodeBase: 13,
    opcodeLengths: LENGTHS,
    files: [],
    programStart: 0,
    programEnd: program.length,
  };
  const reader = new ByteReader(Uint8Array.from(program), true, '.debug_line');
  const found = runLineProgram(reader, { ...base, ...header }, { fileIds: [], isLive: (address) => address > 1 });
  return Array.from(found.addresses, (address, row) => {
    const line = found.lines[row] ?? 0;
    const place = line === 0 ? 'end' : `${found.files[row]}:${line}${found.isStmt[row] ? '!' : ''}`;
    return `${address.toString(16)} ${place}`;
  });
}

const setAddress = (address: number) => [0, 5, 2, address & 255, (address >> 8) & 255, 0, 0];
const END = [0, 1, 1];
const COPY = 1;
const NEGATE = 6;
const advance = (bytes: number) => [2, bytes / 2];
const line = (distance: number) => [3, distance & 0x7f];
/** The special opcode for an advance in bytes and lines. */
const special = (bytes: number, lines: number) => lines + 5 + (bytes / 2) * 14 + 13;

test('runs every standard and special opcode', (t) => {
  const program = [
    ...setAddress(0x1000),
    ...line(9),
    COPY, // 1000 line 10
    special(4, 3), // 1004 line 13
    8, // const_add_pc: (255 - 13) / 14 = 17 instructions = 34 bytes
    special(0, -2), // 1026 line 11
    ...[9, 0x10, 0x00], // fixed_advance_pc 16
    ...[4, 2], // file 2
    ...[5, 7], // column
    7, // basic block
    10, // prologue end
    11, // epilogue begin
    ...[12, 1], // isa
    NEGATE,
    COPY, // 1036 file 2
    ...advance(2),
    ...END,
  ];
  t.deepEqual(rows(program), ['1000 1:10!', '1004 1:13!', '1026 1:11!', '1036 2:11', '1038 end']);
});

test('skips unknown standard and extended opcodes by their stated length', (t) => {
  const lengths = [...LENGTHS, 2];
  const program = [...setAddress(0x2000), 13, 0x81, 1, 5, 0, 4, 0x80, 9, 9, 9, COPY, ...advance(4), ...END];
  t.deepEqual(rows(program, { opcodeBase: 14, opcodeLengths: lengths }), ['2000 1:1!', '2004 end']);
});

test('of several rows at one address keeps the last statement, as gdb does', (t) => {
  const same = [...setAddress(0x100), COPY, ...line(1), COPY, NEGATE, ...line(1), COPY, ...advance(2), ...END];
  t.deepEqual(rows(same), ['100 1:2!', '102 end']);
  const otherFile = [...setAddress(0x100), COPY, 4, 2, NEGATE, ...line(4), COPY, ...advance(2), ...END];
  t.deepEqual(rows(otherFile), ['100 1:1!', '102 end']);
  const otherStatement = [...setAddress(0x100), COPY, 4, 2, ...line(4), COPY, ...advance(2), ...END];
  t.deepEqual(rows(otherStatement), ['100 2:5!', '102 end']);
});

test('leaves out rows of line 0, and rows of a line with discriminators, as gdb does', (t) => {
  const zero = [...setAddress(0x100), COPY, ...advance(2), ...line(-1), COPY, ...advance(2), ...END];
  t.deepEqual(rows(zero), ['100 1:1!', '104 end']);
  const discriminator = [0, 2, 4, 3];
  const again = [...setAddress(0x100), ...line(1), COPY, ...discriminator, ...advance(2), COPY, ...advance(2), ...END];
  t.deepEqual(rows(again), ['100 1:2!', '104 end']);
});

test('orders sequences and leaves out discarded, empty and overlapping ones', (t) => {
  const sequence = (start: number, size: number) => [...setAddress(start), COPY, ...advance(size), ...END];
  const program = [
    ...sequence(0x200, 8),
    ...sequence(0, 8),
    ...sequence(0x100, 4),
    ...sequence(0x204, 8),
    ...sequence(0x300, 0),
  ];
  t.deepEqual(rows(program), ['100 1:1!', '104 end', '200 1:1!', '208 end']);
});

test('says where a cut program ends', (t) => {
  t.throws(() => rows([...setAddress(0x100), 3]), { code: 'HH1302', message: /\.debug_line: offset 0x8/ });
});
