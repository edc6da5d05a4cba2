import type { LiveBlocks } from './event-run.js';

/** Values of a block in its row: the event that made it, its size, its stack, its address. */
export const BLOCK_ROW = 4;
/** In place of the event that made it: nothing is alive there any more. */
const GONE = -1;

/**
 * The blocks of a heap by their address: a number for each address that was ever allocated, and a row a number with what is alive there. An open
 * hash table of 32-bit addresses that only grows, as a heap uses the same addresses again and again.
 */
export class BlockTable {
  /** Rows of {@link BLOCK_ROW} values by block number. */
  rows = new Int32Array(1024 * BLOCK_ROW);
  count = 0;
  /** Pairs of an address and its block number + 1; 0 for none. */
  private slots = new Int32Array(2048 * 2);
  private shift = 32 - 11;

  /** The block number of an address; -1 when nothing was ever allocated there. */
  find(address: number): number {
    const { slots } = this;
    const last = slots.length - 2;
    for (let at = (Math.imul(address, HASH) >>> this.shift) * 2; ; at = (at + 2) & last) {
      const block = slots[at + 1] as number;
      if (block === 0) return -1;
      if (slots[at] === (address | 0)) return block - 1;
    }
  }

  /** The same, with a new number for an address that has none. */
  findOrAdd(address: number): number {
    const { slots } = this;
    const last = slots.length - 2;
    for (let at = (Math.imul(address, HASH) >>> this.shift) * 2; ; at = (at + 2) & last) {
      const block = slots[at + 1] as number;
      if (block !== 0) {
        if (slots[at] === (address | 0)) return block - 1;
        continue;
      }
      slots[at] = address;
      slots[at + 1] = ++this.count;
      this.makeRoom(address);
      return this.count - 1;
    }
  }

  /** What is alive, in the order of allocation. */
  liveBlocks(): LiveBlocks {
    const { rows, count } = this;
    const alive: number[] = [];
    for (let at = 0; at < count * BLOCK_ROW; at += BLOCK_ROW) if (rows[at] !== GONE) alive.push(at);
    const order = Int32Array.from(alive).sort((a, b) => (rows[a] as number) - (rows[b] as number));
    const column = <A extends Int32Array | Uint32Array>(into: A, place: number): A => {
      for (let i = 0; i < order.length; i++) into[i] = rows[(order[i] as number) + place] as number;
      return into;
    };
    return {
      count: order.length,
      startSeq: column(new Int32Array(order.length), 0),
      sizeBytes: column(new Uint32Array(order.length), 1),
      stack: column(new Int32Array(order.length), 2),
      address: column(new Uint32Array(order.length), 3),
    };
  }

  /** For the address that was added last. */
  private makeRoom(address: number): void {
    const row = (this.count - 1) * BLOCK_ROW;
    if (row === this.rows.length) {
      const rows = new Int32Array(this.rows.length * 2);
      rows.set(this.rows);
      this.rows = rows;
    }
    this.rows[row] = GONE;
    this.rows[row + 3] = address;
    if (this.count * 4 > this.slots.length) this.spread();
  }

  /** At most half of the slots are taken. */
  private spread(): void {
    const slots = new Int32Array(this.slots.length * 2);
    this.shift--;
    const last = slots.length - 2;
    for (let block = 0; block < this.count; block++) {
      const address = this.rows[block * BLOCK_ROW + 3] as number;
      let at = (Math.imul(address, HASH) >>> this.shift) * 2;
      while (slots[at + 1] !== 0) at = (at + 2) & last;
      slots[at] = address;
      slots[at + 1] = block + 1;
    }
    this.slots = slots;
  }
}

/** 2^32 divided by the golden ratio: neighbours come to lie far from each other. */
const HASH = 0x9e3779b1;
