import type { ByteReader } from './byte-reader.js';
import { At, Form } from './dwarf-constants.js';

/** The shape of a debugging entry: what a row of .debug_abbrev declares. */
export interface Abbrev {
  readonly code: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly number[];
  readonly forms: readonly number[];
  /** The value of an attribute of DW_FORM_implicit_const, 0 for the others. */
  readonly constants: readonly number[];
  /** How to pass over an entry of this shape: sizes to skip, and negated forms whose size varies. Neighbouring sizes are added up. */
  readonly skipPlan: readonly number[];
  /** Whether an entry of this shape has addresses: low_pc, ranges or entry_pc. */
  readonly hasCode: boolean;
}

/** The abbreviations of one unit by their code. */
export type AbbrevTable = ReadonlyMap<number, Abbrev>;

const MAX_ABBREVS = 100_000;
const MAX_ATTRIBUTES = 1000;

/** How many bytes a form takes: by itself, with the unit's address size or offset size; undefined when it varies. */
export function formBytes(form: number, addressSize: number, offsetSize: number, version: number): number | undefined {
  switch (form) {
    case Form.implicitConst:
    case Form.flagPresent:
      return 0;
    case Form.data1:
    case Form.flag:
    case Form.ref1:
    case Form.strx1:
    case Form.addrx1:
      return 1;
    case Form.data2:
    case Form.ref2:
    case Form.strx2:
    case Form.addrx2:
      return 2;
    case Form.strx3:
    case Form.addrx3:
      return 3;
    case Form.data4:
    case Form.ref4:
    case Form.strx4:
    case Form.addrx4:
    case Form.refSup4:
      return 4;
    case Form.data8:
    case Form.ref8:
    case Form.refSig8:
    case Form.refSup8:
      return 8;
    case Form.data16:
      return 16;
    case Form.addr:
      return addressSize;
    case Form.refAddr:
      // DWARF 2 stored it with the size of an address.
      return version <= 2 ? addressSize : offsetSize;
    case Form.strp:
    case Form.secOffset:
    case Form.strpSup:
    case Form.lineStrp:
    case Form.gnuRefAlt:
    case Form.gnuStrpAlt:
      return offsetSize;
    default:
      return undefined;
  }
}

/**
 * Reads the abbreviations from the reader's offset to their terminating zero.
 * @throws SymbolError HH1302 or HH1306 when the table is damaged.
 */
export function readAbbrevs(reader: ByteReader, addressSize: number, offsetSize: number, version: number): AbbrevTable {
  const table = new Map<number, Abbrev>();
  while (table.size < MAX_ABBREVS) {
    const code = reader.uleb();
    if (code === 0) break;
    const tag = reader.uleb();
    const hasChildren = reader.u8() !== 0;
    const attributes: number[] = [];
    const forms: number[] = [];
    const constants: number[] = [];
    const skipPlan: number[] = [];
    let hasCode = false;
    while (attributes.length < MAX_ATTRIBUTES) {
      const attribute = reader.uleb();
      const form = reader.uleb();
      if (attribute === 0 && form === 0) break;
      attributes.push(attribute);
      forms.push(form);
      constants.push(form === Form.implicitConst ? reader.sleb() : 0);
      const size = formBytes(form, addressSize, offsetSize, version);
      const before = skipPlan.at(-1) ?? -1;
      if (size === undefined) skipPlan.push(-form);
      else if (before >= 0) skipPlan[skipPlan.length - 1] = before + size;
      else skipPlan.push(size);
      if (attribute === At.lowPc || attribute === At.ranges) hasCode = true;
    }
    if (!table.has(code)) table.set(code, { code, tag, hasChildren, attributes, forms, constants, skipPlan, hasCode });
  }
  return table;
}
