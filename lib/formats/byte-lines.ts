import { logPrefixLength, mayBeginPrefix } from './log-prefix.js';
import { plainText } from './pasted-text.js';
import { withoutEscapes } from './terminal-escapes.js';
import { TextBytes } from './text-bytes.js';

/** A longer line is handed out in pieces: an endless line must not fill the memory. */
const MAX_LINE_BYTES = 1 << 20;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const ESCAPE = 27;
const SPACE = 32;
/** The first byte of U+00A0 in UTF-8. */
const BLANK_LEAD = 0xc2;
/** 1 for the bytes that a line with a prefix (or the indentation before one) can begin with. */
const MAY_BEGIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\d >[(<`~A-Z-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** Called with the line at `bytes[from]` to `bytes[to - 1]`, without its line end; valid during the call only. */
export type OnLine = (bytes: Uint8Array, from: number, to: number) => void;

/** Cuts bytes that are pushed in any pieces into lines and cleans them as LineSplitter does, without copying or decoding clean ones. */
export class ByteLines {
  private rest: Uint8Array = new Uint8Array(0);
  private readonly text = new TextBytes();
  private readonly decoder = new TextDecoder();
  private hasEscapes = false;
  /** There may be blanks that a page or a mail made unbreakable, or NULs. */
  private hasBlanks = false;
  private hasReturns = false;

  constructor(private readonly line: OnLine) {}

  push(chunk: Uint8Array): void {
    this.bytes(this.text.push(chunk));
  }

  /** The input is over: hands out the last line when it has no line end. */
  end(): void {
    this.bytes(this.text.end());
    if (this.rest.length === 0) return;
    const { rest } = this;
    this.pieces(rest, 0, rest.at(-1) === CARRIAGE_RETURN ? rest.length - 1 : rest.length);
    this.rest = new Uint8Array(0);
  }

  private bytes(chunk: Uint8Array): void {
    // Once for all: a search for one byte costs next to nothing.
    this.hasEscapes ||= chunk.indexOf(ESCAPE) >= 0;
    this.hasBlanks ||= chunk.indexOf(BLANK_LEAD) >= 0 || chunk.indexOf(0) >= 0;
    this.hasReturns ||= chunk.indexOf(CARRIAGE_RETURN) >= 0;
    let from = 0;
    if (this.rest.length > 0) {
      // Only the line that the cut went through is joined.
      const end = chunk.indexOf(LINE_FEED);
      from = end < 0 ? chunk.length : end + 1;
      const joined = new Uint8Array(this.rest.length + from);
      joined.set(this.rest);
      joined.set(chunk.subarray(0, from), this.rest.length);
      this.rest = new Uint8Array(0);
      this.lines(joined, 0);
    }
    this.lines(chunk, from);
  }

  private lines(chunk: Uint8Array, start: number): void {
    // One class of array for the callback, which runs for every line; a Node Buffer's own `indexOf` is the faster one.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    let from = start;
    let back = -1;
    for (let at = chunk.indexOf(LINE_FEED, from); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      const to = at > from && bytes[at - 1] === CARRIAGE_RETURN ? at - 1 : at;
      if (this.hasReturns && back < from) back = indexOrEnd(chunk, CARRIAGE_RETURN, from);
      if (this.hasReturns && back < to) this.pieces(bytes, from, to);
      else this.give(bytes, from, to);
      from = at + 1;
    }
    if (bytes.length - from > MAX_LINE_BYTES) {
      this.give(bytes, from, bytes.length);
      from = bytes.length;
    }
    // A copy: the caller may use its memory again.
    if (from < bytes.length) this.rest = bytes.slice(from);
  }

  /** A line with carriage returns in it: what stands behind one is a line of its own, as on a terminal. */
  private pieces(bytes: Uint8Array, from: number, to: number): void {
    let start = from;
    for (
      let at = bytes.indexOf(CARRIAGE_RETURN, start);
      at >= 0 && at < to;
      at = bytes.indexOf(CARRIAGE_RETURN, start)
    ) {
      if (at > start) this.give(bytes, start, at);
      start = at + 1;
    }
    if (start < to) this.give(bytes, start, to);
  }

  /** A line as it was written: the first byte tells that nearly every one of a log is clean. */
  private give(bytes: Uint8Array, from: number, to: number): void {
    if (MAY_BEGIN[bytes[from] ?? 0] === 0 && !this.hasEscapes && !this.hasBlanks) this.line(bytes, from, to);
    else this.clean(bytes, from, to);
  }

  private clean(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    while (at < to && bytes[at] === SPACE) at++;
    const isClean =
      !this.hasBlanks &&
      !mayBeginPrefix(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 4] ?? 0) &&
      !(this.hasEscapes && bytes.subarray(from, to).includes(ESCAPE));
    if (isClean) {
      this.line(bytes, from, to);
      return;
    }
    const text = withoutEscapes(plainText(this.decoder.decode(bytes.subarray(from, to))));
    const plain = new TextEncoder().encode(text.slice(logPrefixLength(text)));
    this.line(plain, 0, plain.length);
  }
}

function indexOrEnd(bytes: Uint8Array, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at < 0 ? bytes.length : at;
}
