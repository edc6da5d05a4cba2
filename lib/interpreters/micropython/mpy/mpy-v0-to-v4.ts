import { TraceFormatError } from '../../../errors/errors.js';
import { MpyCursor } from './mpy-cursor.js';
import { MPY_CODE_KINDS, type MpyCode, type MpyCodeKind, type MpyObject, type MpyQstr } from './mpy-file.js';
import { PlainQstrs, type QstrReader, readLetterObject, takeMachineCode, WindowedQstrs } from './mpy-strings.js';
import {
  OLD_STORE_NAME,
  type OldOpcodes,
  type OldPrelude,
  oldArgumentOf,
  oldHasExtraByte,
  opcodesOf,
  readOldPrelude,
} from './old-bytecode.js';

const MAX_DEPTH = 64;

/** How a build writes its files; between releases this changed without a new version. */
interface Layout {
  readonly opcodes: OldOpcodes;
  /** Strings stand inside the instructions, by window; else behind all of them, written out. */
  readonly windowed: boolean;
  /** The length of a code has its kind in its low bits. */
  readonly kinds: boolean;
}

function layoutsOf(version: number): Layout[] {
  const of = (windowed: boolean) =>
    opcodesOf(version).map((opcodes) => ({ opcodes, windowed, kinds: windowed && version === 4 }));
  // Development builds of version 3 have the strings of version 4.
  return version === 3 ? [...of(false), ...of(true)] : of(version === 4);
}

interface OldContents {
  readonly qstrs: MpyQstr[];
  readonly code: MpyCode;
}

/**
 * Reads what follows the four header bytes of a file of version 0 to 4 (MicroPython 1.5.1 to 1.11, CircuitPython 1 to 5). Of the layouts that
 * bear the version the one that uses the file up exactly is right.
 * @throws TraceFormatError HH1461, HH1462, of the likeliest layout
 */
export function readOldMpy(bytes: Uint8Array, subject: string, version: number): OldContents {
  let first: TraceFormatError | undefined;
  for (const layout of layoutsOf(version)) {
    const cursor = new MpyCursor(bytes, subject);
    cursor.at = 4;
    try {
      const strings = layout.windowed ? new WindowedQstrs(cursor) : new PlainQstrs(cursor);
      const code = new CodeReader(cursor, layout, strings).read(0);
      if (cursor.at !== bytes.length) throw cursor.bad(cursor.at, `${bytes.length - cursor.at} more bytes`, 'the end');
      return { qstrs: strings.distinct(), code };
    } catch (error) {
      if (!(error instanceof TraceFormatError)) throw error;
      first ??= error;
    }
  }
  throw first;
}

class CodeReader {
  constructor(
    private readonly cursor: MpyCursor,
    private readonly layout: Layout,
    private readonly strings: QstrReader,
  ) {}

  /** The length (and kind), prelude and instructions or machine code, two names, then the constant table. */
  read(depth: number): MpyCode {
    const { cursor, layout } = this;
    const start = cursor.at;
    if (depth >= MAX_DEPTH) throw cursor.bad(start, `code nested ${depth} deep`, `at most ${MAX_DEPTH}`);
    const word = cursor.uint('the head of a code');
    const kind = layout.kinds ? (MPY_CODE_KINDS[word % 4] ?? 'bytecode') : 'bytecode';
    const codeBytes = layout.kinds ? Math.floor(word / 4) : word;
    if (kind !== 'bytecode') return this.native(kind, codeBytes, depth);
    const end = cursor.at + codeBytes;
    if (codeBytes > cursor.bytes.length) cursor.take(codeBytes, 'code');
    const dataStart = cursor.at;
    const prelude = readOldPrelude(cursor);
    const preludeBytes = cursor.at - dataStart;
    if (preludeBytes > codeBytes) throw cursor.bad(dataStart, 'a prelude longer than its code', 'one that fits');
    const { name, storedNames } = layout.windowed
      ? this.inlineStrings(codeBytes - preludeBytes)
      : this.stringsBehind(end);
    const instructionBytes = codeBytes - preludeBytes;
    return { name, kind, codeBytes, instructionBytes, storedNames, ...this.tail(prelude, depth) };
  }

  /** The instructions are whole in the file, with zeros where their strings will be; the strings follow in order. */
  private stringsBehind(end: number): { name: string; storedNames: string[] } {
    const { cursor } = this;
    const opcodes: number[] = [];
    while (cursor.at < end) if (this.skipInstruction(opcodes) === 'qstr') cursor.take(2, 'an instruction');
    if (cursor.at > end) throw cursor.bad(end, 'an instruction across the end of its code', 'one that fits');
    const name = this.names();
    const texts = opcodes.map((opcode) => ({ opcode, text: this.strings.next().text }));
    return { name, storedNames: storedOf(texts) };
  }

