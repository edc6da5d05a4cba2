import { SymbolError } from '../errors/errors.js';
import { type ByteReader, textAt } from './byte-reader.js';
import { formBytes } from './dwarf-abbrev.js';
import { Form } from './dwarf-constants.js';
import type { DwarfSections } from './dwarf-sections.js';

/** What the meaning of a form depends on: the unit's header and the bases that its first entry sets. */
export interface FormContext {
  readonly sections: DwarfSections;
  readonly version: number;
  readonly addressSize: number;
  /** 4 or 8 (64-bit DWARF). */
  readonly offsetSize: number;
  /** Where the unit starts in .debug_info: what DW_FORM_ref4 and the like count from. */
  readonly unitOffset: number;
  readonly strOffsetsBase: number;
  readonly addrBase: number;
}

/** Moves past one value. @throws SymbolError HH1306 for a form that does not exist. */
export function skipForm(reader: ByteReader, form: number, context: FormContext): void {
  const size = formBytes(form, context.addressSize, context.offsetSize, context.version);
  if (size !== undefined) {
    reader.skip(size);
    return;
  }
  switch (form) {
    case Form.block2:
      reader.skip(reader.u16());
      return;
    case Form.block4:
      reader.skip(reader.u32());
      return;
    case Form.block:
    case Form.exprloc:
      reader.skip(reader.uleb());
      return;
    case Form.block1:
      reader.skip(reader.u8());
      return;
    case Form.string:
      reader.skipText();
      return;
    case Form.sdata:
    case Form.udata:
    case Form.refUdata:
    case Form.strx:
    case Form.addrx:
    case Form.loclistx:
    case Form.rnglistx:
    case Form.gnuAddrIndex:
    case Form.gnuStrIndex:
      reader.skipLeb();
      return;
    case Form.indirect:
      skipForm(reader, directForm(reader), context);
      return;
    default:
      throw unknownForm(reader, form);
  }
}

/** DW_FORM_indirect: the form itself is stored before the value. One that is indirect again is refused: it would not end. */
function directForm(reader: ByteReader): number {
  const form = reader.uleb();
  if (form === Form.indirect || form === Form.implicitConst) throw unknownForm(reader, form);
  return form;
}

function unknownForm(reader: ByteReader, form: number): SymbolError {
  return new SymbolError(
    'HH1306',
    `${reader.where()}: found attribute form 0x${form.toString(16)}, expected one of DWARF 2 to 5`,
  );
}

/**
 * The value of a number-like form: an address, a constant, a flag (1), a section offset, a list index, or a reference as an
 * offset in .debug_info. NaN for texts, blocks, references to other files and type signatures. Moves past the value.
 */
export function readNumber(reader: ByteReader, form: number, constant: number, context: FormContext): number {
  switch (form) {
    case Form.addr:
      return reader.unsigned(context.addressSize);
    case Form.data1:
    case Form.flag:
      return reader.u8();
    case Form.data2:
      return reader.u16();
    case Form.data4:
      return reader.u32();
    case Form.data8:
      return reader.u64();
    case Form.sdata:
      return reader.sleb();
    case Form.udata:
    case Form.loclistx:
    case Form.rnglistx:
      return reader.uleb();
    case Form.flagPresent:
      return 1;
    case Form.implicitConst:
      return constant;
    case Form.secOffset:
      return reader.unsigned(context.offsetSize);
    case Form.refAddr:
      return reader.unsigned(context.version <= 2 ? context.addressSize : context.offsetSize);
    case Form.ref1:
      return context.unitOffset + reader.u8();
    case Form.ref2:
      return context.unitOffset + reader.u16();
    case Form.ref4:
      return context.unitOffset + reader.u32();
    case Form.ref8:
      return context.unitOffset + reader.u64();
    case Form.refUdata:
      return context.unitOffset + reader.uleb();
    case Form.addrx:
    case Form.gnuAddrIndex:
      return indexedAddress(reader.uleb(), context);
    case Form.addrx1:
      return indexedAddress(reader.u8(), context);
    case Form.addrx2:
      return indexedAddress(reader.u16(), context);
    case Form.addrx3:
      return indexedAddress(reader.u24(), context);
    case Form.addrx4:
      return indexedAddress(reader.u32(), context);
    case Form.indirect:
      return readNumber(reader, directForm(reader), 0, context);
    default:
      skipForm(reader, form, context);
      return Number.NaN;
  }
}

/** The address at an index of .debug_addr. @throws SymbolError HH1302 when it is outside. */
export function indexedAddress(index: number, context: FormContext): number {
  const reader = context.sections.reader('.debug_addr');
  return reader.seek(context.addrBase + index * context.addressSize).unsigned(context.addressSize);
}

/** The value of a text form; undefined for other forms and for texts in a supplementary file. Moves past the value. */
export function readText(reader: ByteReader, form: number, context: FormContext): string | undefined {
  const { sections, offsetSize } = context;
  switch (form) {
    case Form.string:
      return reader.text();
    case Form.strp:
      return textAt(sections.data('.debug_str'), reader.unsigned(offsetSize));
    case Form.lineStrp:
      return textAt(sections.data('.debug_line_str'), reader.unsigned(offsetSize));
    case Form.strx:
    case Form.gnuStrIndex:
      return indexedText(reader.uleb(), context);
    case Form.strx1:
      return indexedText(reader.u8(), context);
    case Form.strx2:
      return indexedText(reader.u16(), context);
    case Form.strx3:
      return indexedText(reader.u24(), context);
    case Form.strx4:
      return indexedText(reader.u32(), context);
    case Form.indirect:
      return readText(reader, directForm(reader), context);
    default:
      skipForm(reader, form, context);
      return undefined;
  }
}

function indexedText(index: number, context: FormContext): string | undefined {
  const { sections, offsetSize, strOffsetsBase } = context;
  const reader = sections.reader('.debug_str_offsets').seek(strOffsetsBase + index * offsetSize);
  return textAt(sections.data('.debug_str'), reader.unsigned(offsetSize));
}

/** Where a block or expression lies in its section, [start, end); undefined for other forms. Moves past the value. */
export function readBlock(
  reader: ByteReader,
  form: number,
  context: FormContext,
): readonly [number, number] | undefined {
  let length: number;
  if (form === Form.exprloc || form === Form.block) length = reader.uleb();
  else if (form === Form.block1) length = reader.u8();
  else if (form === Form.block2) length = reader.u16();
  else if (form === Form.block4) length = reader.u32();
  else {
    skipForm(reader, form, context);
    return undefined;
  }
  const start = reader.offset;
  reader.skip(length);
  return [start, start + length];
}
