import { logPrefixLength } from './log-prefix.js';
import { mayBePasted, PythonBytes, plainText } from './pasted-text.js';
import { ESCAPE, withoutEscapes } from './terminal-escapes.js';
import { TextBytes } from './text-bytes.js';

/** Longer lines are cut: no trace line comes near it, and a stream without line ends must not fill the memory. */
export const MAX_LINE_LENGTH = 65_536;
const NOTHING = '';

/** Called with a line's text, its number from 1, and what a monitor or a logger had put before the text (see log-prefix.ts). */
export type OnTextLine = (text: string, number: number, prefix: string) => void;

/**
 * Cuts a byte stream into lines without their ends (LF, CRLF or CR), whatever the chunks, and cleans them: UTF-8 or UTF-16, with or
 * without a byte order mark, to text (wrong bytes become U+FFFD), no escape sequences of terminals, no prefixes of logs, nothing of what a
 * page, a mail or a script wrote around or into it (see pasted-text.ts).
 */
export class LineSplitter {
  private readonly bytes = new TextBytes();
  private readonly decoder = new TextDecoder('utf-8');
  private rest: string[] = [];
  private restLength = 0;
  private number = 0;
  /** The line before was ended by a carriage return: a line feed right after it is part of that end. */
  private afterReturn = false;
  private hasEscapes = false;
  private hasPasted = false;
  private readonly python = new PythonBytes();

  constructor(private readonly line: OnTextLine) {}

  push(chunk: Uint8Array): void {
    this.text(this.decoder.decode(this.bytes.push(chunk), { stream: true }));
  }

  /** Gives out the last line if it had no end. Returns whether there was one. */
  end(): boolean {
    this.text(this.decoder.decode(this.bytes.end(), { stream: true }));
    this.text(this.decoder.decode());
    const torn = this.restLength > 0;
    if (torn) this.finish(NOTHING);
    const held = this.python.end();
    if (held !== NOTHING) this.clean(held);
    return torn || held !== NOTHING;
  }

  private text(text: string): void {
    this.hasEscapes ||= text.includes(ESCAPE);
    this.hasPasted ||= mayBePasted(text);
    let from = 0;
    let feed = text.indexOf('\n');
    let back = text.indexOf('\r');
    while (feed >= 0 || back >= 0) {
      const isReturn = back >= 0 && (feed < 0 || back < feed);
      const at = isReturn ? back : feed;
      this.ended(text.slice(from, at), isReturn);
      from = at + 1;
      if (isReturn) back = text.indexOf('\r', from);
      else feed = text.indexOf('\n', from);
    }
    if (from < text.length && this.restLength < MAX_LINE_LENGTH) {
      const piece = text.slice(from, from + MAX_LINE_LENGTH - this.restLength);
      this.rest.push(piece);
      this.restLength += piece.length;
    }
  }

  private ended(tail: string, isReturn: boolean): void {
    if (tail === NOTHING && this.restLength === 0) {
      // `\n\r` and `\r\r\n` are one end.
      if (!isReturn && !this.afterReturn) this.give(tail);
      if (!isReturn) this.afterReturn = false;
      return;
    }
    this.afterReturn = isReturn;
    if (this.restLength > 0) this.finish(tail);
    else this.give(tail);
  }

  private finish(tail: string): void {
    const line = this.rest.join('') + tail;
    this.rest = [];
    this.restLength = 0;
    this.give(line);
  }

  private give(line: string): void {
    const cut = line.length > MAX_LINE_LENGTH ? line.slice(0, MAX_LINE_LENGTH) : line;
    const plain = this.hasPasted ? plainText(cut) : cut;
    const lines = endsInQuote(plain) && plain.includes('b') ? this.pythonLines(plain) : undefined;
    if (lines) for (const one of lines) this.clean(one);
    else this.clean(plain);
  }

  /** What was printed as bytes, behind the prefix of the monitor that printed it. */
  private pythonLines(line: string): string[] | undefined {
    const prefix = logPrefixLength(line);
    const lines = this.python.lines(line.slice(prefix));
    return prefix === 0 ? lines : lines?.map((text) => line.slice(0, prefix) + text);
  }

  private clean(line: string): void {
    const shown = endsWritten(line) ? line.replace(WRITTEN_ENDS, NOTHING) : line;
    const plain = this.hasEscapes || shown.includes('[') ? withoutEscapes(shown) : shown;
    this.number++;
    const prefix = logPrefixLength(plain);
    if (prefix === 0) this.line(plain, this.number, NOTHING);
    else this.line(plain.slice(prefix), this.number, plain.slice(0, prefix));
  }
}

function endsInQuote(line: string): boolean {
  const last = line.charCodeAt(line.length - 1);
  return last === 0x27 || last === 0x22;
}

/** Line ends as terminals that show control characters write them, `<CR><LF>`, `\\r\\n` and the pictures of Unicode. */
const WRITTEN_ENDS = /(?:<CR>|<LF>|\\r|\\n|[\u240a\u240d\u2424\u21b5])+$/;

function endsWritten(line: string): boolean {
  const last = line.charCodeAt(line.length - 1);
  if (last > 0x7f) return WRITTEN_ENDS.test(line);
  return last === 0x3e || ((last === 0x6e || last === 0x72) && line.charCodeAt(line.length - 2) === 0x5c)
    ? WRITTEN_ENDS.test(line)
    : false;
}

interface Head {
  readonly whole: boolean;
  readonly lines: readonly string[];
}
const heads = new WeakMap<Uint8Array, Head>();

/** The first lines of an input, for detection, cleaned as its decoder will see them: only whole ones unless the input ends there. */
export function headLines(head: Uint8Array, whole: boolean): readonly string[] {
  // Every format looks at the same head.
  const known = heads.get(head);
  if (known?.whole === whole) return known.lines;
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  splitter.push(head);
  if (whole) splitter.end();
  heads.set(head, { whole, lines });
  return lines;
}
