/**
 * The slots of an open hash table of row numbers: a row's number plus 1, and 0 for an empty slot. `length` is a power of 2, and more than the rows
 * are; `hashAt` is the hash of what a row holds.
 */
export function hashSlots(length: number, rows: number, hashAt: (row: number) => number): Int32Array<ArrayBuffer> {
  const slots = new Int32Array(length);
  const mask = length - 1;
  for (let row = 0; row < rows; row++) {
    let slot = hashAt(row) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = row + 1;
  }
  return slots;
}

/** How many slots a table of so many rows has: at most half are used. */
export function slotsFor(rows: number): number {
  return 2 ** (33 - Math.clz32(rows));
}
