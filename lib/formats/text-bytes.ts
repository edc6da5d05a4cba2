/** So many bytes tell the encoding where there is no byte order mark. */
const SNIFFED_BYTES = 4;

/**
 * Turns text of any encoding that a log comes in (UTF-8, UTF-16 of either order, with or without a byte order mark) into UTF-8 without
 * a mark, whatever the chunks. UTF-8 goes through uncopied.
 */
export class TextBytes {
  private held: Uint8Array | undefined = new Uint8Array(0);
  private wide: TextDecoder | undefined;

  /** The UTF-8 of this piece; it may be the piece itself. */
  push(chunk: Uint8Array): Uint8Array {
    if (this.wide) return utf8(this.wide.decode(chunk, { stream: true }));
    if (this.held === undefined) return chunk;
    const start = this.held.length === 0 ? chunk : joined(this.held, chunk);
    if (start.length >= SNIFFED_BYTES) return this.begin(start);
    this.held = Uint8Array.from(start);
    return new Uint8Array(0);
  }

  /** What was held back; empty most often. */
  end(): Uint8Array {
    const start = this.held?.length ? this.begin(this.held) : new Uint8Array(0);
    return this.wide ? joined(start, utf8(this.wide.decode())) : start;
  }

  private begin(start: Uint8Array): Uint8Array {
    this.held = undefined;
    const encoding = wideEncoding(start);
    if (encoding === undefined) {
      return start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf ? start.subarray(3) : start;
    }
    // The decoder drops the mark.
    this.wide = new TextDecoder(encoding);
    return utf8(this.wide.decode(start, { stream: true }));
  }
}

/** The start of an input as text, for detection. */
export function headText(head: Uint8Array): string {
  const bytes = new TextBytes();
  const decoder = new TextDecoder();
  return decoder.decode(bytes.push(head), { stream: true }) + decoder.decode(bytes.end());
}

/** By the mark, or by the zero that every other byte of plain text is. */
function wideEncoding(start: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const [a = -1, b = -1, c = -1, d = -1] = start;
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  if (isPlain(a) && b === 0 && isPlain(c) && d === 0) return 'utf-16le';
  return a === 0 && isPlain(b) && c === 0 && isPlain(d) ? 'utf-16be' : undefined;
}

function isPlain(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
