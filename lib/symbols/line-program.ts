import type { Address } from '../units.js';
import type { ByteReader } from './byte-reader.js';
import type { LineHeader } from './line-header.js';

/**
 * The rows of a line program, one per address, in columns; every sequence ends with a row of line 0 at its end.
 * Sequences are in order of address and do not overlap.
 */
export interface LineRows {
  readonly addresses: Float64Array;
  readonly files: Uint32Array;
  readonly lines: Uint32Array;
  readonly isStmt: Uint8Array;
}

interface Sequence {
  readonly addresses: number[];
  readonly files: number[];
  readonly lines: number[];
  readonly isStmt: number[];
}

/** What a program's sequences may start at: decides which ones the linker discarded. */
export type IsLive = (address: Address) => boolean;

/**
 * Collects rows, one per address. Of several at one address the later wins, except that an is_stmt row of the same file is kept
 * against rows that are not, and such a row of another file does not replace it: what gdb shows (its buildsym and dwarf2/read).
 * Rows with line 0 ("no source line") are left out as in gdb: the row before them goes on.
 */
class RowCollector {
  readonly sequences: Sequence[] = [];
  private current: Sequence = emptySequence();

  add(address: number, file: number, line: number, isStmt: boolean): void {
    if (line === 0) return;
    const { addresses, files, lines, isStmt: stmts } = this.current;
    const last = addresses.length - 1;
    const lastAddress = addresses[last] ?? -1;
    if (address < lastAddress) return;
    if (address === lastAddress) {
      if (!isStmt && stmts[last] === 1) return;
      files[last] = file;
      lines[last] = line;
      stmts[last] = isStmt ? 1 : 0;
      return;
    }
    addresses.push(address);
    files.push(file);
    lines.push(line);
    stmts.push(isStmt ? 1 : 0);
  }

  end(address: number, isLive: IsLive): void {
    const sequence = this.current;
    this.current = emptySequence();
    const start = sequence.addresses[0];
    if (start === undefined || address <= start || !isLive(start)) return;
    while ((sequence.addresses.at(-1) ?? 0) >= address) {
      for (const column of Object.values(sequence)) column.pop();
    }
    sequence.addresses.push(address);
    sequence.files.push(0);
    sequence.lines.push(0);
    sequence.isStmt.push(0);
    this.sequences.push(sequence);
  }
}

function emptySequence(): Sequence {
  return { addresses: [], files: [], lines: [], isStmt: [] };
}

/** Runs a line program (DWARF 5, 6.2.5). @throws SymbolError HH1302 when it is cut short. */
export function runLineProgram(reader: ByteReader, header: LineHeader, isLive: IsLive): LineRows {
  const rows = new RowCollector();
  const { opcodeBase, lineBase, lineRange, minInstructionBytes, defaultIsStmt } = header;
  const constAdvance = Math.floor((255 - opcodeBase) / lineRange) * minInstructionBytes;
  let address = 0;
  let file = 1;
  let line = 1;
  let isStmt = defaultIsStmt;
  reader.seek(header.programStart);
  while (reader.offset < header.programEnd) {
    const opcode = reader.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      address += Math.floor(adjusted / lineRange) * minInstructionBytes;
      line += lineBase + (adjusted % lineRange);
      rows.add(address, file, line, isStmt);
      continue;
    }
    switch (opcode) {
      case 0: {
        const length = reader.uleb();
        const end = reader.offset + length;
        const extended = length === 0 ? 0 : reader.u8();
        if (extended === 1) {
          rows.end(address, isLive);
          address = 0;
          file = 1;
          line = 1;
          isStmt = defaultIsStmt;
        } else if (extended === 2) address = reader.unsigned(length - 1);
        reader.seek(end);
        break;
      }
      case 1: // copy
        rows.add(address, file, line, isStmt);
        break;
      case 2: // advance_pc
        address += reader.uleb() * minInstructionBytes;
        break;
      case 3: // advance_line
        line += reader.sleb();
        break;
      case 4: // set_file
        file = reader.uleb();
        break;
      case 6: // negate_stmt
        isStmt = !isStmt;
        break;
      case 8: // const_add_pc
        address += constAdvance;
        break;
      case 9: // fixed_advance_pc
        address += reader.u16();
        break;
      default:
        // set_column, set_basic_block, set_prologue_end, set_epilogue_begin, set_isa and unknown ones: their operands are LEB128s.
        for (let count = header.opcodeLengths[opcode] ?? 0; count > 0; count--) reader.skipLeb();
    }
  }
  return joinSequences(rows.sequences);
}

/** Puts the sequences in order of address and leaves out those that start inside the one before. */
function joinSequences(sequences: Sequence[]): LineRows {
  sequences.sort((a, b) => (a.addresses[0] ?? 0) - (b.addresses[0] ?? 0));
  const kept: Sequence[] = [];
  let end = -1;
  let count = 0;
  for (const sequence of sequences) {
    if ((sequence.addresses[0] ?? 0) < end) continue;
    end = sequence.addresses.at(-1) ?? end;
    count += sequence.addresses.length;
    kept.push(sequence);
  }
  const rows = {
    addresses: new Float64Array(count),
    files: new Uint32Array(count),
    lines: new Uint32Array(count),
    isStmt: new Uint8Array(count),
  };
  let at = 0;
  for (const sequence of kept) {
    rows.addresses.set(sequence.addresses, at);
    rows.files.set(sequence.files, at);
    rows.lines.set(sequence.lines, at);
    rows.isStmt.set(sequence.isStmt, at);
    at += sequence.addresses.length;
  }
  return rows;
}
