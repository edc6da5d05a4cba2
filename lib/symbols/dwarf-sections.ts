import { ByteReader } from './byte-reader.js';
import { WorkBudget } from './dwarf-budget.js';
import type { ElfFile } from './elf-file.js';
import type { Contributions } from './split-package.js';

/** The debug sections of one ELF file, opened (and decompressed) when they are first asked for. */
export class DwarfSections {
  readonly budget: WorkBudget;

  constructor(readonly elfFile: ElfFile) {
    this.budget = new WorkBudget(elfFile.bytes.length);
  }

  /** Empty when the file has no such section. */
  data(name: string): Uint8Array {
    return this.elfFile.data(name);
  }

  reader(name: string, offset = 0): ByteReader {
    return new ByteReader(this.data(name), this.elfFile.littleEndian, name, offset);
  }
}

/** What a .dwo file has of its own (DWARF 5, appendix F.2); the rest is in the program. */
const IN_SPLIT_FILE: ReadonlySet<string> = new Set([
  '.debug_abbrev',
  '.debug_str',
  '.debug_str_offsets',
  '.debug_rnglists',
  '.debug_loclists',
]);

/**
 * The sections as the unit of a .dwo file sees them; `info` holds its entries, at offsets that no other unit has. In a package `parts` says
 * which part of a section is the unit's.
 */
export class SplitSections extends DwarfSections {
  constructor(
    dwo: ElfFile,
    private readonly program: DwarfSections,
    private readonly info: Uint8Array,
    private readonly parts?: Contributions,
  ) {
    super(dwo);
  }

  override data(name: string): Uint8Array {
    if (name === '.debug_info') return this.info;
    return IN_SPLIT_FILE.has(name) ? partOf(this.elfFile, name, this.parts) : this.program.data(name);
  }
}

/** What a unit has of a section of its .dwo file, or of the package that it lies in. */
export function partOf(dwo: ElfFile, name: string, parts: Contributions | undefined): Uint8Array {
  const whole = dwo.data(`${name}.dwo`);
  const part = parts?.get(name);
  return part ? whole.subarray(part.offset, part.offset + part.sizeBytes) : whole;
}
