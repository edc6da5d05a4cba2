import { take } from './memory';

/** Which bytes are taken, four by four: by mebibyte of the memory the place of a bitmap, 0 for none yet. */
const pages: usize = take(4096 * 4);
const PAGE_BYTES: usize = 32768;
const STEPS: u64 = 1 << 30;

/** Takes what lies from an address (a multiple of 4) on; false, with nothing taken, where something is. No bytes take one step. */
export function takeBytes(address: u32, size: u32): bool {
  const steps = stepsOf(size);
  const bit = (address >> 2) & 31;
  if (bit + steps <= 32) {
    const mask = maskOf(bit, steps);
    const at = wordAt(address >> 2);
    const word = load<u32>(at);
    if ((word & mask) !== 0) return false;
    store<u32>(at, word | mask);
    return true;
  }
  const from = <u64>(address >> 2);
  const end = min<u64>(STEPS, from + steps);
  for (let step = from; step < end; step = (step | 31) + 1)
    if ((load<u32>(wordAt(<u32>step)) & maskIn(step, end)) !== 0) return false;
  for (let step = from; step < end; step = (step | 31) + 1) {
    const at = wordAt(<u32>step);
    store<u32>(at, load<u32>(at) | maskIn(step, end));
  }
  return true;
}

export function giveBytes(address: u32, size: u32): void {
  const steps = stepsOf(size);
  const bit = (address >> 2) & 31;
  if (bit + steps <= 32) {
    const at = wordAt(address >> 2);
    store<u32>(at, load<u32>(at) & ~maskOf(bit, steps));
    return;
  }
  const from = <u64>(address >> 2);
  const end = min<u64>(STEPS, from + steps);
  for (let step = from; step < end; step = (step | 31) + 1) {
    const at = wordAt(<u32>step);
    store<u32>(at, load<u32>(at) & ~maskIn(step, end));
  }
}

function wordAt(step: u32): usize {
  const entry: usize = pages + ((<usize>(step >> 18)) << 2);
  let page: usize = load<u32>(entry);
  if (page === 0) {
    page = take(PAGE_BYTES);
    store<u32>(entry, <u32>page);
  }
  return page + <usize>(((step >> 5) & 8191) << 2);
}

function stepsOf(size: u32): u32 {
  return size === 0 ? 1 : ((size - 1) >> 2) + 1;
}

/** `count` bits, 1 to 32, from `bit` on. */
function maskOf(bit: u32, count: u32): u32 {
  return (0xffffffff >> (32 - count)) << bit;
}

function maskIn(step: u64, end: u64): u32 {
  const bit = <u32>step & 31;
  return maskOf(bit, <u32>min<u64>(32 - bit, end - step));
}
