import type { Address } from '../../base/units.js';
import { type LinePattern, PATTERN_FIELDS, type PatternField, type PatternPart } from './parse-pattern.js';

/** The values of a line's fields. Numbers are in bytes, microseconds and addresses; absent fields are undefined. */
export interface FieldValues {
  readonly numbers: FieldSlots<number>;
  readonly texts: FieldSlots<string>;
  /** Innermost first; empty without a {backtrace}. */
  readonly chain: readonly Address[];
}

const SLOTS = Object.fromEntries(Object.keys(PATTERN_FIELDS).map((field, i) => [field, i])) as Readonly<
  Record<PatternField, number>
>;

/** A value a field. A Map would do; clearing one for every line is what costs. */
export class FieldSlots<T> {
  private readonly filled: number[] = [];
  private readonly values: (T | undefined)[] = new Array<T | undefined>(Object.keys(PATTERN_FIELDS).length).fill(
    undefined,
  );

  get(field: PatternField): T | undefined {
    return this.values[SLOTS[field]];
  }

  set(field: PatternField, value: T): void {
    const slot = SLOTS[field];
    this.values[slot] = value;
    this.filled.push(slot);
  }

  clear(): void {
    for (let slot = this.filled.pop(); slot !== undefined; slot = this.filled.pop()) this.values[slot] = undefined;
  }
}

/** How often the first text of a pattern is looked for on one line. */
const MAX_STARTS = 16;
const MAX_CHAIN = 128;
const NO_CHAIN: readonly Address[] = [];

/** A field and the two parts behind it, which tell where it ends. */
interface Place {
  readonly part: Extract<PatternPart, { part: 'field' }>;
  readonly next: PatternPart | undefined;
  readonly after: PatternPart | undefined;
}

/** A pattern ready to be held against lines. Goes through a line once from each place where it may begin, and never back from there. */
export class PatternMatcher {
  /** The first text, and the fields and blanks before it. */
  private readonly first: string;
  private readonly before: readonly PatternPart[];
  /** The last text: a line without it is not gone through. */
  private readonly last: string;
  private readonly numbers = new FieldSlots<number>();
  private readonly texts = new FieldSlots<string>();
  /** By part: a field and what stands behind it. */
  private readonly places: readonly (Place | undefined)[];
  private chain: readonly Address[] = NO_CHAIN;

  constructor(readonly pattern: LinePattern) {
    const { parts } = pattern;
    const last = parts.findLast(({ part }) => part === 'text');
    this.last = last?.part === 'text' ? last.text : '';
    this.places = parts.map((part, i) =>
      part.part === 'field' ? { part, next: parts[i + 1], after: parts[i + 2] } : undefined,
    );
    const at = parts.findIndex(({ part }) => part === 'text');
    const first = parts[at];
    // A number or a word before the first text is found from the text backwards: anything may stand before it.
    const before = parts.slice(0, at);
    const found =
      at >= 0 && before.every((part) => part.part !== 'field' || part.reading === 'number' || part.reading === 'word');
    this.first = found && at <= 2 && first?.part === 'text' ? first.text : '';
    this.before = this.first === '' ? [] : before;
  }

  /** The fields of a line, valid until the next call; undefined when the line does not match. */
  match(line: string): FieldValues | undefined {
    if (this.first === '') return this.matchAt(line, blanksEnd(line, 0), 0) ? this.values() : undefined;
    let at = line.indexOf(this.first);
    if (at < 0 || line.indexOf(this.last, at) < 0) return undefined;
    for (let tries = 0; at >= 0 && tries < MAX_STARTS; tries++) {
      if (this.begins(line, at)) return this.values();
      at = line.indexOf(this.first, at + 1);
    }
    return undefined;
  }

  /** How much of the pattern's own words a line that does not match has, in their order: from 0 to 1. */
  nearness(line: string): number {
    const words = this.pattern.parts.flatMap((part) =>
      part.part === 'text' && /[a-z]{3}/i.test(part.text) ? [part.text] : [],
    );
    let at = 0;
    let found = 0;
    for (const word of words) {
      const next = line.indexOf(word, at);
      if (next < 0) break;
      found++;
      at = next + word.length;
    }
    return words.length === 0 ? 0 : found / words.length;
  }

  private begins(line: string, at: number): boolean {
    // `free` does not begin inside `xfree`.
    if (this.before.length === 0) {
      const inWord = isWord(this.first.charCodeAt(0)) && isWord(line.charCodeAt(at - 1));
      return !inWord && this.matchAt(line, at + this.first.length, 1);
    }
    let start = at;
    for (let i = this.before.length - 1; i >= 0; i--) {
      const part = this.before[i];
      if (!part) break;
      const belongs =
        part.part === 'blanks' || part.part === 'text' ? isBlank : part.reading === 'number' ? isWord : isNoBlank;
      while (start > 0 && belongs(line.charCodeAt(start - 1))) start--;
    }
    return this.matchAt(line, start, 0);
  }

  /** The fields of the line that matched last. */
  values(): FieldValues {
    return { numbers: this.numbers, texts: this.texts, chain: this.chain };
  }

  private matchAt(line: string, start: number, firstPart: number): boolean {
    this.numbers.clear();
    this.texts.clear();
    this.chain = NO_CHAIN;
    const { parts } = this.pattern;
    let at = start;
    for (let i = firstPart; i < parts.length && at >= 0; i++) {
      const part = parts[i];
      if (part?.part === 'text') at = line.startsWith(part.text, at) ? at + part.text.length : -1;
      else if (part?.part === 'blanks') at = pastBlanks(line, at);
      else if (part) {
        const place = this.places[i];
        at = place ? this.field(line, at, place) : -1;
      }
    }
    const last = parts.at(-1);
    // `free` does not end inside `freed`.
    if (at >= 0 && last?.part === 'text' && isWord(last.text.charCodeAt(last.text.length - 1)))
      return !isWord(line.charCodeAt(at));
    return at >= 0;
  }

