import { endedSize, endedStack, endedStart, openedBlock } from './follow';

/*
 * What the sinks of lib/analysis/one-pass sum of a run whose blocks were followed: each function does what the loop of the class does that calls it,
 * on tables that have the same layout there.
 *
 * Whether an event ends or opens a block cannot be guessed, and a wrong guess costs as much as a dozen additions: where little is summed, nothing is
 * added for those that do not, without a branch. Rows of several sums have the branch: nothing, added to one row again and again, waits for itself.
 */

const ALLOC: u32 = 0;
const REALLOC: u32 = 3;
const FAILED: u32 = 4;
const EXISTING: u32 = 5;

function addTo(at: usize, value: f64): void {
  store<f64>(at, load<f64>(at) + value);
}

/** The row of a stack, or the last one. */
function rowOf(stack: i32, none: i32): usize {
  return <usize>(<u32>stack < <u32>none ? stack : none);
}

/** Bytes by stack, the last row for events without one; returns those of all. */
export function sumStackBytes(count: i32, kind: usize, size: usize, stack: usize, sums: usize, none: i32): f64 {
  let total: u64 = 0;
  for (let i = 0; i < count; i++) {
    const what = <u32>load<u8>(kind + <usize>i);
    const to: usize = (<usize>i) << 2;
    const bytes = select<u32>(load<u32>(size + to), 0, what === ALLOC || what === REALLOC);
    total += bytes;
    addTo(sums + (rowOf(load<i32>(stack + to), none) << 3), <f64>bytes);
  }
  return <f64>total;
}

/** Blocks alive and their bytes by stack, side by side. */
export function sumLive(from: i32, to: i32, size: usize, stack: usize, live: usize, none: i32): void {
  for (let i = from; i < to; i++) {
    const at: usize = (<usize>i) << 2;
    const ended = load<i32>(endedStart + at) >= 0;
    const gone: usize = live + (rowOf(select<i32>(load<i32>(endedStack + at), -1, ended), none) << 4);
    addTo(gone, -(<f64>i32(ended)));
    addTo(gone + 8, -(<f64>select<u32>(load<u32>(endedSize + at), 0, ended)));
    const opened = load<i32>(openedBlock + at) >= 0;
    const row: usize = live + (rowOf(select<i32>(load<i32>(stack + at), -1, opened), none) << 4);
    addTo(row, <f64>i32(opened));
    addTo(row + 8, <f64>select<u32>(load<u32>(size + at), 0, opened));
  }
}

/** Rows of a tree; `state` is its bytes alive, its peak, the event of that, and the last event that allocated. */
export function sumTree(
  count: i32,
  firstSeq: i32,
  kind: usize,
  size: usize,
  stack: usize,
  rows: usize,
  peak: usize,
  temporary: usize,
  none: i32,
  unitBytes: f64,
  state: usize,
): void {
  let bytes = load<f64>(state);
  let peakBytes = load<f64>(state, 8);
  let peakSeq = load<f64>(state, 16);
  let lastOpened = <i32>load<f64>(state, 24);
  for (let i = 0; i < count; i++) {
    const to: usize = (<usize>i) << 2;
    const seq = firstSeq + i;
    const start = load<i32>(endedStart + to);
    if (start >= 0) {
      const gone = <f64>load<u32>(endedSize + to);
      const at = rowOf(load<i32>(endedStack + to), none);
      const units = ceil(gone / unitBytes);
      changeRow(rows + (at << 6), peak + at * 24, seq, peakSeq);
      const row: usize = rows + (at << 6) + 24;
      addTo(row, 1);
      addTo(row + 8, units);
      addTo(row + 16, gone);
      if (start === lastOpened && load<u8>(kind + <usize>i) !== <u8>REALLOC) {
        const spent: usize = temporary + at * 24;
        addTo(spent, 1);
        addTo(spent + 8, units);
        addTo(spent + 16, gone);
      }
      bytes -= gone;
    }
    if (load<i32>(openedBlock + to) < 0) continue;
    const own = <f64>load<u32>(size + to);
    const at = rowOf(load<i32>(stack + to), none);
    const row: usize = rows + (at << 6);
    changeRow(row, peak + at * 24, seq, peakSeq);
    addTo(row, 1);
    addTo(row + 8, ceil(own / unitBytes));
    addTo(row + 16, own);
    bytes += own;
    lastOpened = seq;
    if (bytes > peakBytes) {
      peakBytes = bytes;
      peakSeq = <f64>seq;
    }
  }
  store<f64>(state, bytes);
  store<f64>(state, peakBytes, 8);
  store<f64>(state, peakSeq, 16);
  store<f64>(state, <f64>lastOpened, 24);
}

/** Writes down what a row had at the peak, at its first change since. */
function changeRow(row: usize, peak: usize, seq: i32, peakSeq: f64): void {
  if (load<f64>(row, 48) <= peakSeq) {
    for (let k: usize = 0; k < 24; k += 8) store<f64>(peak + k, load<f64>(row + k) - load<f64>(row + 24 + k));
  }
  store<f64>(row, <f64>seq, 48);
}

