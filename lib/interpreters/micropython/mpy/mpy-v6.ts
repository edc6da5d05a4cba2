import { argumentOf, hasExtraByte, readPrelude, STORE_NAME } from './bytecode.js';
import type { MpyCursor } from './mpy-cursor.js';
import { MPY_CODE_KINDS, type MpyCode, type MpyObject, type MpyObjectKind, type MpyQstr } from './mpy-file.js';
import { STATIC_QSTRS } from './static-qstrs.js';

const MAX_DEPTH = 64;
const FLAG_RELOC = 0x10;
const FLAG_RODATA = 0x20;
const FLAG_BSS = 0x40;

/** The object kinds by their numbers in version 6. */
const OBJECT_KINDS: readonly MpyObjectKind[] = [
  'fun-table',
  'none',
  'false',
  'true',
  'ellipsis',
  'str',
  'bytes',
  'int',
  'float',
  'complex',
  'tuple',
];

/**
 * Reads what follows the header of a version 6 file: the tables, then the code tree.
 *
 *     n_qstr n_obj  qstr...  object...  code
 */
export function readMpy6(cursor: MpyCursor): { qstrs: MpyQstr[]; objects: MpyObject[]; code: MpyCode } {
  const qstrCount = cursor.uint('the number of qstrs');
  const objectCount = cursor.uint('the number of objects');
  const qstrs: MpyQstr[] = [];
  for (let i = 0; i < qstrCount; i++) qstrs.push(readQstr(cursor));
  const objects: MpyObject[] = [];
  for (let i = 0; i < objectCount; i++) objects.push(readObject(cursor, 0));
  return { qstrs, objects, code: new CodeReader(cursor, qstrs).read(0) };
}

/** Length and 1-bit flag: 1 a static number, 0 the text with a NUL behind it. */
function readQstr(cursor: MpyCursor): MpyQstr {
  const start = cursor.at;
  const word = cursor.uint('a qstr');
  if (word % 2 === 1) return staticQstr(cursor, start, Math.floor(word / 2));
  const text = textOf(cursor.take(word / 2, 'a qstr'));
  cursor.byte('the end of a qstr');
  return { text, isStatic: false };
}

export function staticQstr(cursor: MpyCursor, start: number, number: number): MpyQstr {
  const text = STATIC_QSTRS[number];
  if (text === undefined) throw cursor.bad(start, `static qstr ${number}`, `at most ${STATIC_QSTRS.length - 1}`);
  return { text, isStatic: true };
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}

function readObject(cursor: MpyCursor, depth: number): MpyObject {
  const start = cursor.at;
  const kind = OBJECT_KINDS[cursor.byte('an object')];
  if (!kind) throw cursor.bad(start, `object type ${cursor.bytes[start]}`, 'types 0 to 10');
  if (kind === 'tuple') {
    if (depth >= MAX_DEPTH) throw cursor.bad(start, `tuples nested ${depth} deep`, `at most ${MAX_DEPTH}`);
    const count = cursor.uint('the length of a tuple');
    const items: MpyObject[] = [];
    for (let i = 0; i < count; i++) items.push(readObject(cursor, depth + 1));
    return { kind, dataBytes: 0, text: '', items };
  }
  if (OBJECT_KINDS.indexOf(kind) < OBJECT_KINDS.indexOf('str')) return { kind, dataBytes: 0, text: '', items: [] };
  const length = cursor.uint('the length of an object');
  const data = cursor.take(length, 'an object');
  if (kind === 'str' || kind === 'bytes') cursor.byte('the end of an object');
  return { kind, dataBytes: length, text: kind === 'bytes' ? '' : textOf(data.subarray(0, 60)), items: [] };
}

class CodeReader {
  constructor(
    private readonly cursor: MpyCursor,
    private readonly qstrs: readonly MpyQstr[],
  ) {}

