import { TraceFormatError } from '../errors/errors.js';

/** One finished piece of a JSON document: an element of a top-level array, or the whole value of another member. */
export interface JsonMember {
  readonly key: string;
  /** Position in the array; -1 for a member that is no array, and for the start of an array (its value is then []). */
  readonly index: number;
  readonly value: unknown;
  /** Byte at which the value starts. */
  readonly offset: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS = new Set([0x5b, 0x7b]);
const CLOSERS = new Set([0x5d, 0x7d]);
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** More than any event, header or frame needs; a single value beyond it is refused instead of buffered. */
const MAX_VALUE_BYTES = 4 * 1024 * 1024;

/** Deeper than any document of ours; a hostile one takes dozens of bytes of memory for each bracket. */
const MAX_DEPTH = 64;

type Place = 'start' | 'key' | 'colon' | 'value' | 'elements' | 'after-element' | 'after-member' | 'done';

/**
 * Cuts one JSON object, pushed in pieces of any size, into its members and the elements of its top-level arrays, each
 * handed out as soon as its last byte has arrived: so that a document that is cut off still gives everything whole in it.
 * Memory is bounded by the largest single value. @throws TraceFormatError HH1490 from `push`.
 */
export class JsonMembers {
  private place: Place = 'start';
  private key = '';
  private index = -1;
  private depth = 0;
  private inString = false;
  private escaped = false;
  private collecting = false;
  /** Whether the byte that `inside` looked at last closed the value that is being collected. */
  private closed = false;
  private parts: Uint8Array[] = [];
  private collected = 0;
  private valueStart = 0;
  private offset = 0;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });

  constructor(
    private readonly subject: string,
    private readonly take: (member: JsonMember) => void,
  ) {}

  /** True once the closing brace of the document was seen. */
  get complete(): boolean {
    return this.place === 'done';
  }

  /** Whether the last byte so far lies within a value. */
  get insideValue(): boolean {
    return this.collecting;
  }

  /** Bytes pushed so far. */
  get bytesRead(): number {
    return this.offset;
  }

  push(chunk: Uint8Array): void {
    const base = this.offset;
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      this.offset = base + i;
      if (!this.collecting) {
        this.between(byte);
        if (this.collecting) from = i;
        continue;
      }
      if (this.inside(byte)) {
        this.keep(chunk.subarray(from, i));
        this.finish();
        this.between(byte);
      } else if (this.closed) {
        this.keep(chunk.subarray(from, i + 1));
        this.finish();
      }
    }
    if (this.collecting) this.keep(Uint8Array.prototype.slice.call(chunk, from));
    this.offset = base + chunk.length;
  }

  /** Follows a byte of a value. True when the byte no longer belongs to it (the end of a number or a literal). */
  private inside(byte: number): boolean {
    this.closed = false;
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (byte === BACKSLASH) this.escaped = true;
      else if (byte === QUOTE) {
        this.inString = false;
        this.closed = this.depth === 0;
      }
      return false;
    }
    if (byte === QUOTE) this.inString = true;
    else if (OPENERS.has(byte)) {
      if (++this.depth > MAX_DEPTH) throw this.error(`found more than ${MAX_DEPTH} levels of brackets`, 'fewer');
    } else if (CLOSERS.has(byte)) {
      if (this.depth === 0) return true;
      this.closed = --this.depth === 0;
    } else if (this.depth === 0) return byte === COMMA || SPACES.has(byte);
    return false;
  }

  /** Follows a byte of the frame around the values. */
  private between(byte: number): void {
    if (SPACES.has(byte)) return;
    switch (this.place) {
      case 'start':
        this.expect(byte, OPEN_BRACE, 'key', 'the { of a JSON object');
        return;
      case 'key':
        if (byte === CLOSE_BRACE) this.place = 'done';
        else if (byte === QUOTE) this.begin(byte);
        else this.fail(byte, 'a member name');
        return;
      case 'colon':
        this.expect(byte, COLON, 'value', 'a colon');
        return;
      case 'value':
        if (byte === OPEN_BRACKET) {
          this.place = 'elements';
          this.index = 0;
          this.take({ key: this.key, index: -1, value: [], offset: this.offset });
        } else this.begin(byte);
        return;
      case 'elements':
        if (byte === CLOSE_BRACKET) this.place = 'after-member';
        else this.begin(byte);
        return;
      case 'after-element':
        if (byte === COMMA) this.place = 'elements';
        else this.expect(byte, CLOSE_BRACKET, 'after-member', 'a comma or ]');
        return;
      case 'after-member':
        if (byte === COMMA) this.place = 'key';
        else this.expect(byte, CLOSE_BRACE, 'done', 'a comma or }');
        return;
      case 'done':
        this.fail(byte, 'nothing after the document');
    }
  }

  private expect(byte: number, wanted: number, next: Place, what: string): void {
    if (byte !== wanted) this.fail(byte, what);
    this.place = next;
  }

  private begin(byte: number): void {
    this.collecting = true;
    this.valueStart = this.offset;
    this.inString = byte === QUOTE;
    this.escaped = false;
    this.closed = false;
    this.depth = OPENERS.has(byte) ? 1 : 0;
    if (byte === COMMA || byte === COLON || CLOSERS.has(byte)) this.fail(byte, 'a JSON value');
  }

  private keep(part: Uint8Array): void {
    this.parts.push(part);
    this.collected += part.length;
    if (this.collected > MAX_VALUE_BYTES)
      throw this.error(`found a value of more than ${MAX_VALUE_BYTES} bytes`, 'a smaller one');
  }

  private finish(): void {
    const value = this.parse();
    this.parts = [];
    this.collected = 0;
    this.collecting = false;
    switch (this.place) {
      case 'key':
        this.key = String(value);
        this.index = -1;
        this.place = 'colon';
        return;
      case 'value':
        this.place = 'after-member';
        break;
      default:
        this.place = 'after-element';
    }
    const index = this.place === 'after-element' ? this.index++ : -1;
    this.take({ key: this.key, index, value, offset: this.valueStart });
  }

  private parse(): unknown {
    try {
      return JSON.parse(this.decoder.decode(this.joined()));
    } catch (cause) {
      const start = new TextDecoder().decode(this.joined().subarray(0, 40));
      throw this.error(`found ${JSON.stringify(start)}`, 'a JSON value', cause);
    }
  }

  private joined(): Uint8Array {
    const [only] = this.parts;
    if (only && this.parts.length === 1) return only;
    const bytes = new Uint8Array(this.collected);
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  private fail(byte: number, expected: string): never {
    const shown = byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16)}`;
    this.valueStart = this.offset;
    throw this.error(`found ${shown}`, expected);
  }

  private error(found: string, expected: string, cause?: unknown): TraceFormatError {
    return new TraceFormatError('HH1490', `${this.subject}: byte ${this.valueStart}: ${found}, expected ${expected}`, {
      offset: this.valueStart,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
