/** A longer line is handed out in pieces: an endless line must not fill the memory. */
const MAX_LINE_BYTES = 1 << 20;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Called with the line at `bytes[from]` to `bytes[to - 1]`, without its line end; valid during the call only. */
export type OnLine = (bytes: Uint8Array, from: number, to: number) => void;

/** Cuts bytes that are pushed in any pieces into lines, without copying or decoding whole ones. */
export class ByteLines {
  private rest: Uint8Array = new Uint8Array(0);

  constructor(private readonly line: OnLine) {}

  push(chunk: Uint8Array): void {
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

  /** The input is over: hands out the last line when it has no line end. */
  end(): void {
    if (this.rest.length === 0) return;
    this.line(this.rest, 0, this.rest.length);
    this.rest = new Uint8Array(0);
  }

  private lines(chunk: Uint8Array, start: number): void {
    // One class of array for the callback, which runs for every line; a Node Buffer's own `indexOf` is the faster one.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    let from = start;
    for (let at = chunk.indexOf(LINE_FEED, from); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      this.line(bytes, from, at > from && bytes[at - 1] === CARRIAGE_RETURN ? at - 1 : at);
      from = at + 1;
    }
    if (bytes.length - from > MAX_LINE_BYTES) {
      this.line(bytes, from, bytes.length);
      from = bytes.length;
    }
    // A copy: the caller may use its memory again.
    if (from < bytes.length) this.rest = bytes.slice(from);
  }
}
