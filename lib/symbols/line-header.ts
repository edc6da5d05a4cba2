import { SymbolError } from '../errors/errors.js';
import type { ByteReader } from './byte-reader.js';
import { type FormContext, readNumber, readText, skipForm } from './dwarf-forms.js';
import { readInitialLength, type Unit } from './dwarf-units.js';

/** One file of a line table; `directory` is undefined when the table names none. */
export interface LineFile {
  readonly name: string;
  readonly directory: string | undefined;
}

/** The header of a line program (DWARF 5, 6.2.4; versions 2 to 5). */
export interface LineHeader {
  readonly version: number;
  readonly minInstructionBytes: number;
  readonly defaultIsStmt: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly opcodeLengths: readonly number[];
  /** By file register value: index 0 is unused before version 5. */
  readonly files: readonly (LineFile | undefined)[];
  readonly programStart: number;
  readonly programEnd: number;
}

const MAX_FILES = 65_536;
const MAX_FORMATS = 64;

/** Reads the header at the reader's offset. @throws SymbolError HH1302, HH1306 or HH1307. */
export function readLineHeader(reader: ByteReader, unit: Unit): LineHeader {
  const start = reader.offset;
  const { offsetSize, end } = readInitialLength(reader);
  reader.limit = end;
  const version = reader.u16();
  if (version < 2 || version > 5) {
    throw new SymbolError('HH1307', `${reader.where(start)}: found line table version ${version}, expected 2 to 5`);
  }
  const addressSize = version >= 5 ? reader.u8() : unit.addressSize;
  if (version >= 5) reader.skip(1);
  const headerLength = reader.unsigned(offsetSize);
  const programStart = reader.offset + headerLength;
  const minInstructionBytes = reader.u8();
  if (version >= 4) reader.skip(1);
  const defaultIsStmt = reader.u8() !== 0;
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  if (lineRange === 0) throw new SymbolError('HH1307', `${reader.where(start)}: found a line range of 0`);
  const opcodeLengths = [0];
  for (let opcode = 1; opcode < opcodeBase; opcode++) opcodeLengths.push(reader.u8());
  const context: FormContext = { ...unit, addressSize, offsetSize };
  const files = version >= 5 ? readTables(reader, context) : readOldTables(reader);
  const fields = { version, minInstructionBytes, defaultIsStmt, lineBase, lineRange, opcodeBase, opcodeLengths };
  return { ...fields, files, programStart, programEnd: end };
}

/** Versions 2 to 4: directories from 1 (0 is the compilation directory), files from 1, both ended by an empty name. */
function readOldTables(reader: ByteReader): (LineFile | undefined)[] {
  const directories: (string | undefined)[] = [undefined];
  for (let name = reader.text(); name !== '' && directories.length < MAX_FILES; name = reader.text())
    directories.push(name);
  const files: (LineFile | undefined)[] = [undefined];
  for (let name = reader.text(); name !== '' && files.length < MAX_FILES; name = reader.text()) {
    files.push({ name, directory: directories[reader.uleb()] });
    reader.skipLeb();
    reader.skipLeb();
  }
  return files;
}

/** Version 5: both tables say which fields (DW_LNCT_) an entry has and in which form; both count from 0. */
function readTables(reader: ByteReader, context: FormContext): LineFile[] {
  const directories = readEntries(reader, context).map((entry) => entry.name);
  return readEntries(reader, context).map(({ name, directoryIndex }) => ({
    name,
    directory: directories[directoryIndex],
  }));
}

interface PathEntry {
  readonly name: string;
  readonly directoryIndex: number;
}

function readEntries(reader: ByteReader, context: FormContext): PathEntry[] {
  const formats: (readonly [number, number])[] = [];
  const formatCount = reader.u8();
  for (let index = 0; index < formatCount && index < MAX_FORMATS; index++) formats.push([reader.uleb(), reader.uleb()]);
  const count = reader.uleb();
  if (count > MAX_FILES || (count > 0 && formats.length === 0)) {
    throw new SymbolError(
      'HH1307',
      `${reader.where()}: found a table of ${count} paths, expected at most ${MAX_FILES}`,
    );
  }
  return Array.from({ length: count }, () => {
    let name = '';
    let directoryIndex = 0;
    for (const [content, form] of formats) {
      if (content === 1) name = readText(reader, form, context) ?? '';
      else if (content === 2) directoryIndex = readNumber(reader, form, 0, context);
      else skipForm(reader, form, context);
    }
    return { name, directoryIndex };
  });
}
