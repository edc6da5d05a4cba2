import { type FrameLine, parseFrameLine } from './gdb-frame-line.js';

/*
 * A log repeats a few thousand frames with ever other arguments. Entries are found by the bytes before the arguments and after
 * them, without making a string of the line:
 *
 *   #12 0x000009d6 in gc_alloc (n_bytes=24) at ../../py/gc.c:1009
 *       `------- head -------'              `------- tail ------'
 */

/** What lies between the parts in the copies that entries keep. */
const SEPARATOR = 0;
const HASH = 0x23;
const SPACE = 0x20;
const OPEN = 0x28;
const CLOSE = 0x29;
const LESS = 0x3c;
const MAX_ENTRIES = 1 << 17;

interface Entry {
  readonly bytes: Uint8Array;
  readonly line: FrameLine;
}

/** Parses frame lines, each distinct frame once. */
export class GdbFrameCache {
  private slots: (Entry | undefined)[] = new Array<Entry | undefined>(1 << 18).fill(undefined);
  private used = 0;
  /** The parts of the line under way; one object for all of them, because there are hundreds of thousands. */
  private readonly at: Parts = { from: 0, start: 0, open: 0, tail: 0, to: 0 };
  private readonly decoder = new TextDecoder();

  /**
   * The frame of a line; undefined when the line is not whole as it is (gdb wrapped it) or of an unusual form: the caller then
   * gives its text to `parseFrameLine`. `level` 0 is told apart by the caller.
   */
  find(bytes: Uint8Array, from: number, to: number): FrameLine | undefined {
    if (bytes[from] !== HASH) return undefined;
    let start = from + 1;
    while ((bytes[start] ?? 0) >= 0x30 && (bytes[start] ?? 0) <= 0x39) start++;
    const tail = tailOf(bytes, start, to);
    if (tail < 0) return undefined;
    let hash = 17;
    let open = start;
    for (; open < tail && bytes[open] !== OPEN; open++) {
      if (bytes[open] === LESS) return undefined;
      hash = (Math.imul(hash, 31) + (bytes[open] ?? 0)) | 0;
    }
    if (open === tail || bytes[open - 1] !== SPACE) return undefined;
    for (let i = tail; i < to; i++) hash = (Math.imul(hash, 31) + (bytes[i] ?? 0)) | 0;
    const { at } = this;
    at.from = from;
    at.start = start;
    at.open = open;
    at.tail = tail;
    at.to = to;
    return this.lookUp(bytes, hash);
  }

  private lookUp(bytes: Uint8Array, hash: number): FrameLine | undefined {
    const { at } = this;
    let slot = (hash ^ (hash >>> 15)) & (this.slots.length - 1);
    for (;;) {
      const entry = this.slots[slot];
      if (!entry) break;
      if (matches(entry.bytes, bytes, at)) return entry.line;
      slot = (slot + 1) & (this.slots.length - 1);
    }
    const line = parseFrameLine(this.decoder.decode(bytes.subarray(at.from, at.to)));
    if (!line) return undefined;
    if (this.used >= MAX_ENTRIES) {
      this.slots.fill(undefined);
      this.used = 0;
    }
    this.slots[slot] = { bytes: keyOf(bytes, at), line };
    this.used++;
    return line;
  }
}

interface Parts {
  from: number;
  start: number;
  open: number;
  tail: number;
  to: number;
}

/** Where `) at FILE:LINE` begins at the end of a line; -1 when the line does not end so. */
function tailOf(bytes: Uint8Array, start: number, to: number): number {
  const last = bytes[to - 1] ?? 0;
  if (last < 0x30 || last > 0x39) return -1;
  for (let i = to - 6; i > start; i--) {
    if (
      bytes[i] === CLOSE &&
      bytes[i + 1] === SPACE &&
      bytes[i + 2] === 0x61 &&
      bytes[i + 3] === 0x74 &&
      bytes[i + 4] === SPACE
    )
      return i;
  }
  return -1;
}

function keyOf(bytes: Uint8Array, { start, open, tail, to }: Parts): Uint8Array {
  const key = new Uint8Array(open - start + 1 + to - tail);
  key.set(bytes.subarray(start, open));
  key[open - start] = SEPARATOR;
  key.set(bytes.subarray(tail, to), open - start + 1);
  return key;
}

function matches(key: Uint8Array, bytes: Uint8Array, { start, open, tail, to }: Parts): boolean {
  const head = open - start;
  if (key.length !== head + 1 + to - tail || key[head] !== SEPARATOR) return false;
  for (let i = 0; i < head; i++) if (key[i] !== bytes[start + i]) return false;
  for (let i = tail, k = head + 1; i < to; i++, k++) if (key[k] !== bytes[i]) return false;
  return true;
}
