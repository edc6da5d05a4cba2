import { SymbolError } from '../errors.js';
import { type DwarfSections, SplitSections } from './dwarf-sections.js';
import { readSplitUnit, type Unit, type UnitList } from './dwarf-units.js';
import { ElfFile } from './elf-file.js';

/** The bytes of a .dwo file by the name and the folder that the program has for it; undefined where there is none. */
export type SplitFiles = (name: string, compDir: string | undefined) => Uint8Array | undefined;

/** All .dwo files of a program together may have this many bytes of entries. */
const MAX_INFO_BYTES = 512 * 1024 * 1024;

interface Half {
  readonly skeleton: Unit;
  readonly elf: ElfFile;
  readonly info: Uint8Array;
  /** Where its entries begin in the joined .debug_info. */
  readonly from: number;
}

/**
 * Puts the units of .dwo files (`gcc -gsplit-dwarf`) in the place of their skeletons. A unit is known by the offset of its entries:
 * those of the .dwo files are laid behind the program's own, so that each has its own. Skeletons without a file stay as they are; a
 * file that cannot be read, or is of another build, is a problem.
 */
export function joinSplitUnits(whole: UnitList, sections: DwarfSections, files: SplitFiles): UnitList {
  const units: Unit[] = [];
  const problems: SymbolError[] = [...whole.problems];
  const halves: Half[] = [];
  let length = sections.data('.debug_info').length;
  for (const unit of whole.units) {
    const elf = attempt(problems, () => openHalf(unit, files));
    const info = elf?.data('.debug_info.dwo');
    if (elf && info && length + info.length <= MAX_INFO_BYTES) {
      halves.push({ skeleton: unit, elf, info, from: length });
      length += info.length;
    } else units.push(unit);
  }
  if (halves.length === 0) return { units: whole.units, problems };
  const joined = new Uint8Array(length);
  joined.set(sections.data('.debug_info'));
  for (const { info, from } of halves) joined.set(info, from);
  for (const { skeleton, elf, info, from } of halves) {
    const own = new SplitSections(elf, sections, joined);
    units.push(attempt(problems, () => readSplitUnit(own, from, from + info.length, skeleton)) ?? skeleton);
  }
  // By offset, as all who look a unit up expect it.
  units.sort((a, b) => a.unitOffset - b.unitOffset);
  return { units: units.map((unit, index) => ({ ...unit, index })), problems };
}

function openHalf(unit: Unit, files: SplitFiles): ElfFile | undefined {
  if (unit.dwoName === undefined) return undefined;
  const bytes = files(unit.dwoName, unit.compDir);
  return bytes && new ElfFile(bytes, { relocatable: true });
}

function attempt<T>(problems: SymbolError[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SymbolError)) throw error;
    problems.push(error);
    return undefined;
  }
}
