import type { Address } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import type { ByteReader } from './byte-reader.js';
import { type Abbrev, type AbbrevTable, readAbbrevs } from './dwarf-abbrev.js';
import { At, Form, Tag, UnitType } from './dwarf-constants.js';
import { type FormContext, readNumber, readText, skipForm } from './dwarf-forms.js';
import type { DwarfSections } from './dwarf-sections.js';

/** One unit of .debug_info: its header and what its first entry says. */
export interface Unit extends FormContext {
  readonly index: number;
  readonly unitType: number;
  /** Where the first entry starts, and the end of the unit, as offsets in .debug_info. */
  readonly entriesOffset: number;
  readonly end: number;
  readonly abbrevs: AbbrevTable;
  readonly rnglistsBase: number;
  readonly loclistsBase: number;
  /** What the offsets of range lists count from in a unit of a .dwo file of DWARF 4; else 0. */
  readonly rangesBase: number;
  /** Of a skeleton of DWARF 4: the `rangesBase` of its other half. */
  readonly splitRangesBase: number;
  /** What ties the halves of a split unit together; undefined for a whole unit. */
  readonly dwoId: number | undefined;
  /** Of a unit from a .dwo file: its half in the program, which has the addresses and the lines. */
  readonly skeleton: Unit | undefined;
  readonly name: string | undefined;
  readonly compDir: string | undefined;
  readonly language: number;
  /** The offset of the line table in .debug_line; -1 when the unit has none. */
  readonly stmtList: number;
  readonly lowPc: Address;
  /** -1 when the first entry does not say. */
  readonly highPc: Address;
  /** The value of DW_AT_ranges (an offset, or an index when `rangesIndexed`); -1 when there is none. */
  readonly ranges: number;
  readonly rangesIndexed: boolean;
  /** The .dwo file that holds the rest; undefined for a whole unit. */
  readonly dwoName: string | undefined;
}

/** The units of a file in file order, and what of them could not be read. */
export interface UnitList {
  readonly units: readonly Unit[];
  readonly problems: readonly SymbolError[];
}

const MAX_PROBLEMS = 100;
const TEXT_ATTRIBUTES: ReadonlySet<number> = new Set([At.name, At.compDir, At.dwoName, At.gnuDwoName]);

/**
 * Reads the headers and first entries of all units of .debug_info; type units are left out. A unit that is damaged is
 * reported and left out; a damaged length ends the list, since the next header cannot be found.
 */
export function readUnits(sections: DwarfSections): UnitList {
  const units: Unit[] = [];
  const problems: SymbolError[] = [];
  const abbrevs = new Map<string, AbbrevTable>();
  const length = sections.data('.debug_info').length;
  for (let offset = 0; offset < length && problems.length < MAX_PROBLEMS; ) {
    let next = length;
    try {
      const header = readUnitHeader(sections.reader('.debug_info', offset));
      next = header.end;
      if (header.unitType !== UnitType.type && header.unitType !== UnitType.splitType) {
        units.push(readRoot(sections, header, units.length, abbrevs));
      }
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
      problems.push(error);
    }
    offset = next;
  }
  return { units, problems };
}

interface UnitHeader {
  readonly offset: number;
  readonly end: number;
  readonly version: number;
  readonly unitType: number;
  readonly addressSize: number;
  readonly offsetSize: number;
  readonly abbrevOffset: number;
  readonly entriesOffset: number;
  /** DWARF 5; rounded, as a number is. */
  readonly dwoId: number | undefined;
}

/** DWARF 5, 7.5.1.1: length, version u16, unit type u8, address size u8, abbreviations; before version 5: version, abbreviations, size. */
function readUnitHeader(reader: ByteReader): UnitHeader {
  const offset = reader.offset;
  const { offsetSize, end } = readInitialLength(reader);
  const version = reader.u16();
  if (version < 2 || version > 5) {
    // Only this unit is lost: its length is known. Left out like a type unit.
    const nothing = { addressSize: 4, offsetSize: 4, abbrevOffset: 0, entriesOffset: end, dwoId: undefined };
    return { offset, end, version, unitType: UnitType.type, ...nothing };
  }
  const unitType = version >= 5 ? reader.u8() : UnitType.compile;
  const early = version >= 5 ? reader.u8() : 0;
  const abbrevOffset = reader.unsigned(offsetSize);
  const addressSize = version >= 5 ? early : reader.u8();
  const isSplit = unitType === UnitType.skeleton || unitType === UnitType.splitCompile;
  const dwoId = isSplit ? reader.u64() : undefined;
  return { offset, end, version, unitType, addressSize, offsetSize, abbrevOffset, dwoId, entriesOffset: reader.offset };
}

