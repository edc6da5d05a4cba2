/** Longer lines are cut: no trace line comes near it, and a stream without line ends must not fill the memory. */
export const MAX_LINE_LENGTH = 65_536;

/**
 * Cuts a byte stream into lines without their ends (LF or CRLF), whatever the chunks. Bytes are read as UTF-8,
 * wrong ones become U+FFFD. `line` also gets the line's number, from 1.
 */
export class LineSplitter {
  private readonly decoder = new TextDecoder('utf-8');
  private rest: string[] = [];
  private restLength = 0;
  private number = 0;

  constructor(private readonly line: (text: string, number: number) => void) {}

  push(chunk: Uint8Array): void {
    this.text(this.decoder.decode(chunk, { stream: true }));
  }

  /** Gives out the last line if it had no end. Returns whether there was one. */
  end(): boolean {
    this.text(this.decoder.decode());
    const torn = this.restLength > 0;
    if (torn) this.finish('');
    return torn;
  }

  private text(text: string): void {
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      if (this.restLength > 0) this.finish(text.slice(from, at));
      else this.give(text.slice(from, at));
      from = at + 1;
    }
    if (from < text.length && this.restLength < MAX_LINE_LENGTH) {
      const piece = text.slice(from, from + MAX_LINE_LENGTH - this.restLength);
      this.rest.push(piece);
      this.restLength += piece.length;
    }
  }

  private finish(tail: string): void {
    const line = this.rest.join('') + tail;
    this.rest = [];
    this.restLength = 0;
    this.give(line);
  }

  private give(line: string): void {
    const cut = line.length > MAX_LINE_LENGTH ? line.slice(0, MAX_LINE_LENGTH) : line;
    this.number++;
    this.line(cut.endsWith('\r') ? cut.slice(0, -1) : cut, this.number);
  }
}

/** The first lines of an input, for detection: only whole ones unless the input ends there. */
export function headLines(head: Uint8Array, whole: boolean): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  splitter.push(head);
  if (whole) splitter.end();
  return lines;
}
