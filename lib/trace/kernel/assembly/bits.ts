import { take } from './memory';

/*
 * A set of small integers that finds neighbours fast, as `OrderedBits` of lib/trace/ordered-bits.ts: bitmaps over bitmaps, each bit of a level saying
 * whether a word of the level below has any.
 *
 *   u32 levels | u32 size | for each level: u32 place of its words | u32 how many
 */
const MAX_LEVELS: usize = 7;

/** For integers from 0 to `size` - 1. */
export function newBits(size: u32): usize {
  const bits = take(8 + MAX_LEVELS * 8);
  store<u32>(bits, size, 4);
  let words = size;
  let depth: u32 = 0;
  do {
    words = max<u32>(1, (words + 31) >>> 5);
    const entry: usize = bits + ((<usize>depth) << 3);
    store<u32>(entry, <u32>take((<usize>words) << 2), 8);
    store<u32>(entry, words, 12);
    depth++;
  } while (words > 1);
  store<u32>(bits, depth);
  return bits;
}

function wordAt(bits: usize, depth: u32, word: u32): usize {
  return <usize>load<u32>(bits + ((<usize>depth) << 3), 8) + ((<usize>word) << 2);
}

/** Where the word lies that has the bit of a number. */
export function firstWord(bits: usize, index: u32): usize {
  return wordAt(bits, 0, index >>> 5);
}

export function addBit(bits: usize, index: u32): void {
  mark(bits, 0, index);
}

export function deleteBit(bits: usize, index: u32): void {
  unmark(bits, 0, index);
}

/** Sets a bit of a level, and what the levels above know of it. */
function mark(bits: usize, first: u32, index: u32): void {
  for (let depth = first, at = index; depth < load<u32>(bits); depth++, at >>>= 5) {
    const place = wordAt(bits, depth, at >>> 5);
    const before = load<u32>(place);
    store<u32>(place, before | (1 << (at & 31)));
    if (before !== 0) return;
  }
}

function unmark(bits: usize, first: u32, index: u32): void {
  for (let depth = first, at = index; depth < load<u32>(bits); depth++, at >>>= 5) {
    const place = wordAt(bits, depth, at >>> 5);
    const left = load<u32>(place) & ~(1 << (at & 31));
    store<u32>(place, left);
    if (left !== 0) return;
  }
}

/** Adds all from `from` up to `to` (without it). */
export function addRun(bits: usize, from: u32, to: u32): void {
  for (let at = from; at < to; at = (at | 31) + 1) {
    const place = wordAt(bits, 0, at >>> 5);
    const before = load<u32>(place);
    store<u32>(place, before | maskIn(at, to));
    if (before === 0) mark(bits, 1, at >>> 5);
  }
}

export function deleteRun(bits: usize, from: u32, to: u32): void {
  for (let at = from; at < to; at = (at | 31) + 1) {
    const place = wordAt(bits, 0, at >>> 5);
    const left = load<u32>(place) & ~maskIn(at, to);
    store<u32>(place, left);
    if (left === 0) unmark(bits, 1, at >>> 5);
  }
}

/** The bits of the word that `from` lies in, from `from` up to `end` (without it). */
function maskIn(from: u32, end: u32): u32 {
  const bit = from & 31;
  return (0xffffffff >>> (32 - min<u32>(32 - bit, end - from))) << bit;
}

/** The smallest member from `index` on, or -1. */
export function atOrAfter(bits: usize, index: u32): i32 {
  for (let depth: u32 = 0, at = index; depth < load<u32>(bits); depth++) {
    const word = at >>> 5;
    if (word >= load<u32>(bits + ((<usize>depth) << 3), 12)) return -1;
    const found = load<u32>(wordAt(bits, depth, word)) & (0xffffffff << (at & 31));
    if (found !== 0) {
      let down = (word << 5) + ctz(found);
      for (; depth > 0; depth--) down = (down << 5) + ctz(load<u32>(wordAt(bits, depth - 1, down)));
      return <i32>down;
    }
    at = word + 1;
  }
  return -1;
}

/** The largest member up to `index`, or -1. */
export function atOrBefore(bits: usize, index: i32): i32 {
  let at = min<i32>(index, <i32>load<u32>(bits, 4) - 1);
  for (let depth: u32 = 0; depth < load<u32>(bits) && at >= 0; depth++) {
    const word = <u32>at >>> 5;
    const found = load<u32>(wordAt(bits, depth, word)) & (0xffffffff >>> (31 - (at & 31)));
    if (found !== 0) {
      let down = (word << 5) + 31 - clz(found);
      for (; depth > 0; depth--) down = (down << 5) + 31 - clz(load<u32>(wordAt(bits, depth - 1, down)));
      return <i32>down;
    }
    at = <i32>word - 1;
  }
  return -1;
}