/** The initial length (DWARF 5, 7.4): 0xffffffff announces 64-bit DWARF. `end` is checked against the section. */
export function readInitialLength(reader: ByteReader): { readonly offsetSize: 4 | 8; readonly end: number } {
  const first = reader.u32();
  const offsetSize = first === 0xffffffff ? 8 : 4;
  const length = offsetSize === 8 ? reader.u64() : first;
  const end = reader.offset + length;
  if (end > reader.limit || (first >= 0xfffffff0 && offsetSize === 4)) {
    const found = `a unit of ${length} bytes`;
    throw new SymbolError(
      'HH1302',
      `${reader.where()}: found ${found}, expected at most ${reader.limit - reader.offset}`,
      {
        remedy: 'Build or copy the ELF file again: it is cut short or damaged.',
      },
    );
  }
  return { offsetSize, end };
}

function abbrevTable(sections: DwarfSections, header: UnitHeader, known: Map<string, AbbrevTable>): AbbrevTable {
  const key = `${header.abbrevOffset}/${header.addressSize}/${header.offsetSize}/${header.version}`;
  const table = known.get(key);
  if (table) return table;
  const reader = sections.reader('.debug_abbrev').seek(header.abbrevOffset);
  const read = readAbbrevs(reader, header.addressSize, header.offsetSize, header.version);
  sections.budget.spend(reader.offset - header.abbrevOffset, '.debug_abbrev');
  known.set(key, read);
  return read;
}

/** The first entry, read twice: texts and addresses by index need the bases, which may be stored after them. */
function readRoot(
  sections: DwarfSections,
  header: UnitHeader,
  index: number,
  known: Map<string, AbbrevTable>,
  addrBase?: number,
): Unit {
  const abbrevs = abbrevTable(sections, header, known);
  const reader = sections.reader('.debug_info', header.entriesOffset);
  reader.limit = header.end;
  const abbrev = header.entriesOffset < header.end ? abbrevs.get(reader.uleb()) : undefined;
  const isRoot = abbrev?.tag === Tag.compileUnit || abbrev?.tag === Tag.partialUnit || abbrev?.tag === Tag.skeletonUnit;
  if (!abbrev || !isRoot) {
    throw new SymbolError(
      'HH1306',
      `${reader.where(header.entriesOffset)}: found no unit entry, expected DW_TAG_compile_unit`,
    );
  }
  const start = reader.offset;
  const { offset: unitOffset, ...rest } = header;
  const context = {
    sections,
    unitOffset,
    ...rest,
    strOffsetsBase: header.offsetSize * 2,
    addrBase: header.offsetSize * 2,
  };
  const bases = new Map<number, number>();
  abbrev.attributes.forEach((attribute, slot) => {
    const form = abbrev.forms[slot] ?? 0;
    // The bases are section offsets; an index could not be resolved before they are known.
    if (form === Form.secOffset) bases.set(attribute, readNumber(reader, form, 0, context));
    else skipForm(reader, form, context);
  });
  const fallback = header.version >= 5 ? context.addrBase : 0;
  const withBases = {
    ...context,
    strOffsetsBase: bases.get(At.strOffsetsBase) ?? fallback,
    addrBase: addrBase ?? bases.get(At.addrBase) ?? bases.get(At.gnuAddrBase) ?? fallback,
  };
  const values = readRootValues(reader.seek(start), abbrev, withBases);
  return {
    ...withBases,
    ...values,
    index,
    abbrevs,
    rnglistsBase: bases.get(At.rnglistsBase) ?? 0,
    loclistsBase: bases.get(At.loclistsBase) ?? 0,
    rangesBase: 0,
    splitRangesBase: bases.get(At.gnuRangesBase) ?? 0,
    dwoId: header.dwoId ?? values.dwoId,
    skeleton: undefined,
  };
}