  /** `kind + 4 * hasChildren + 8 * length`, the data, native extras, children, relocations. */
  read(depth: number): MpyCode {
    const { cursor } = this;
    const start = cursor.at;
    if (depth >= MAX_DEPTH) throw cursor.bad(start, `code nested ${depth} deep`, `at most ${MAX_DEPTH}`);
    const word = cursor.uint('the head of a code');
    const kind = MPY_CODE_KINDS[word % 4] ?? 'bytecode';
    const hasChildren = Math.floor(word / 4) % 2 === 1;
    const codeBytes = Math.floor(word / 8);
    const dataStart = cursor.at;
    const data = cursor.take(codeBytes, 'code');
    const common = { kind, codeBytes, objects: [], rodataBytes: 0, bssBytes: 0 };
    if (kind === 'bytecode' || kind === 'native') {
      const preludeAt = kind === 'native' ? cursor.uint('the offset of a prelude') : 0;
      const described = this.describe(data, preludeAt, dataStart, kind === 'bytecode');
      return { ...common, ...described, children: hasChildren ? this.children(depth) : [] };
    }
    const extras = this.nativeExtras(kind);
    const children = hasChildren ? this.children(depth) : [];
    if (kind === 'viper' && extras.flags & FLAG_RELOC) skipRelocations(cursor);
    const plain = { name: '', instructionBytes: codeBytes, stateSlots: 0, defaultArgs: 0, storedNames: [] };
    const argNames = new Array<string>(Math.min(extras.args, 255)).fill('');
    return { ...common, ...plain, argNames, children, rodataBytes: extras.rodata, bssBytes: extras.bss };
  }

  private children(depth: number): MpyCode[] {
    const count = this.cursor.uint('the number of children');
    const children: MpyCode[] = [];
    for (let i = 0; i < count; i++) children.push(this.read(depth + 1));
    return children;
  }

  private nativeExtras(kind: 'viper' | 'asm') {
    const { cursor } = this;
    const flags = cursor.uint('scope flags');
    if (kind === 'asm') {
      const args = cursor.uint('the number of arguments');
      cursor.uint('a type signature');
      return { flags, args, rodata: 0, bss: 0 };
    }
    const rodata = flags & FLAG_RODATA ? cursor.uint('the size of rodata') : 0;
    const bss = flags & FLAG_BSS ? cursor.uint('the size of bss') : 0;
    cursor.take(rodata, 'rodata');
    return { flags, args: 0, rodata, bss };
  }

  /** Name, arguments and sizes from the prelude; the names that bytecode stores. */
  private describe(data: Uint8Array, preludeAt: number, dataStart: number, isBytecode: boolean) {
    const prelude = readPrelude(data, preludeAt);
    const namesAt = preludeAt + (prelude?.headerBytes ?? 0);
    const codeAt = namesAt + (prelude?.infoBytes ?? 0) + (prelude?.cellBytes ?? 0);
    if (!prelude || codeAt > data.length) {
      throw this.cursor.bad(dataStart + preludeAt, 'a prelude longer than its code', 'one that fits');
    }
    const names: string[] = [];
    let at = namesAt;
    for (let i = 0; i < 1 + prelude.posArgs + prelude.kwOnlyArgs; i++) {
      const index = numberAt(data, at, codeAt);
      const qstr = this.qstrs[index.value];
      if (index.next < 0 || !qstr)
        throw this.cursor.bad(dataStart + at, `name ${index.value}`, `one of ${this.qstrs.length} qstrs`);
      names.push(qstr.text);
      at = index.next;
    }
    return {
      name: names[0] ?? '',
      argNames: names.slice(1),
      instructionBytes: isBytecode ? data.length - codeAt : preludeAt,
      stateSlots: prelude.stateSlots,
      defaultArgs: prelude.defaultArgs,
      storedNames: isBytecode ? this.storedNames(data, codeAt) : [],
    };
  }

  private storedNames(data: Uint8Array, start: number): string[] {
    const names = new Set<string>();
    for (let at = start; at < data.length; ) {
      const opcode = data[at++] ?? 0;
      const argument = argumentOf(opcode);
      if (argument === 'offset') at += (data[at] ?? 0) & 0x80 ? 2 : 1;
      else if (argument !== 'none') {
        const { value, next } = numberAt(data, at, data.length);
        if (next < 0) break;
        if (opcode === STORE_NAME) names.add(this.qstrs[value]?.text ?? '');
        at = next;
      }
      if (hasExtraByte(opcode)) at++;
    }
    return [...names];
  }
}

/** A base-128 number inside code; `next` is -1 when it does not end before `end`. */
function numberAt(data: Uint8Array, start: number, end: number): { value: number; next: number } {
  let value = 0;
  for (let at = start; at < end && at < start + 5; at++) {
    const byte = data[at] ?? 0;
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) return { value, next: at + 1 };
  }
  return { value, next: -1 };
}

/** Pairs of an operation and, by its low bits, an address and a count, up to FF (both versions). */
export function skipRelocations(cursor: MpyCursor): void {
  for (;;) {
    const op = cursor.byte('a relocation');
    if (op === 0xff) return;
    if (op & 1) cursor.uint('the address of a relocation');
    const target = op >> 1;
    if (target <= 5 && target & 1) cursor.uint('the count of a relocation');
  }
}
