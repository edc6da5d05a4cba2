import { addBit, addRun, atOrAfter, atOrBefore, deleteBit, deleteRun, firstWord, newBits } from './bits';
import { endedAddress, endedSize, endedStart, openedBlock } from './follow';
import { take } from './memory';

/*
 * The gaps of a region while blocks that never overlap come and go, as `GapBits` of lib/analysis/gap-bits.ts has them: a bit for each step that is taken,
 * and how many gaps of each size there are.
 *
 *   u64 where it begins | u64 where it ends | u32 shift | u32 steps | u32 taken | u32 counts by size | u32 sizes | u32 the largest gap, in steps
 */
const REGION: usize = 48;
const MAX_STEPS: u64 = 1 << 24;

/** A region without a block, at a place of its own; 0 where it is too large. */
export function openGaps(base: f64, end: f64): usize {
  const region = take(REGION);
  store<u64>(region, <u64>base);
  store<u64>(region, <u64>end, 8);
  const coarsest = ctz((<u64>end - <u64>base) | 16);
  store<u32>(region, <u32>coarsest, 16);
  return layOut(region) ? region : 0;
}

/** Tables for the region's steps, with nothing taken. */
function layOut(region: usize): bool {
  const steps = (load<u64>(region, 8) - load<u64>(region)) >> load<u32>(region, 16);
  if (steps > MAX_STEPS) return false;
  store<u32>(region, <u32>steps, 20);
  store<u32>(region, <u32>newBits(<u32>steps), 24);
  store<u32>(region, <u32>take((<usize>steps + 1) << 2), 28);
  store<u32>(region, <u32>newBits(<u32>steps + 1), 32);
  store<u32>(region, 0, 36);
  if (steps > 0) addGap(region, <u32>steps);
  return true;
}

/** Steps so fine that `bytes` is a multiple of them; what is taken stays so. */
function refine(region: usize, bytes: u64): bool {
  const oldShift = load<u32>(region, 16);
  const oldSteps = load<u32>(region, 20);
  const old: usize = load<u32>(region, 24);
  const shift = <u32>ctz(bytes | ((<u64>1) << oldShift));
  store<u32>(region, shift, 16);
  if (!layOut(region)) return false;
  const finer = oldShift - shift;
  for (let at: i32 = atOrAfter(old, 0); at >= 0; ) {
    let to = <u32>at + 1;
    while (to < oldSteps && atOrAfter(old, to) === <i32>to) to++;
    takeSteps(region, (<u32>at) << finer, to << finer);
    at = to < oldSteps ? atOrAfter(old, to) : -1;
  }
  return true;
}

function addGap(region: usize, size: u32): void {
  const at: usize = <usize>load<u32>(region, 28) + ((<usize>size) << 2);
  const count = load<u32>(at) + 1;
  store<u32>(at, count);
  if (count === 1) addBit(load<u32>(region, 32), size);
  if (size > load<u32>(region, 36)) store<u32>(region, size, 36);
}

function removeGap(region: usize, size: u32): void {
  const at: usize = <usize>load<u32>(region, 28) + ((<usize>size) << 2);
  const count = load<u32>(at) - 1;
  store<u32>(at, count);
  if (count === 0) deleteBit(load<u32>(region, 32), size);
}

/** The largest gap, after some were removed. */
function settle(region: usize): void {
  const largest = load<u32>(region, 36);
  const counts: usize = load<u32>(region, 28);
  if (load<u32>(counts + ((<usize>largest) << 2)) === 0)
    store<u32>(region, <u32>max<i32>(0, atOrBefore(load<u32>(region, 32), <i32>largest)), 36);
}

/** Free steps right before one: mostly told by the word that it lies in. */
function gapBefore(taken: usize, step: u32): u32 {
  const bit = step & 31;
  const before: u32 = bit === 0 ? 0 : load<u32>(firstWord(taken, step)) << (32 - bit);
  if (before !== 0) return clz(before);
  return <u32>(<i32>step - 1 - atOrBefore(taken, <i32>step - 1));
}

/** Free steps from one on. */
function gapAfter(taken: usize, step: u32, steps: u32): u32 {
  if (step === steps) return 0;
  const after: u32 = load<u32>(firstWord(taken, step)) >>> (step & 31);
  if (after !== 0) return ctz(after);
  const next = atOrAfter(taken, step);
  return (next < 0 ? steps : <u32>next) - step;
}

