import type { Address } from '../base/units.js';
import type { ByteReader } from './byte-reader.js';
import type { LineHeader } from './line-header.js';
import { type CodeAtZero, type IsLive, type LineRows, RowCollector } from './line-rows.js';

export interface LineProgramOptions {
  /** One number per source file: file numbers of the table that name the same file share it. */
  readonly fileIds: readonly number[];
  readonly isLive: IsLive;
  /** What is known of the code at address 0, when it is of this unit. */
  readonly zero?: CodeAtZero | undefined;
}

/** Runs a line program (DWARF 5, 6.2.5). @throws SymbolError HH1302 when it is cut short. */
export function runLineProgram(reader: ByteReader, header: LineHeader, options: LineProgramOptions): LineRows {
  const machine = new LineMachine(reader, header, options);
  reader.seek(header.programStart);
  while (reader.offset < header.programEnd) {
    const opcode = reader.u8();
    if (opcode >= header.opcodeBase) machine.special(opcode);
    else if (opcode === 0) machine.extended();
    else machine.standard(opcode);
  }
  return machine.rows.finish();
}

/** The registers of the state machine (DWARF 5, 6.2.2), as far as they matter here. */
class LineMachine {
  readonly rows: RowCollector;
  private address: Address = 0;
  private file = 1;
  private line = 1;
  private isStmt: boolean;
  private discriminator = 0;
  /** Whether any row of the current line had a discriminator: gdb then takes its rows for one (see {@link RowCollector}). */
  private hasDiscriminator = false;

  constructor(
    private readonly reader: ByteReader,
    private readonly header: LineHeader,
    private readonly options: LineProgramOptions,
  ) {
    this.isStmt = header.defaultIsStmt;
    this.rows = new RowCollector(options.isLive, options.zero);
  }

  special(opcode: number): void {
    const { opcodeBase, lineBase, lineRange, minInstructionBytes } = this.header;
    const adjusted = opcode - opcodeBase;
    this.address += Math.floor(adjusted / lineRange) * minInstructionBytes;
    this.advanceLine(lineBase + (adjusted % lineRange));
    this.emit();
  }

  extended(): void {
    const { reader } = this;
    const length = reader.uleb();
    const end = reader.offset + length;
    const opcode = length === 0 ? 0 : reader.u8();
    if (opcode === 1) this.endSequence();
    else if (opcode === 2) this.address = reader.unsigned(length - 1);
    else if (opcode === 4) {
      this.discriminator = reader.uleb();
      if (this.discriminator !== 0) this.hasDiscriminator = true;
    }
    reader.seek(end);
  }

  standard(opcode: number): void {
    const { reader, header } = this;
    switch (opcode) {
      case 1: // copy
        this.emit();
        break;
      case 2: // advance_pc
        this.address += reader.uleb() * header.minInstructionBytes;
        break;
      case 3: // advance_line
        this.advanceLine(reader.sleb());
        break;
      case 4: // set_file
        this.file = reader.uleb();
        break;
      case 6: // negate_stmt
        this.isStmt = !this.isStmt;
        break;
      case 8: // const_add_pc
        this.address += Math.floor((255 - header.opcodeBase) / header.lineRange) * header.minInstructionBytes;
        break;
      case 9: // fixed_advance_pc
        this.address += reader.u16();
        break;
      default:
        // set_column, set_basic_block, set_prologue_end, set_epilogue_begin, set_isa, unknown ones: their operands are LEB128s.
        for (let count = header.opcodeLengths[opcode] ?? 0; count > 0; count--) reader.skipLeb();
    }
  }

  private advanceLine(distance: number): void {
    this.line += distance;
    if (distance !== 0) this.hasDiscriminator = this.discriminator !== 0;
  }

  private emit(): void {
    const file = this.options.fileIds[this.file] ?? this.file;
    this.rows.add(this.address, file, this.line, this.isStmt, this.hasDiscriminator);
    this.discriminator = 0;
  }

  private endSequence(): void {
    this.rows.end(this.address);
    this.address = 0;
    this.file = 1;
    this.line = 1;
    this.isStmt = this.header.defaultIsStmt;
    this.discriminator = 0;
    this.hasDiscriminator = false;
  }
}
