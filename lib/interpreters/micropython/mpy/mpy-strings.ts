import type { MpyCursor } from './mpy-cursor.js';
import type { MpyCodeKind, MpyObject, MpyObjectKind, MpyQstr } from './mpy-file.js';
import { staticQstr, textOf } from './mpy-v6.js';

/** How the interned strings of a file are read, one after another. */
export interface QstrReader {
  next(): MpyQstr;
  /** Those that were read, each once, in order of first sight. */
  distinct(): MpyQstr[];
}

const WINDOW = 32;

/** Versions 4 and 5: static ones by number, those used last by their place in a window, all others written out. */
export class WindowedQstrs implements QstrReader {
  private readonly seen = new Map<string, MpyQstr>();
  /** Newest first. */
  private readonly window: MpyQstr[] = new Array<MpyQstr>(WINDOW).fill({ text: '', isStatic: true });

  /** Reads the size of the window, which stands behind the header. */
  constructor(private readonly cursor: MpyCursor) {
    const start = cursor.at;
    const window = cursor.uint('the qstr window size');
    if (window > WINDOW) throw cursor.bad(start, `a qstr window of ${window}`, `at most ${WINDOW}`);
  }

  /** 0 and a number: static; odd: one of the window; even: the text itself. */
  next(): MpyQstr {
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

  distinct(): MpyQstr[] {
    return [...this.seen.values()];
  }

  private see(qstr: MpyQstr): MpyQstr {
    if (!this.seen.has(qstr.text)) this.seen.set(qstr.text, qstr);
    return qstr;
  }
}

/** Versions 0 to 3: every string is written out each time. */
export class PlainQstrs implements QstrReader {
  private readonly seen = new Map<string, MpyQstr>();

  constructor(private readonly cursor: MpyCursor) {}

  next(): MpyQstr {
    const { cursor, seen } = this;
    const text = textOf(cursor.take(cursor.uint('a qstr'), 'a qstr'));
    const known = seen.get(text);
    if (known) return known;
    // Which of them the firmware has is not in the file.
    const made: MpyQstr = { text, isStatic: false };
    seen.set(text, made);
    return made;
  }

  distinct(): MpyQstr[] {
    return [...this.seen.values()];
  }
}

const OBJECT_KINDS: Readonly<Record<string, MpyObjectKind>> = {
  e: 'ellipsis',
  s: 'str',
  b: 'bytes',
  i: 'int',
  f: 'float',
  c: 'complex',
};

/** A constant of versions 0 to 5: a letter for its kind, then length and text. */
export function readLetterObject(cursor: MpyCursor): MpyObject {
  const start = cursor.at;
  const letter = String.fromCharCode(cursor.byte('an object'));
  const kind = Object.hasOwn(OBJECT_KINDS, letter) ? OBJECT_KINDS[letter] : undefined;
  if (!kind) throw cursor.bad(start, `object type ${cursor.bytes[start]}`, 'one of b c e f i s');
  if (kind === 'ellipsis') return { kind, dataBytes: 0, text: '', items: [] };
  const data = cursor.take(cursor.uint('the length of an object'), 'an object');
  return { kind, dataBytes: data.length, text: kind === 'bytes' ? '' : textOf(data.subarray(0, 60)), items: [] };
}

/** The machine code of a function up to version 5, behind which the places stand that the loader writes the numbers of names to. */
export function takeMachineCode(
  cursor: MpyCursor,
  strings: QstrReader,
  { kind, codeBytes }: { readonly kind: MpyCodeKind; readonly codeBytes: number },
): Uint8Array {
  const data = cursor.take(codeBytes, 'machine code');
  if (kind === 'asm') return data;
  const links = cursor.uint('the number of qstr links');
  for (let i = 0; i < links; i++) {
    cursor.uint('a qstr link');
    strings.next();
  }
  return data;
}