function takeSteps(region: usize, from: u32, to: u32): void {
  const taken: usize = load<u32>(region, 24);
  const before = gapBefore(taken, from);
  const after = gapAfter(taken, to, load<u32>(region, 20));
  removeGap(region, before + to - from + after);
  if (before > 0) addGap(region, before);
  if (after > 0) addGap(region, after);
  addRun(taken, from, to);
  settle(region);
}

function giveSteps(region: usize, from: u32, to: u32): void {
  const taken: usize = load<u32>(region, 24);
  deleteRun(taken, from, to);
  const before = gapBefore(taken, from);
  const after = gapAfter(taken, to, load<u32>(region, 20));
  if (before > 0) removeGap(region, before);
  if (after > 0) removeGap(region, after);
  addGap(region, before + to - from + after);
  settle(region);
}

/** The region that an address lies in, of a list of places; 0 for none. */
function regionOf(regions: usize, count: i32, address: u32): usize {
  for (let i = 0; i < count; i++) {
    const region: usize = load<u32>(regions + ((<usize>i) << 2));
    if (address >= load<u64>(region) && address < load<u64>(region, 8)) return region;
  }
  return 0;
}

/** The end of what lies in the region of so many bytes from a step on. */
function endIn(region: usize, from: u32, bytes: u32): u32 {
  return min<u32>(load<u32>(region, 20), from + (bytes >>> load<u32>(region, 16)));
}

function largestOf(regions: usize, count: i32): f64 {
  let largest: u64 = 0;
  for (let i = 0; i < count; i++) {
    const region: usize = load<u32>(regions + ((<usize>i) << 2));
    largest = max<u64>(largest, (<u64>load<u32>(region, 36)) << load<u32>(region, 16));
  }
  return <f64>largest;
}

/**
 * Follows the gaps of all regions through the events of a run from `from` up to `to`. `state` is what is free, the largest gap, the smallest that was the
 * largest one, its event, what was free then, the loss from which cuts are told, and how many cuts were not told. Cuts are told at `cuts`, as the event's
 * place in the run, and the largest gap before it and after. Returns how many they are, or -1 where steps would become too many.
 */
export function sumGaps(
  from: i32,
  to: i32,
  firstSeq: i32,
  address: usize,
  size: usize,
  regions: usize,
  regionCount: i32,
  state: usize,
  cuts: usize,
): i32 {
  let free = load<f64>(state);
  let largest = load<f64>(state, 8);
  let least = load<f64>(state, 16);
  const lossFrom = load<f64>(state, 40);
  let untold = load<f64>(state, 48);
  let told = 0;
  for (let i = from; i < to; i++) {
    const at: usize = (<usize>i) << 2;
    const ends = load<i32>(endedStart + at) >= 0;
    const opens = load<i32>(openedBlock + at) >= 0;
    if (ends) {
      const where = load<u32>(endedAddress + at);
      const region = regionOf(regions, regionCount, where);
      if (region !== 0) {
        const shift = load<u32>(region, 16);
        const first = <u32>((<u64>where - load<u64>(region)) >> shift);
        const end = endIn(region, first, load<u32>(endedSize + at));
        if (end > first) {
          giveSteps(region, first, end);
          free += <f64>((<u64>(end - first)) << shift);
        }
      }
    }
    if (opens) {
      const where = load<u32>(address + at);
      const region = regionOf(regions, regionCount, where);
      if (region !== 0) {
        const bytes = load<u32>(size + at);
        const offset = <u64>where - load<u64>(region);
        const asked = offset | bytes;
        if ((asked & (((<u64>1) << load<u32>(region, 16)) - 1)) !== 0 && !refine(region, asked)) return -1;
        const shift = load<u32>(region, 16);
        const first = <u32>(offset >> shift);
        const end = endIn(region, first, bytes);
        if (end > first) {
          takeSteps(region, first, end);
          free -= <f64>((<u64>(end - first)) << shift);
        }
      }
    }
    if (!opens && !ends && firstSeq + i !== 0) continue;
    const before = largest;
    largest = largestOf(regions, regionCount);
    if (largest < least) {
      least = largest;
      store<f64>(state, <f64>(firstSeq + i), 24);
      store<f64>(state, free, 32);
    }
    if (!opens || largest >= before) continue;
    if (before - largest < lossFrom) {
      untold += 1;
      continue;
    }
    const cut: usize = cuts + <usize>told * 24;
    told++;
    store<f64>(cut, <f64>i);
    store<f64>(cut, before, 8);
    store<f64>(cut, largest, 16);
  }
  store<f64>(state, free);
  store<f64>(state, largest, 8);
  store<f64>(state, least, 16);
  store<f64>(state, untold, 48);
  return told;
}