  /** Strings stand in the instructions, where they take two bytes of the memory that is left. */
  private inlineStrings(memoryBytes: number): { name: string; storedNames: string[] } {
    const { cursor } = this;
    const texts: { opcode: number; text: string }[] = [];
    let left = memoryBytes;
    while (left > 0) {
      const opcodes: number[] = [];
      const start = cursor.at;
      const argument = this.skipInstruction(opcodes);
      left -= cursor.at - start;
      if (argument !== 'qstr') continue;
      texts.push({ opcode: opcodes[0] ?? 0, text: this.strings.next().text });
      left -= 2;
    }
    if (left < 0) throw cursor.bad(cursor.at, 'an instruction across the end of its code', 'one that fits');
    return { name: this.names(), storedNames: storedOf(texts) };
  }

  /** Passes over an instruction but for its string; opcodes that have one are noted. */
  private skipInstruction(withString: number[]): ReturnType<typeof oldArgumentOf> {
    const { cursor, layout } = this;
    const opcode = cursor.byte('an instruction');
    const argument = oldArgumentOf(opcode, layout.opcodes);
    if (argument === 'qstr') withString.push(opcode);
    else if (argument === 'uint') while (cursor.byte('an instruction') & 0x80);
    else if (argument === 'offset') cursor.take(2, 'an instruction');
    if (oldHasExtraByte(opcode)) cursor.take(1, 'an instruction');
    return argument;
  }

  /** The code's own name and that of its file. */
  private names(): string {
    const { text } = this.strings.next();
    this.strings.next();
    return text;
  }

  private native(kind: MpyCodeKind, codeBytes: number, depth: number): MpyCode {
    const { cursor } = this;
    const dataStart = cursor.at;
    const data = takeMachineCode(cursor, this.strings, { kind, codeBytes });
    if (kind === 'native') {
      const preludeAt = cursor.uint('the offset of a prelude');
      if (preludeAt >= data.length) throw cursor.bad(dataStart, `a prelude at ${preludeAt}`, 'one inside the code');
      const inside = new MpyCursor(data, cursor.subject);
      inside.at = preludeAt;
      const prelude = readOldPrelude(inside);
      const name = this.names();
      return { name, kind, codeBytes, instructionBytes: preludeAt, storedNames: [], ...this.tail(prelude, depth) };
    }
    const scopeFlags = cursor.uint('scope flags');
    const posArgs = kind === 'asm' ? cursor.uint('the number of arguments') : 0;
    if (kind === 'asm') cursor.uint('a type signature');
    const plain = { name: '', kind, codeBytes, instructionBytes: codeBytes, storedNames: [] };
    if (kind === 'asm') {
      const argNames = new Array<string>(Math.min(posArgs, 255)).fill('');
      return {
        ...plain,
        argNames,
        stateSlots: 0,
        defaultArgs: 0,
        objects: [],
        children: [],
        rodataBytes: 0,
        bssBytes: 0,
      };
    }
    const prelude = { stateSlots: 0, scopeFlags, posArgs: 0, kwOnlyArgs: 0, defaultArgs: 0 };
    return { ...plain, ...this.tail(prelude, depth) };
  }

  /** What all code but assembler has behind it: names of arguments, constants, the codes below. */
  private tail({ stateSlots, posArgs, kwOnlyArgs, defaultArgs }: OldPrelude, depth: number) {
    const { cursor } = this;
    const objectCount = cursor.uint('the number of objects');
    const codeCount = cursor.uint('the number of codes');
    const argNames: string[] = [];
    for (let i = 0; i < posArgs + kwOnlyArgs; i++) argNames.push(this.strings.next().text);
    const objects: MpyObject[] = [];
    for (let i = 0; i < objectCount; i++) objects.push(readLetterObject(cursor));
    const children: MpyCode[] = [];
    for (let i = 0; i < codeCount; i++) children.push(this.read(depth + 1));
    return { stateSlots, defaultArgs, argNames, objects, children, rodataBytes: 0, bssBytes: 0 };
  }
}

function storedOf(texts: readonly { readonly opcode: number; readonly text: string }[]): string[] {
  return [...new Set(texts.filter(({ opcode }) => opcode === OLD_STORE_NAME).map(({ text }) => text))];
}