  private field(line: string, at: number, place: Place): number {
    const { part, next } = place;
    // Columns are filled up with blanks.
    const from = part.reading === 'text' ? at : blanksEnd(line, at);
    const end = fieldEnd(line, from, place);
    if (end <= from) return -1;
    if (part.field === 'any') return end;
    const text = line.slice(from, end);
    switch (part.reading) {
      case 'text':
      case 'word':
        this.texts.set(part.field, text.trim());
        return end;
      case 'chain':
        this.chain = chainOf(text, part.radix);
        return end;
      case 'number':
      case 'decimal': {
        const value = part.reading === 'decimal' ? decimalOf(text) : numberOf(text, part.radix);
        if (value === undefined) return -1;
        // What follows a number must not be more of it, unless the pattern says so.
        if (next?.part !== 'text' && isWord(line.charCodeAt(end))) return -1;
        this.numbers.set(part.field, value * part.scale);
        return end;
      }
    }
  }
}

function fieldEnd(line: string, from: number, { part, next, after }: Place): number {
  switch (part.reading) {
    case 'number':
      return runEnd(line, from, isWord);
    case 'decimal':
      return runEnd(line, from, (code) => isDigit(code) || code === 0x2e || code === 0x2c);
    case 'word':
      if (next?.part === 'text') return textEnd(line, from, next.text);
      if (next?.part === 'blanks' && after?.part === 'text') return beforeBlanksAnd(line, from, after.text);
      return runEnd(line, from, isNoBlank);
    case 'text':
    case 'chain':
      if (next?.part === 'text') return textEnd(line, from, next.text);
      if (next?.part === 'blanks' && after?.part === 'text') return beforeBlanksAnd(line, from, after.text);
      if (next?.part === 'blanks' && part.reading === 'text') return runEnd(line, from, isNoBlank);
      return trimmedEnd(line);
  }
}

function textEnd(line: string, from: number, text: string): number {
  return line.indexOf(text, from);
}

/** Where the blanks before a text begin. */
function beforeBlanksAnd(line: string, from: number, text: string): number {
  let at = line.indexOf(text, from);
  while (at > from && !isBlank(line.charCodeAt(at - 1))) at = line.indexOf(text, at + 1);
  while (at > from && isBlank(line.charCodeAt(at - 1))) at--;
  return at;
}

function trimmedEnd(line: string): number {
  let end = line.length;
  while (end > 0 && isBlank(line.charCodeAt(end - 1))) end--;
  return end;
}

function runEnd(line: string, from: number, belongs: (code: number) => boolean): number {
  let at = from;
  while (at < line.length && belongs(line.charCodeAt(at))) at++;
  return at;
}

function blanksEnd(line: string, from: number): number {
  return runEnd(line, from, isBlank);
}

/** Past at least one blank; the end of the line counts as one. -1 when there is none. */
function pastBlanks(line: string, at: number): number {
  const end = blanksEnd(line, at);
  // A field that was filled up from the left has taken its blanks already.
  return end > at || at === line.length || isBlank(line.charCodeAt(at - 1)) ? end : -1;
}

/** Decimal, hexadecimal with 0x, or bare hexadecimal of radix 16; `(nil)` and `null` are no words here. Undefined for anything else. */
export function numberOf(text: string, radix: 0 | 16): number | undefined {
  const prefixed = text.charCodeAt(0) === 0x30 && (text.charCodeAt(1) | 32) === 0x78;
  const start = prefixed ? 2 : 0;
  const base = prefixed || radix === 16 ? 16 : 10;
  const digits = text.length - start;
  if (digits < 1 || digits > (base === 16 ? 16 : 15)) return undefined;
  let value = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const letter = (code | 32) - 87;
    const digit = isDigit(code) ? code - 0x30 : letter >= 10 && letter < base ? letter : -1;
    if (digit < 0) return undefined;
    value = value * base + digit;
  }
  return Number.isSafeInteger(value) ? value : undefined;
}

function decimalOf(text: string): number | undefined {
  // A comma is a decimal one when it is the only one; `1,234,567` is nobody's time stamp.
  const plain = text.endsWith('.') || text.endsWith(',') ? text.slice(0, -1) : text;
  const dotted = plain.includes('.') ? plain : plain.replace(',', '.');
  return /^\d{1,15}(?:\.\d{0,12})?$/.test(dotted) ? Number(dotted) : undefined;
}

/** Addresses between blanks, commas, colons or arrows; of `pc:sp` pairs (an even number, every other one a stack address) the pcs. */
function chainOf(text: string, radix: 0 | 16): Address[] {
  const chain: Address[] = [];
  for (const word of text.split(/[\s,;:|]+|<-|->/, MAX_CHAIN)) {
    const address = numberOf(word, radix);
    if (address !== undefined && address > 0) chain.push(address);
  }
  return chain;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function isNoBlank(code: number): boolean {
  return !isBlank(code);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Letters, digits and the underscore; false for NaN, which is what lies outside the line. */
function isWord(code: number): boolean {
  const low = code | 32;
  return isDigit(code) || (low >= 0x61 && low <= 0x7a) || code === 0x5f;
}
