import { SymbolError } from '../errors/errors.js';
import { ByteReader } from './byte-reader.js';
import { ElfFile } from './elf-file.js';

/** Where a part of a section lies that belongs to one unit. */
export interface Contribution {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** The parts of the package's sections that belong to one unit, by the section's name without `.dwo`; others are shared by all units. */
export type Contributions = ReadonlyMap<string, Contribution>;

const INDEX = '.debug_cu_index';
/** DWARF 5, 7.3.5.3: what a column of the index is about. */
const SECTIONS: Readonly<Record<number, string>> = {
  1: '.debug_info',
  3: '.debug_abbrev',
  5: '.debug_loclists',
  6: '.debug_str_offsets',
  8: '.debug_rnglists',
};
/** In the format before DWARF 5 (GNU's version 2) 5 was .debug_loc, and there were no .debug_rnglists: 8 was .debug_macro. */
const GNU_SECTIONS: Readonly<Record<number, string>> = { ...SECTIONS, 5: '.debug_loc', 8: '.debug_macro' };
const MAX_COLUMNS = 16;

/**
 * A .dwp file: the .dwo files of a program laid into one by `dwp` or `llvm-dwp`. Its index says which parts of its sections belong to which
 * unit.
 */
export class SplitPackage {
  readonly elfFile: ElfFile;
  private readonly byId = new Map<number, Contributions>();

  /** @throws SymbolError HH1301 to HH1303 when it is no ELF file, HH1370 when its index cannot be read. */
  constructor(bytes: Uint8Array) {
    this.elfFile = new ElfFile(bytes, { relocatable: true });
    this.readIndex(new ByteReader(this.elfFile.data(INDEX), this.elfFile.littleEndian, INDEX));
  }

  /** The parts of the unit with this id (DW_AT_GNU_dwo_id, or that of the unit's header); undefined when the package lacks it. */
  unit(dwoId: number): Contributions | undefined {
    return this.byId.get(dwoId);
  }

  /**
   * DWARF 5, 7.3.5.3: version u16 and padding u16 (version 2: u32), columns u32, units u32, slots u32; a slot's id u64 each; a slot's
   * row u32 each, from 1; the columns' sections u32 each; per unit and column an offset u32; then the same again for the sizes.
   */
  private readIndex(reader: ByteReader): void {
    const version = reader.u32();
    const columns = reader.u32();
    const units = reader.u32();
    const slots = reader.u32();
    const known = version === 2 ? GNU_SECTIONS : (version & 0xffff) === 5 ? SECTIONS : undefined;
    const length = 16 + slots * 12 + columns * 4 + units * columns * 8;
    if (!known || columns > MAX_COLUMNS || units > slots || length > reader.bytes.length) {
      const found = `version ${version & 0xffff}, ${columns} columns, ${units} units in ${slots} slots, ${reader.bytes.length} bytes`;
      throw new SymbolError('HH1370', `${INDEX}: found ${found}, expected version 2 or 5 and ${length} bytes`, {
        remedy: 'Make the package again with `dwp` or `llvm-dwp`; the .dwo files do as well.',
      });
    }
    const ids = Array.from({ length: slots }, () => reader.u64());
    const rows = Array.from({ length: slots }, () => reader.u32());
    const names = Array.from({ length: columns }, () => known[reader.u32()]);
    const offsets = Array.from({ length: units * columns }, () => reader.u32());
    const sizes = Array.from({ length: units * columns }, () => reader.u32());
    rows.forEach((row, slot) => {
      if (row === 0 || row > units) return;
      const own = new Map<string, Contribution>();
      names.forEach((name, column) => {
        const at = (row - 1) * columns + column;
        if (name !== undefined) own.set(name, { offset: offsets[at] ?? 0, sizeBytes: sizes[at] ?? 0 });
      });
      this.byId.set(ids[slot] ?? 0, own);
    });
  }
}
