import { type FrameLine, parseFrameLine } from './gdb-frame-line.js';
import { LoggedFrame } from './gdb-logged-frame.js';

/*
 * A log repeats a few thousand frames with ever other arguments. An entry keeps the bytes before the arguments and after them, and
 * a line is that entry's when it begins and ends with those bytes: what lies between is not looked at.
 *
 *   #12 0x000009d6 in gc_alloc (n_bytes=24) at ../../py/gc.c:1009
 *       `------- head -------'              `------- tail ------'
 */

const HASH = 0x23;
const SPACE = 0x20;
const OPEN = 0x28;
const CLOSE = 0x29;
const LESS = 0x3c;
/** Bytes in a word. */
const WORD = 4;
/** An address; of a frame without one, the begin of its name. */
const HASHED_HEAD = 10;
/** The end of the file's name and the line. */
const HASHED_TAIL = 6;
const FIRST_SLOTS = 1 << 10;
const MAX_SLOTS = 1 << 18;

interface Entry {
  readonly head: BytePattern;
  readonly tail: BytePattern;
  readonly frame: LoggedFrame;
  readonly hash: number;
  /** The entry of the line that came next the last time: most often it does again. */
  next: Entry | undefined;
}

/** Parses frame lines, each distinct frame once. */
export class GdbFrameCache {
  private slots = emptySlots(FIRST_SLOTS);
  private used = 0;
  private last: Entry | undefined;
  private bytes: Uint8Array = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);
  private readonly decoder = new TextDecoder();

  /**
   * The frame of a line; undefined when the line is not whole as it is (gdb wrapped it) or of an unusual form: the caller then
   * gives its text to `parseFrameLine`. `level` 0 is told apart by the caller.
   */
  find(bytes: Uint8Array, from: number, to: number): LoggedFrame | undefined {
    if (bytes[from] !== HASH) return undefined;
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    let start = from + 1;
    while ((bytes[start] ?? 0) >= 0x30 && (bytes[start] ?? 0) <= 0x39) start++;
    while (bytes[start] === SPACE) start++;
    const { last } = this;
    const likely = last?.next;
    if (likely && matches(likely, this.view, start, to)) {
      this.last = likely;
      return likely.frame;
    }
    const entry = this.lookUp(bytes, from, start, to);
    if (last) last.next = entry;
    this.last = entry;
    return entry?.frame;
  }

  private lookUp(bytes: Uint8Array, from: number, start: number, to: number): Entry | undefined {
    if (to - start < HASHED_HEAD + HASHED_TAIL) return undefined;
    let hash = 17;
    for (let i = start; i < start + HASHED_HEAD; i++) hash = (Math.imul(hash, 31) + (bytes[i] ?? 0)) | 0;
    for (let i = to - HASHED_TAIL; i < to; i++) hash = (Math.imul(hash, 31) + (bytes[i] ?? 0)) | 0;
    hash ^= hash >>> 15;
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots[slot];
      if (!entry) break;
      if (matches(entry, this.view, start, to)) return entry;
    }
    return this.add(bytes, { from, start, to, hash });
  }

  private add(bytes: Uint8Array, at: { from: number; start: number; to: number; hash: number }): Entry | undefined {
    const { from, start, to } = at;
    const tail = tailOf(bytes, start, to);
    if (tail < 0) return undefined;
    const head = headEnd(bytes, start, tail);
    if (head < 0) return undefined;
    const line: FrameLine | undefined = parseFrameLine(this.decoder.decode(bytes.subarray(from, to)));
    if (!line) return undefined;
    if (this.used >= this.slots.length / 2) this.makeRoom();
    const entry: Entry = {
      head: new BytePattern(bytes.subarray(start, head)),
      tail: new BytePattern(bytes.subarray(tail, to)),
      frame: new LoggedFrame(line),
      hash: at.hash,
      next: undefined,
    };
    this.put(entry);
    this.used++;
    return entry;
  }

  /** Grows, or at the limit begins anew. */
  private makeRoom(): void {
    const before = this.slots;
    if (before.length >= MAX_SLOTS) {
      before.fill(undefined);
      this.used = 0;
      return;
    }
    this.slots = emptySlots(before.length * 4);
    for (const entry of before) if (entry) this.put(entry);
  }

  private put(entry: Entry): void {
    const mask = this.slots.length - 1;
    let slot = entry.hash & mask;
    while (this.slots[slot]) slot = (slot + 1) & mask;
    this.slots[slot] = entry;
  }
}

function emptySlots(count: number): (Entry | undefined)[] {
  return new Array<Entry | undefined>(count).fill(undefined);
}

/** The end of the part before the arguments, its ` (` included; -1 when the line has an unusual form. */
function headEnd(bytes: Uint8Array, start: number, tail: number): number {
  for (let at = start; at < tail; at++) {
    if (bytes[at] === LESS) return -1;
    if (bytes[at] === OPEN) return bytes[at - 1] === SPACE && at + 1 - start >= WORD ? at + 1 : -1;
  }
  return -1;
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

/** Bytes as 32-bit words, to be compared four at a time; the last word may overlap the one before. */
class BytePattern {
  readonly length: number;
  private readonly words: Int32Array;
  private readonly lastWord: number;

  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.words = Int32Array.from({ length: (bytes.length - 1) >> 2 }, (_, i) => view.getInt32(i * 4));
    this.lastWord = view.getInt32(bytes.length - WORD);
  }

  isAt(view: DataView, from: number): boolean {
    const { words } = this;
    // The last first: addresses and lines differ in their last digits.
    if (view.getInt32(from + this.length - WORD) !== this.lastWord) return false;
    for (let i = 0; i < words.length; i++) if (view.getInt32(from + i * WORD) !== words[i]) return false;
    return true;
  }
}

function matches({ head, tail }: Entry, view: DataView, start: number, to: number): boolean {
  const tailStart = to - tail.length;
  return tailStart >= start + head.length && head.isAt(view, start) && tail.isAt(view, tailStart);
}