/**
 * The other half of a skeleton: the compile unit of a .dwo file, whose entries lie from `from` to `to` in `sections`' .debug_info.
 * Addresses and lines come from the skeleton. @throws SymbolError HH1313 when the file is that of another build.
 */
export function readSplitUnit(sections: DwarfSections, from: number, to: number, skeleton: Unit): Unit {
  for (let offset = from; offset < to; ) {
    const header = readUnitHeader(sections.reader('.debug_info', offset));
    offset = header.end;
    if (header.unitType !== UnitType.splitCompile && header.unitType !== UnitType.compile) continue;
    const unit = readRoot(sections, header, skeleton.index, new Map(), skeleton.addrBase);
    if (unit.dwoId !== skeleton.dwoId) break;
    const { compDir, stmtList, lowPc, highPc, ranges, rangesIndexed } = skeleton;
    // A .dwo file has one table of lists of a kind, which begins behind the section's header (DWARF 5, 7.28 and 7.29).
    const listsBase = header.offsetSize === 8 ? 20 : 12;
    return {
      ...unit,
      ...{ compDir, stmtList, lowPc, highPc, ranges, rangesIndexed, skeleton },
      rnglistsBase: listsBase,
      loclistsBase: listsBase,
      rangesBase: skeleton.splitRangesBase,
      dwoName: undefined,
    };
  }
  throw new SymbolError('HH1313', `${skeleton.dwoName}: found no unit that belongs to this program`, {
    remedy: 'Build again: the .dwo file is of another build than the ELF file.',
  });
}

type RootValues = Pick<
  Unit,
  'name' | 'compDir' | 'language' | 'stmtList' | 'lowPc' | 'highPc' | 'ranges' | 'rangesIndexed' | 'dwoName' | 'dwoId'
>;

function readRootValues(reader: ByteReader, abbrev: Abbrev, context: FormContext): RootValues {
  const numbers = new Map<number, number>();
  const texts = new Map<number, string | undefined>();
  let rangesIndexed = false;
  let highIsOffset = false;
  abbrev.attributes.forEach((attribute, slot) => {
    const form = abbrev.forms[slot] ?? 0;
    if (TEXT_ATTRIBUTES.has(attribute)) {
      texts.set(attribute, readText(reader, form, context));
      return;
    }
    numbers.set(attribute, readNumber(reader, form, abbrev.constants[slot] ?? 0, context));
    if (attribute === At.ranges) rangesIndexed = form === Form.rnglistx;
    if (attribute === At.highPc) highIsOffset = !isAddressForm(form);
  });
  const lowPc = numbers.get(At.lowPc) ?? 0;
  const high = numbers.get(At.highPc);
  return {
    name: texts.get(At.name),
    compDir: texts.get(At.compDir),
    language: numbers.get(At.language) ?? 0,
    stmtList: numbers.get(At.stmtList) ?? -1,
    lowPc,
    highPc: high === undefined ? -1 : highIsOffset ? lowPc + high : high,
    ranges: numbers.get(At.ranges) ?? -1,
    rangesIndexed,
    dwoName: texts.get(At.dwoName) ?? texts.get(At.gnuDwoName),
    dwoId: numbers.get(At.gnuDwoId),
  };
}

/** Whether a form is an address: DW_AT_high_pc of any other form is a size (DWARF 4, 2.17.2). */
export function isAddressForm(form: number): boolean {
  return (
    form === Form.addr ||
    form === Form.addrx ||
    (form >= Form.addrx1 && form <= Form.addrx4) ||
    form === Form.gnuAddrIndex
  );
}

/** The unit that an offset of .debug_info lies in. */
export function unitAt(units: readonly Unit[], offset: number): Unit | undefined {
  let low = 0;
  let high = units.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((units[middle]?.unitOffset ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  const unit = units[low - 1];
  return unit && offset >= unit.entriesOffset && offset < unit.end ? unit : undefined;
}