/** Rows of sources; `state` is the last event that allocated, and the bytes of temporary blocks. */
export function sumSources(
  count: i32,
  firstSeq: i32,
  kind: usize,
  size: usize,
  stack: usize,
  rows: usize,
  sourceOf: usize,
  stacks: i32,
  state: usize,
): void {
  let lastOpened = <i32>load<f64>(state);
  let temporary = load<f64>(state, 8);
  for (let i = 0; i < count; i++) {
    const to: usize = (<usize>i) << 2;
    const start = load<i32>(endedStart + to);
    if (start >= 0) {
      const gone = <f64>load<u32>(endedSize + to);
      const source = load<i32>(sourceOf + (rowOf(load<i32>(endedStack + to), stacks) << 2));
      const row: usize = rows + ((<usize>source) << 6);
      addTo(row + 24, -gone);
      addTo(row + 16, -1);
      if (start === lastOpened && load<u8>(kind + <usize>i) !== <u8>REALLOC) {
        addTo(row + 40, 1);
        temporary += gone;
      }
    }
    if (load<i32>(openedBlock + to) < 0) continue;
    const own = <f64>load<u32>(size + to);
    const source = load<i32>(sourceOf + (rowOf(load<i32>(stack + to), stacks) << 2));
    const row: usize = rows + ((<usize>source) << 6);
    const now = load<f64>(row, 24) + own;
    store<f64>(row, now, 24);
    addTo(row + 16, 1);
    addTo(row, 1);
    addTo(row + 8, own);
    if (now > load<f64>(row, 32)) store<f64>(row, now, 32);
    lastOpened = firstSeq + i;
  }
  store<f64>(state, <f64>lastOpened);
  store<f64>(state, temporary, 8);
}

/**
 * Live, most alive and all blocks by size, rows of four numbers each; false, with nothing counted, where a size is not below `limit`. The fourth
 * number of the first row is the largest size.
 */
export function sumSizes(count: i32, size: usize, rows: usize, limit: u32): bool {
  let largest = load<u32>(rows, 12);
  for (let i = 0; i < count; i++) {
    const to: usize = (<usize>i) << 2;
    largest = max(largest, select<u32>(load<u32>(size + to), 0, load<i32>(openedBlock + to) >= 0));
  }
  if (largest >= limit) return false;
  store<u32>(rows, largest, 12);
  for (let i = 0; i < count; i++) {
    const to: usize = (<usize>i) << 2;
    const ended = load<i32>(endedStart + to) >= 0;
    const gone: usize = rows + ((<usize>select<u32>(load<u32>(endedSize + to), 0, ended)) << 4);
    store<i32>(gone, load<i32>(gone) - i32(ended));
    const opened = load<i32>(openedBlock + to) >= 0;
    const row: usize = rows + ((<usize>select<u32>(load<u32>(size + to), 0, opened)) << 4);
    const now = load<i32>(row) + i32(opened);
    store<i32>(row, now);
    store<i32>(row, max(now, load<i32>(row, 4)), 4);
    store<i32>(row, load<i32>(row, 8) + i32(opened), 8);
  }
  return true;
}

/**
 * How many events each block that was ended had lived: counted at `counts`, with a row for each number below `limit`; others are written one after
 * another at `out`. Returns how many those are.
 */
export function lifetimes(count: i32, firstSeq: i32, counts: usize, limit: u32, out: usize): i32 {
  let long = 0;
  for (let i = 0; i < count; i++) {
    const start = load<i32>(endedStart + ((<usize>i) << 2));
    const ended = start >= 0;
    const lived = <u32>(firstSeq + i - start);
    const isShort = lived < limit;
    const at: usize = counts + ((<usize>select<u32>(lived, 0, ended && isShort)) << 2);
    store<u32>(at, load<u32>(at) + u32(ended && isShort));
    store<u32>(out + ((<usize>long) << 2), lived);
    long += i32(ended && !isShort);
  }
  return long;
}

/** Counts by kind of event. */
export function sumKinds(count: i32, kind: usize, counts: usize): void {
  for (let i = 0; i < count; i++) addTo(counts + ((<usize>load<u8>(kind + <usize>i)) << 3), 1);
}

/** `state` is what is alive, and of the phase: allocations, frees, failures, allocated bytes, its peak. */
export function sumPhase(count: i32, kind: usize, size: usize, state: usize): void {
  // Whole bytes: an integer is added in a third of the time, and each sum waits for the one before.
  let live = <i64>load<f64>(state);
  let allocated = <i64>load<f64>(state, 32);
  let peak = <i64>load<f64>(state, 40);
  let allocations = 0;
  let failures = 0;
  let existing = 0;
  for (let i = 0; i < count; i++) {
    const to: usize = (<usize>i) << 2;
    live -= select<u32>(load<u32>(endedSize + to), 0, load<i32>(endedStart + to) >= 0);
    const what = <u32>load<u8>(kind + <usize>i);
    allocations += <i32>(what === ALLOC || what === REALLOC);
    failures += <i32>(what === FAILED);
    existing += <i32>(what === EXISTING);
    const opened = load<i32>(openedBlock + to) >= 0;
    const own = select<u32>(load<u32>(size + to), 0, opened);
    live += own;
    allocated += own;
    peak = select<i64>(live, peak, opened && live > peak);
  }
  store<f64>(state, <f64>live);
  addTo(state + 8, <f64>allocations);
  addTo(state + 16, <f64>(count - allocations - failures - existing));
  addTo(state + 24, <f64>failures);
  store<f64>(state, <f64>allocated, 32);
  store<f64>(state, <f64>peak, 40);
}
