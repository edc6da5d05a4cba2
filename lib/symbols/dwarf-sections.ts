import { ByteReader } from './byte-reader.js';
import { WorkBudget } from './dwarf-budget.js';
import type { ElfFile } from './elf-file.js';

/** The debug sections of one ELF file, opened (and decompressed) when they are first asked for. */
export class DwarfSections {
  readonly budget: WorkBudget;

  constructor(readonly elf: ElfFile) {
    this.budget = new WorkBudget(elf.bytes.length);
  }

  /** Empty when the file has no such section. */
  data(name: string): Uint8Array {
    return this.elf.data(name);
  }

  reader(name: string, offset = 0): ByteReader {
    return new ByteReader(this.data(name), this.elf.littleEndian, name, offset);
  }
}
