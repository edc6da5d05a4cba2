/** A longer line is handed out in pieces: an endless line must not fill the memory. */
const MAX_LINE_CHARS = 1 << 20;

/** Cuts UTF-8 text that is pushed in any pieces into lines, without their `\n` or `\r\n`. */
export class LineSplitter {
  private readonly decoder = new TextDecoder();
  private rest = '';

  constructor(private readonly line: (text: string) => void) {}

  push(chunk: Uint8Array): void {
    this.take(this.decoder.decode(chunk, { stream: true }));
  }

  /** The input is over: hands out the last line when it has no newline. Returns whether there was one. */
  end(): boolean {
    this.take(this.decoder.decode());
    if (this.rest === '') return false;
    this.line(this.rest);
    this.rest = '';
    return true;
  }

  private take(text: string): void {
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      let line = text.slice(from, at);
      if (this.rest !== '') {
        line = this.rest + line;
        this.rest = '';
      }
      this.line(line.endsWith('\r') ? line.slice(0, -1) : line);
      from = at + 1;
    }
    this.rest += text.slice(from);
    if (this.rest.length > MAX_LINE_CHARS) {
      this.line(this.rest);
      this.rest = '';
    }
  }
}
