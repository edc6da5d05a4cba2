import type { ByteReader } from './byte-reader.js';
import type { Abbrev } from './dwarf-abbrev.js';
import { At } from './dwarf-constants.js';
import { readBlock, readNumber, readText, skipForm } from './dwarf-forms.js';
import { type Unit, unitAt } from './dwarf-units.js';

/** One debugging entry, read again from its offset at each question: for the cold paths (names, types, call targets). */
export class Die {
  private constructor(
    readonly unit: Unit,
    /** Its offset in .debug_info. */
    readonly offset: number,
    readonly abbrev: Abbrev,
    private readonly valuesOffset: number,
  ) {}

  /** The entry at an offset of .debug_info; undefined when there is none (a damaged reference, a terminator). */
  static at(units: readonly Unit[], offset: number): Die | undefined {
    const unit = unitAt(units, offset);
    if (!unit) return undefined;
    const reader = unit.sections.reader('.debug_info', offset);
    const abbrev = unit.abbrevs.get(reader.uleb());
    return abbrev ? new Die(unit, offset, abbrev, reader.offset) : undefined;
  }

  get tag(): number {
    return this.abbrev.tag;
  }

  /** Where the next entry starts: the first child when it has children. */
  get end(): number {
    const reader = this.unit.sections.reader('.debug_info', this.valuesOffset);
    for (const form of this.abbrev.forms) skipForm(reader, form, this.unit);
    return reader.offset;
  }

  has(attribute: number): boolean {
    return this.abbrev.attributes.includes(attribute);
  }

  number(attribute: number): number | undefined {
    const slot = this.abbrev.attributes.indexOf(attribute);
    if (slot < 0) return undefined;
    const value = readNumber(this.readerAt(slot), this.form(slot), this.abbrev.constants[slot] ?? 0, this.unit);
    return Number.isNaN(value) ? undefined : value;
  }

  text(attribute: number): string | undefined {
    const slot = this.abbrev.attributes.indexOf(attribute);
    return slot < 0 ? undefined : readText(this.readerAt(slot), this.form(slot), this.unit);
  }

  /** The bytes of a block or expression. */
  block(attribute: number): Uint8Array | undefined {
    const slot = this.abbrev.attributes.indexOf(attribute);
    if (slot < 0) return undefined;
    const range = readBlock(this.readerAt(slot), this.form(slot), this.unit);
    return range && this.unit.sections.data('.debug_info').subarray(range[0], range[1]);
  }

  /** The entry that a reference attribute names. */
  follow(attribute: number, units: readonly Unit[]): Die | undefined {
    const offset = this.number(attribute);
    return offset === undefined ? undefined : Die.at(units, offset);
  }

  /** This entry, then what it is an instance or a completion of: DW_AT_abstract_origin and DW_AT_specification, in turn. */
  *originChain(units: readonly Unit[]): Generator<Die> {
    let die: Die | undefined = this;
    for (let depth = 0; die && depth < 16; depth++) {
      yield die;
      die = die.follow(At.abstractOrigin, units) ?? die.follow(At.specification, units);
    }
  }

  /** Its name in the source, or that of what it is an instance of. */
  nameIn(units: readonly Unit[]): string | undefined {
    for (const die of this.originChain(units)) {
      const name = die.text(At.name);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  form(slot: number): number {
    return this.abbrev.forms[slot] ?? 0;
  }

  private readerAt(slot: number): ByteReader {
    const reader = this.unit.sections.reader('.debug_info', this.valuesOffset);
    for (let index = 0; index < slot; index++) skipForm(reader, this.form(index), this.unit);
    return reader;
  }
}

/** The direct children of an entry, without their descendants. Bounded by the unit's bytes. */
export function* childrenOf(parent: Die, units: readonly Unit[]): Generator<Die> {
  if (!parent.abbrev.hasChildren) return;
  let offset = parent.end;
  while (offset < parent.unit.end) {
    const child = Die.at(units, offset);
    if (!child) return;
    parent.unit.sections.budget.spend(1, '.debug_info');
    yield child;
    offset = endOfTree(child);
  }
}

/** Where an entry and all below it end: by DW_AT_sibling where there is one. */
function endOfTree(die: Die): number {
  if (!die.abbrev.hasChildren) return die.end;
  const sibling = die.number(At.sibling);
  if (sibling !== undefined && sibling > die.offset) return sibling;
  const { unit } = die;
  const reader = unit.sections.reader('.debug_info', die.end);
  reader.limit = Math.min(reader.limit, unit.end);
  let depth = 1;
  while (depth > 0 && reader.offset < reader.limit) {
    const code = reader.uleb();
    if (code === 0) {
      depth--;
      continue;
    }
    const abbrev = unit.abbrevs.get(code);
    if (!abbrev) return unit.end;
    for (const form of abbrev.forms) skipForm(reader, form, unit);
    if (abbrev.hasChildren) depth++;
  }
  unit.sections.budget.spend(reader.offset - die.offset, '.debug_info');
  return reader.offset;
}
