import type { Address } from '../../base/units.js';
import type { LinePattern, PatternField, PatternPart } from './parse-pattern.js';

/** The values of a line's fields. Numbers are in bytes, microseconds and addresses; absent fields are undefined. */
export interface FieldValues {
  readonly numbers: ReadonlyMap<PatternField, number>;
  readonly texts: ReadonlyMap<PatternField, string>;
  /** Innermost first; empty without a {backtrace}. */
  readonly chain: readonly Address[];
}

/** How often the first text of a pattern is looked for on one line. */
const MAX_STARTS = 16;
const MAX_CHAIN = 128;

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
  private readonly numbers = new Map<PatternField, number>();
  private readonly texts = new Map<PatternField, string>();
  private chain: readonly Address[] = [];

  constructor(readonly pattern: LinePattern) {
    const { parts } = pattern;
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
    for (let tries = 0; at >= 0 && tries < MAX_STARTS; tries++) {
      if (this.begins(line, at)) return this.values();
      at = line.indexOf(this.first, at + 1);
    }
    return undefined;
  }

  private begins(line: string, at: number): boolean {
    // `free` does not begin inside `xfree`.
    if (this.before.length === 0) {
      const inWord = isWord(this.first.charCodeAt(0)) && isWord(line.charCodeAt(at - 1));
      return !inWord && this.matchAt(line, at + this.first.length, 1);
    }
    let start = at;
    for (const part of this.before.toReversed()) {
      const belongs =
        part.part === 'blanks' || part.part === 'text' ? isBlank : part.reading === 'number' ? isWord : isNoBlank;
      while (start > 0 && belongs(line.charCodeAt(start - 1))) start--;
    }
    return this.matchAt(line, start, 0);
  }

  private values(): FieldValues {
    return { numbers: this.numbers, texts: this.texts, chain: this.chain };
  }

  private matchAt(line: string, start: number, firstPart: number): boolean {
    this.numbers.clear();
    this.texts.clear();
    this.chain = [];
    const { parts } = this.pattern;
    let at = start;
    for (let i = firstPart; i < parts.length && at >= 0; i++) {
      const part = parts[i];
      if (part?.part === 'text') at = line.startsWith(part.text, at) ? at + part.text.length : -1;
      else if (part?.part === 'blanks') at = pastBlanks(line, at);
      else if (part) at = this.field(line, at, { part, next: parts[i + 1], after: parts[i + 2] });
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
    const text = line.slice(from, end);
    if (part.field === 'any') return end;
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
  const prefixed = text.startsWith('0x') || text.startsWith('0X');
  const digits = prefixed ? text.slice(2) : text;
  const hex = prefixed || radix === 16;
  if (digits.length === 0 || digits.length > (hex ? 16 : 15)) return undefined;
  for (let i = 0; i < digits.length; i++) {
    const code = digits.charCodeAt(i);
    if (!isDigit(code) && !(hex && isHexLetter(code))) return undefined;
  }
  const value = Number.parseInt(digits, hex ? 16 : 10);
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

function isHexLetter(code: number): boolean {
  const low = code | 32;
  return low >= 0x61 && low <= 0x66;
}

/** Letters, digits and the underscore; false for NaN, which is what lies outside the line. */
function isWord(code: number): boolean {
  const low = code | 32;
  return isDigit(code) || (low >= 0x61 && low <= 0x7a) || code === 0x5f;
}
