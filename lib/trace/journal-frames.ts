import type { crc32 } from './crc32.js';
import { CHUNK_HEAD_BYTES, CHUNK_TAIL_BYTES, LAST_CHUNK_TYPE, MAX_CHUNK_BYTES } from './journal-format.js';
import { PendingBytes } from './pending-bytes.js';

/** While looking for where a journal goes on, longer chunks are passed over: the writer's own are far shorter. */
const MAX_FOUND_BYTES = 2 * 1024 * 1024;

export interface FrameHandler {
  /** A chunk whose sum is right; `payload` is valid during the call only, `at` is its place in the file. */
  frame(type: number, payload: Uint8Array, at: number): void;
  /** Bytes that belong to no chunk: what was found there instead. */
  damaged(at: number, bytes: number, found: string): void;
}

/**
 * Cuts a journal, pushed in pieces, into chunks, which are checked and handed out where they lie. Where one is damaged it goes on
 * with the next whose sum is right; how much is summed in vain is bounded, so that reading stays linear whatever comes.
 */
export class JournalFrames {
  private readonly pending = new PendingBytes();
  private searching: { readonly from: number; readonly found: string } | undefined;
  private summedInVain = 0;
  private gaveUp = false;
  private isLast = false;

  constructor(
    private readonly handler: FrameHandler,
    /** Where the bytes that come next lie in the file. */
    private offset: number,
    /** Undefined where the chunks were checked before. */
    private readonly sum: typeof crc32 | undefined,
  ) {}

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.pending.length === 0) {
        const rest = bytes.subarray(at);
        this.pending.append(rest.subarray(this.scan(rest)));
        return;
      }
      // Only the chunk that a cut went through is copied.
      const end = this.searching ? bytes.length : Math.min(bytes.length, at + this.missing());
      this.pending.append(bytes.subarray(at, end));
      this.pending.drop(this.scan(this.pending.view()));
      at = end;
    }
  }

  /** The input is over: what is left is no whole chunk, but there may be whole ones in it. */
  end(): void {
    this.isLast = true;
    this.pending.drop(this.scan(this.pending.view()));
    if (!this.searching) return;
    const { from, found } = this.searching;
    this.handler.damaged(from, this.offset - from, found);
  }

  /** How many bytes the chunk at the start of what is pending still needs: its head first. */
  private missing(): number {
    const view = this.pending.view();
    const wanted = view.length < CHUNK_HEAD_BYTES ? CHUNK_HEAD_BYTES : chunkBytes(view, 0);
    return wanted - view.length;
  }

  /** Hands out what is whole and returns how much was used. */
  private scan(view: Uint8Array): number {
    let at = 0;
    while (!this.gaveUp) {
      if (this.searching) at = this.search(view, at);
      if (this.searching) break;
      const next = this.frame(view, at);
      if (next === at) break;
      at = next;
    }
    if (this.gaveUp) at = view.length;
    this.offset += at;
    return at;
  }

  /** Returns where the next chunk begins, or `at` when this one is not whole yet. */
  private frame(view: Uint8Array, at: number): number {
    const left = view.length - at;
    if (left < CHUNK_HEAD_BYTES) return this.isLast && left > 0 ? this.damage(at, `a torn chunk of ${left} bytes`) : at;
    const total = chunkBytes(view, at);
    const length = total - CHUNK_HEAD_BYTES - CHUNK_TAIL_BYTES;
    if (length > MAX_CHUNK_BYTES) return this.damage(at, `a chunk of ${length} bytes`);
    if (left < total)
      return this.isLast ? this.damage(at, `a torn chunk: ${left} of its ${total} bytes are there`) : at;
    if (!this.sumMatches(view, at, total)) return this.damage(at, 'a checksum that does not match');
    const start = at + CHUNK_HEAD_BYTES;
    this.handler.frame(view[at + 4] ?? 0, view.subarray(start, start + length), this.offset + start);
    return at + total;
  }

  private damage(at: number, found: string): number {
    this.searching = { from: this.offset + at, found };
    return at + 1;
  }

  /** Returns where a chunk was found, or up to where there is none. */
  private search(view: Uint8Array, from: number): number {
    let at = from;
    for (; at + CHUNK_HEAD_BYTES <= view.length && !this.gaveUp; at++) {
      const type = view[at + 4] ?? 0;
      if (type === 0 || type > LAST_CHUNK_TYPE) continue;
      const total = chunkBytes(view, at);
      if (total > MAX_FOUND_BYTES) continue;
      if (at + total > view.length) {
        if (this.isLast) continue;
        return at;
      }
      if (!this.sumMatches(view, at, total)) continue;
      this.found(at);
      return at;
    }
    return this.isLast ? view.length : at;
  }

  private found(at: number): void {
    if (!this.searching) return;
    const { from, found } = this.searching;
    this.searching = undefined;
    this.handler.damaged(from, this.offset + at - from, found);
  }

  private sumMatches(view: Uint8Array, at: number, total: number): boolean {
    if (!this.sum) return true;
    const end = at + total - CHUNK_TAIL_BYTES;
    if (this.sum(view.subarray(at + 4, end)) === readU32(view, end)) return true;
    this.summedInVain += total;
    // Only an input made for it comes here: nothing is summed more than a few times over.
    if (this.summedInVain > 2 * (this.offset + view.length) + MAX_CHUNK_BYTES) this.gaveUp = true;
    return false;
  }
}

function chunkBytes(view: Uint8Array, at: number): number {
  return CHUNK_HEAD_BYTES + readU32(view, at) + CHUNK_TAIL_BYTES;
}

function readU32(view: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [view[at], view[at + 1], view[at + 2], view[at + 3]];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
