import { find, findOrAdd, GONE, numberOf, touch } from './blocks';
import { take } from './memory';
import { giveBytes, takeBytes } from './taken';

/** As `EventKind` of lib/trace/trace.ts. */
const ALLOC: u32 = 0;
const REALLOC: u32 = 3;
const FAILED: u32 = 4;
const EXISTING: u32 = 5;

/** Kinds of findings, as lib/trace/kernel/kernel-scan.ts names them. */
const ZERO_SIZE: u32 = 0;
const UNKNOWN_REALLOC: u32 = 1;
const UNKNOWN_FREE: u32 = 2;
const DOUBLE_FREE: u32 = 3;

/** So many events a run at most. */
export const RUN: i32 = 16384;
const MAX_BLOCK_BYTES: u32 = 1 << 24;

export const openedBlock: usize = take(RUN * 4);
export const endedBlock: usize = take(RUN * 4);
export const endedStart: usize = take(RUN * 4);
export const endedAddress: usize = take(RUN * 4);
export const endedSize: usize = take(RUN * 4);
export const endedStack: usize = take(RUN * 4);
/** The old addresses of reallocs as f64, NaN for none. */
export const fromAddress: usize = take(RUN * 8);
/** Pairs of a kind and an event, at most two an event. */
export const findings: usize = take(RUN * 16);

let alive: i32 = 0;
let bytes: i64 = 0;
let peak: i64 = -1;
let peakAlive: i32 = 0;
let peakSeq: i32 = -1;
let found: u32 = 0;
let fetched: u32 = 0;
let numbered: bool = false;

export function peakBytes(): f64 {
  return <f64>peak;
}
export function peakCount(): i32 {
  return peakAlive;
}
export function peakEvent(): i32 {
  return peakSeq;
}
export function foundCount(): u32 {
  return found;
}
/** Nobody's figure: without a reader the fetching would be left out. */
export function whatWasFetched(): u32 {
  return fetched;
}
/** From now on blocks are told by their numbers; before, all are 0. */
export function tellNumbers(): void {
  numbered = true;
}

/** Follows the blocks through a run; false when it gives up. See `BlockScan` of lib/trace/block-scan.ts, which does the same. */
export function follow(
  firstSeq: u32,
  count: i32,
  kind: usize,
  address: usize,
  size: usize,
  stack: usize,
  told: bool,
): bool {
  found = 0;
  for (let i = 0; i < count; i++) {
    if ((i & 31) === 0) fetched |= touch(address + ((<usize>i) << 2), min(32, count - i));
    const what = <u32>load<u8>(kind + <usize>i);
    const to: usize = (<usize>i) << 2;
    store<i32>(endedStart + to, -1);
    store<i32>(openedBlock + to, -1);
    if (what === FAILED) continue;
    const at = load<u32>(address + to);
    const opens = what === ALLOC || what === REALLOC || what === EXISTING;
    if (!opens || what === REALLOC) {
      const old: f64 = what === REALLOC && told ? load<f64>(fromAddress + ((<usize>i) << 3)) : <f64>at;
      // biome-ignore lint/suspicious/noGlobalIsNan: AssemblyScript's own, of an f64.
      const slot = isNaN(old) ? find(at) : findAt(old);
      const state: u32 = slot === 0 ? 0 : load<u32>(slot, 4);
      if (state === 0 || state === GONE) {
        addFinding(what === REALLOC ? UNKNOWN_REALLOC : state === 0 ? UNKNOWN_FREE : DOUBLE_FREE, firstSeq + i);
      } else {
        const gone = load<u32>(slot, 8);
        const where = load<u32>(slot);
        store<u32>(slot, GONE, 4);
        store<u32>(endedBlock + to, numbered ? numberOf(slot) : 0);
        store<u32>(endedStart + to, state - 1);
        store<u32>(endedAddress + to, where);
        store<u32>(endedSize + to, gone);
        store<u32>(endedStack + to, load<u32>(slot, 12));
        giveBytes(where, gone);
        bytes -= gone;
        alive--;
      }
      if (!opens) continue;
    }
    const own = load<u32>(size + to);
    if (own === 0) addFinding(ZERO_SIZE, firstSeq + i);
    if ((at & 3) !== 0 || own > MAX_BLOCK_BYTES || !takeBytes(at, own)) return false;
    const slot = findOrAdd(at);
    store<u32>(slot, firstSeq + i + 1, 4);
    store<u32>(slot, own, 8);
    store<u32>(slot, load<u32>(stack + to), 12);
    store<u32>(openedBlock + to, numbered ? numberOf(slot) : 0);
    bytes += own;
    alive++;
    if (bytes > peak) {
      peak = bytes;
      peakAlive = alive;
      peakSeq = firstSeq + i;
    }
  }
  return true;
}

function findAt(address: f64): usize {
  return address >= 0 && address <= 4294967295 && floor(address) === address ? find(<u32>address) : 0;
}

function addFinding(kind: u32, seq: u32): void {
  const to: usize = findings + ((<usize>found) << 3);
  found++;
  store<u32>(to, kind);
  store<u32>(to, seq, 4);
}
