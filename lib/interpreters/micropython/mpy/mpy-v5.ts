import { argumentOf, hasExtraByte, type Prelude, readPrelude, STORE_NAME } from './bytecode.js';
import type { MpyCursor } from './mpy-cursor.js';
import { MPY_CODE_KINDS, type MpyCode, type MpyCodeKind, type MpyObject, type MpyQstr } from './mpy-file.js';
import { readLetterObject, takeMachineCode, WindowedQstrs } from './mpy-strings.js';
import { skipRelocations } from './mpy-v6.js';

const MAX_DEPTH = 64;
const FLAG_RELOC = 0x10;
const FLAG_RODATA = 0x20;
const FLAG_BSS = 0x40;
/** LOAD_NAME, LOAD_GLOBAL, LOAD_ATTR and STORE_ATTR carry a cache byte where the firmware was built so. */
const CACHED = new Set([0x11, 0x12, 0x13, 0x18]);

/** Reads what follows the four header bytes of a version 5 file: the window size, then the code tree. */
export function readMpy5(cursor: MpyCursor, cacheBytes: boolean): { qstrs: MpyQstr[]; code: MpyCode } {
  const strings = new WindowedQstrs(cursor);
  const code = new CodeReader(cursor, cacheBytes, strings).read(0);
  return { qstrs: strings.distinct(), code };
}

class CodeReader {
  constructor(
    private readonly cursor: MpyCursor,
    private readonly cacheBytes: boolean,
    private readonly strings: WindowedQstrs,
  ) {}

  /** `kind + 4 * length`, the code, then the constant table. */
  read(depth: number): MpyCode {
    const { cursor } = this;
    const start = cursor.at;
    if (depth >= MAX_DEPTH) throw cursor.bad(start, `code nested ${depth} deep`, `at most ${MAX_DEPTH}`);
    const word = cursor.uint('the head of a code');
    const kind = MPY_CODE_KINDS[word % 4] ?? 'bytecode';
    const codeBytes = Math.floor(word / 4);
    const body = kind === 'bytecode' ? this.bytecode(codeBytes) : this.native(kind, codeBytes);
    const constants = kind === 'asm' ? asmConstants(body.args) : this.constants(body.args, body.flags, kind, depth);
    if (kind !== 'bytecode' && body.flags & FLAG_RELOC) skipRelocations(cursor);
    const { name, instructionBytes, stateSlots, defaultArgs, storedNames } = body;
    return { name, kind, codeBytes, instructionBytes, stateSlots, defaultArgs, storedNames, ...constants };
  }

  private bytecode(codeBytes: number) {
    const { cursor } = this;
    const start = cursor.at;
    const prelude = readPrelude(cursor.bytes, start);
    const head = prelude ? prelude.headerBytes + prelude.infoBytes + prelude.cellBytes : 0;
    // In memory two names take four bytes of the info.
    if (!prelude || prelude.infoBytes < 4 || head > codeBytes) {
      throw cursor.bad(start, 'a prelude longer than its code', 'one that fits');
    }
    cursor.at += prelude.headerBytes;
    const name = this.strings.next().text;
    this.strings.next();
    cursor.take(prelude.infoBytes - 4 + prelude.cellBytes, 'line numbers');
    const storedNames = this.instructions(codeBytes - head);
    return { ...this.body(prelude, name), instructionBytes: codeBytes - head, storedNames };
  }

  private body(prelude: Prelude, name: string) {
    const { scopeFlags, posArgs, kwOnlyArgs, stateSlots, defaultArgs } = prelude;
    return { name, args: posArgs + kwOnlyArgs, flags: scopeFlags, stateSlots, defaultArgs };
  }

  /** Walks instructions that take this much memory; in the file their strings are written out or named. */
  private instructions(memoryBytes: number): string[] {
    const { cursor } = this;
    const names = new Set<string>();
    let left = memoryBytes;
    while (left > 0) {
      const opcode = cursor.byte('an instruction');
      const argument = argumentOf(opcode);
      left--;
      if (argument === 'qstr') {
        const { text } = this.strings.next();
        if (opcode === STORE_NAME) names.add(text);
        left -= 2;
        if (this.cacheBytes && CACHED.has(opcode)) left -= cursor.take(1, 'an instruction').length;
        continue;
      }
      if (argument === 'uint') {
        do left--;
        while (cursor.byte('an instruction') & 0x80);
      } else if (argument === 'offset') left -= cursor.take(2, 'an instruction').length;
      if (hasExtraByte(opcode)) left -= cursor.take(1, 'an instruction').length;
    }
    if (left < 0) throw cursor.bad(cursor.at, 'an instruction across the end of its code', 'one that fits');
    return [...names];
  }

  private native(kind: MpyCodeKind, codeBytes: number) {
    const { cursor } = this;
    const dataStart = cursor.at;
    const data = takeMachineCode(cursor, this.strings, { kind, codeBytes });
    if (kind === 'native') {
      const preludeAt = cursor.uint('the offset of a prelude');
      const prelude = preludeAt < data.length ? readPrelude(data, preludeAt) : undefined;
      if (!prelude) throw cursor.bad(dataStart, `a prelude at ${preludeAt}`, 'one inside the code');
      const name = this.strings.next().text;
      this.strings.next();
      return { ...this.body(prelude, name), instructionBytes: preludeAt, storedNames: [] };
    }
    const flags = cursor.uint('scope flags');
    const args = kind === 'asm' ? cursor.uint('the number of arguments') : 0;
    if (kind === 'asm') cursor.uint('a type signature');
    return { name: '', args, flags, instructionBytes: codeBytes, stateSlots: 0, defaultArgs: 0, storedNames: [] };
  }

  private constants(args: number, flags: number, kind: MpyCodeKind, depth: number) {
    const { cursor } = this;
    const objectCount = cursor.uint('the number of objects');
    const codeCount = cursor.uint('the number of codes');
    const argNames: string[] = [];
    for (let i = 0; i < args; i++) argNames.push(this.strings.next().text);
    let rodataBytes = 0;
    let bssBytes = 0;
    if (kind !== 'bytecode') {
      if (flags & FLAG_RODATA) {
        rodataBytes = cursor.uint('the size of rodata');
        cursor.take(rodataBytes, 'rodata');
      }
      if (flags & FLAG_BSS) bssBytes = cursor.uint('the size of bss');
    }
    const objects: MpyObject[] = [];
    for (let i = 0; i < objectCount; i++) objects.push(readLetterObject(cursor));
    const children: MpyCode[] = [];
    for (let i = 0; i < codeCount; i++) children.push(this.read(depth + 1));
    return { argNames, objects, children, rodataBytes, bssBytes };
  }
}

/** Assembler functions have no constant table and no names. */
function asmConstants(args: number) {
  const argNames = new Array<string>(Math.min(args, 255)).fill('');
  return { argNames, objects: [], children: [], rodataBytes: 0, bssBytes: 0 };
}
