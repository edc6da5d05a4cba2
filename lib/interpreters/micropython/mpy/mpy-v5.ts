import { argumentOf, hasExtraByte, type Prelude, readPrelude, STORE_NAME } from './bytecode.js';
import type { MpyCursor } from './mpy-cursor.js';
import {
  MPY_CODE_KINDS,
  type MpyCode,
  type MpyCodeKind,
  type MpyObject,
  type MpyObjectKind,
  type MpyQstr,
} from './mpy-file.js';
import { skipRelocations, staticQstr, textOf } from './mpy-v6.js';

const MAX_DEPTH = 64;
const WINDOW = 32;
const FLAG_RELOC = 0x10;
const FLAG_RODATA = 0x20;
const FLAG_BSS = 0x40;
/** LOAD_NAME, LOAD_GLOBAL, LOAD_ATTR and STORE_ATTR carry a cache byte where the firmware was built so. */
const CACHED = new Set([0x11, 0x12, 0x13, 0x18]);

const OBJECT_KINDS: Readonly<Record<string, MpyObjectKind>> = {
  e: 'ellipsis',
  s: 'str',
  b: 'bytes',
  i: 'int',
  f: 'float',
  c: 'complex',
};

/** Reads what follows the four header bytes of a version 5 file: the window size, then the code tree. */
export function readMpy5(cursor: MpyCursor, cacheBytes: boolean): { qstrs: MpyQstr[]; code: MpyCode } {
  const start = cursor.at;
  const window = cursor.uint('the qstr window size');
  if (window > WINDOW) throw cursor.bad(start, `a qstr window of ${window}`, `at most ${WINDOW}`);
  const reader = new CodeReader(cursor, cacheBytes);
  const code = reader.read(0);
  return { qstrs: [...reader.seen.values()], code };
}

class CodeReader {
  readonly seen = new Map<string, MpyQstr>();
  /** The strings used last, newest first: a file names them by their place here. */
  private readonly window: MpyQstr[] = new Array<MpyQstr>(WINDOW).fill({ text: '', isStatic: true });

  constructor(
    private readonly cursor: MpyCursor,
    private readonly cacheBytes: boolean,
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
    const name = this.qstr().text;
    this.qstr();
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
        const { text } = this.qstr();
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
    const data = cursor.take(codeBytes, 'machine code');
    if (kind !== 'asm') {
      const links = cursor.uint('the number of qstr links');
      for (let i = 0; i < links; i++) {
        cursor.uint('a qstr link');
        this.qstr();
      }
    }
    if (kind === 'native') {
      const preludeAt = cursor.uint('the offset of a prelude');
      const prelude = preludeAt < data.length ? readPrelude(data, preludeAt) : undefined;
      if (!prelude) throw cursor.bad(dataStart, `a prelude at ${preludeAt}`, 'one inside the code');
      const name = this.qstr().text;
      this.qstr();
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
    for (let i = 0; i < args; i++) argNames.push(this.qstr().text);
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
    for (let i = 0; i < objectCount; i++) objects.push(this.object());
    const children: MpyCode[] = [];
    for (let i = 0; i < codeCount; i++) children.push(this.read(depth + 1));
    return { argNames, objects, children, rodataBytes, bssBytes };
  }

  private object(): MpyObject {
    const { cursor } = this;
    const start = cursor.at;
    const letter = String.fromCharCode(cursor.byte('an object'));
    const kind = Object.hasOwn(OBJECT_KINDS, letter) ? OBJECT_KINDS[letter] : undefined;
    if (!kind) throw cursor.bad(start, `object type ${cursor.bytes[start]}`, 'one of b c e f i s');
    if (kind === 'ellipsis') return { kind, dataBytes: 0, text: '', items: [] };
    const data = cursor.take(cursor.uint('the length of an object'), 'an object');
    return { kind, dataBytes: data.length, text: kind === 'bytes' ? '' : textOf(data.subarray(0, 60)), items: [] };
  }

  /** 0 and a number: static; odd: one of the window; even: the text itself. */
  private qstr(): MpyQstr {
    const { cursor, window } = this;
    const start = cursor.at;
    const word = cursor.uint('a qstr');
    if (word === 0) return this.see(staticQstr(cursor, start, cursor.byte('a qstr')));
    const place = Math.floor(word / 2);
    if (word % 2 === 0) {
      const made: MpyQstr = { text: textOf(cursor.take(place, 'a qstr')), isStatic: false };
      window.pop();
      window.unshift(made);
      return this.see(made);
    }
    const [known] = window.splice(place, 1);
    if (!known) throw cursor.bad(start, `window place ${place}`, `at most ${WINDOW - 1}`);
    window.unshift(known);
    return this.see(known);
  }

  private see(qstr: MpyQstr): MpyQstr {
    if (!this.seen.has(qstr.text)) this.seen.set(qstr.text, qstr);
    return qstr;
  }
}

/** Assembler functions have no constant table and no names. */
function asmConstants(args: number) {
  const argNames = new Array<string>(Math.min(args, 255)).fill('');
  return { argNames, objects: [], children: [], rodataBytes: 0, bssBytes: 0 };
}
