import { type DwarfSections, partOf, SplitSections } from './dwarf-sections.js';
import { readSplitUnit, type Unit } from './dwarf-units.js';
import { ElfFile } from './elf-file.js';
import { type Contributions, SplitPackage } from './split-package.js';

/** The bytes of a .dwo file by the name and the folder that the program has for it; undefined where there is none. */
export type SplitFiles = (name: string, compDir: string | undefined) => Uint8Array | undefined;

/** The bytes of the package (.dwp) that holds a program's .dwo files; undefined where there is none. */
export type SplitPackageFile = () => Uint8Array | undefined;

/** Where the other halves of split units are looked for: in the package first, then by their names. */
export interface SplitSources {
  readonly files?: SplitFiles | undefined;
  readonly package?: SplitPackageFile | undefined;
}

/** All .dwo files of a program together may have this many bytes of entries. */
const MAX_INFO_BYTES = 512 * 1024 * 1024;

interface Half {
  readonly skeleton: Unit;
  readonly elfFile: ElfFile;
  readonly info: Uint8Array;
  /** Which parts of a package are the unit's; undefined for a .dwo file of its own. */
  readonly parts: Contributions | undefined;
  /** Where its entries begin in the joined .debug_info. */
  readonly from: number;
}

/** Where the program's sections are, and how a file that cannot be read is put on record. */
interface Program {
  readonly sections: DwarfSections;
  attempt<T>(read: () => T): T | undefined;
}

/**
 * Puts the units of .dwo files (`gcc -gsplit-dwarf`) in the place of their skeletons. A unit is known by the offset of its entries:
 * those of the .dwo files are laid behind the program's own, so that each has its own. Skeletons without a file stay as they are; a
 * file that cannot be read, or is of another build, costs only itself.
 */
export function joinSplitUnits(whole: readonly Unit[], program: Program, sources: SplitSources): readonly Unit[] {
  if (!whole.some(({ dwoName }) => dwoName !== undefined)) return whole;
  const { sections } = program;
  const bytes = sources.package?.();
  const packed = bytes && program.attempt(() => new SplitPackage(bytes));
  const units: Unit[] = [];
  const halves: Half[] = [];
  let length = sections.data('.debug_info').length;
  for (const skeleton of whole) {
    const half = program.attempt(() => openHalf(skeleton, length, { packed, files: sources.files }));
    if (half && length + half.info.length <= MAX_INFO_BYTES) {
      halves.push(half);
      length += half.info.length;
    } else units.push(skeleton);
  }
  if (halves.length === 0) return whole;
  const joined = new Uint8Array(length);
  joined.set(sections.data('.debug_info'));
  for (const { info, from } of halves) joined.set(info, from);
  for (const { skeleton, elfFile, info, from, parts } of halves) {
    const own = new SplitSections(elfFile, sections, joined, parts);
    units.push(program.attempt(() => readSplitUnit(own, from, from + info.length, skeleton)) ?? skeleton);
  }
  // By offset, as all who look a unit up expect it.
  units.sort((a, b) => a.unitOffset - b.unitOffset);
  return units.map((unit, index) => ({ ...unit, index }));
}

interface Halves {
  readonly packed: SplitPackage | undefined;
  readonly files: SplitFiles | undefined;
}

function openHalf(skeleton: Unit, from: number, { packed, files }: Halves): Half | undefined {
  const { dwoName, dwoId, compDir } = skeleton;
  if (dwoName === undefined) return undefined;
  const parts = dwoId === undefined ? undefined : packed?.unit(dwoId);
  if (packed && parts)
    return { skeleton, elfFile: packed.elfFile, info: partOf(packed.elfFile, '.debug_info', parts), parts, from };
  const bytes = files?.(dwoName, compDir);
  if (!bytes) return undefined;
  const elfFile = new ElfFile(bytes, { relocatable: true });
  return { skeleton, elfFile, info: elfFile.data('.debug_info.dwo'), parts: undefined, from };
}
