import { take } from './memory';

/*
 * The blocks of a heap by their address: an open hash table that only grows, as a heap uses the same addresses again and again. What is known of a
 * block lies in its slot, so that one line of the cache answers.
 *
 *   u32 address | u32 0 for an empty slot, GONE where nothing is alive, else 1 + the event that made it | u32 size | i32 stack
 */
export const SLOT: usize = 16;
export const GONE: u32 = 0xffffffff;
const HASH: u32 = 0x9e3779b1;

let slots: usize = take(4096 * SLOT);
/** By slot: the block's number. Looked at by those who ask for it only. */
let numbers: usize = take(4096 * 4);
let capacity: u32 = 4096;
let shift: u32 = 32 - 12;
let count: u32 = 0;

/** The slot of an address; 0 when nothing was ever allocated there. */
export function find(address: u32): usize {
  let at: u32 = (address * HASH) >> shift;
  let slot: usize = slots + ((<usize>at) << 4);
  while (load<u32>(slot, 4) !== 0) {
    if (load<u32>(slot) === address) return slot;
    at = (at + 1) & (capacity - 1);
    slot = slots + ((<usize>at) << 4);
  }
  return 0;
}

/** The same, with a slot made for an address that has none. */
export function findOrAdd(address: u32): usize {
  let at: u32 = (address * HASH) >> shift;
  for (;;) {
    const slot: usize = slots + ((<usize>at) << 4);
    if (load<u32>(slot, 4) === 0) break;
    if (load<u32>(slot) === address) return slot;
    at = (at + 1) & (capacity - 1);
  }
  if (count * 2 >= capacity) {
    spread();
    at = (address * HASH) >> shift;
    while (load<u32>(slots + ((<usize>at) << 4), 4) !== 0) at = (at + 1) & (capacity - 1);
  }
  const slot: usize = slots + ((<usize>at) << 4);
  store<u32>(slot, address);
  store<u32>(slot, GONE, 4);
  store<u32>(numbers + ((<usize>at) << 2), count++);
  return slot;
}

export function numberOf(slot: usize): u32 {
  return load<u32>(numbers + ((slot - slots) >> 2));
}

/** Fetches the lines of the blocks that come next: all at once, where one after the other would wait for each. */
export function touch(address: usize, count: i32): u32 {
  let all: u32 = 0;
  for (let i = 0; i < count; i++)
    all |= load<u32>(slots + ((<usize>((load<u32>(address + ((<usize>i) << 2)) * HASH) >> shift)) << 4));
  return all;
}

let order: usize = 0;
let orderRoom: u32 = 0;

/** Puts the numbers of the slots of what is alive into the order of allocation, at {@link liveAt}, and returns how many they are. */
export function sortLive(): u32 {
  if (count > orderRoom) {
    orderRoom = count * 2;
    order = take(<usize>orderRoom * 8);
  }
  let live: u32 = 0;
  for (let at: u32 = 0; at < capacity; at++) {
    const state = load<u32>(slots + ((<usize>at) << 4), 4);
    if (state === 0 || state === GONE) continue;
    store<u32>(order + ((<usize>live) << 2), at);
    live++;
  }
  const other: usize = order + ((<usize>orderRoom) << 2);
  sortBy(order, other, live, 0);
  sortBy(other, order, live, 11);
  sortBy(order, other, live, 22);
  memory.copy(order, other, (<usize>live) << 2);
  return live;
}

export function liveAt(): usize {
  return order;
}

const counts: usize = take(2049 * 4);

/** By eleven bits of the event that made a block, without changing the order of those that are equal. */
function sortBy(from: usize, to: usize, live: u32, low: u32): void {
  memory.fill(counts, 0, 2049 * 4);
  for (let i: u32 = 0; i < live; i++) {
    const at: usize = counts + ((<usize>digitOf(load<u32>(from + ((<usize>i) << 2)), low)) << 2);
    store<u32>(at, load<u32>(at, 4) + 1, 4);
  }
  for (let i: usize = 4; i < 2049 * 4; i += 4)
    store<u32>(counts + i, load<u32>(counts + i) + load<u32>(counts + i - 4));
  for (let i: u32 = 0; i < live; i++) {
    const slot = load<u32>(from + ((<usize>i) << 2));
    const at: usize = counts + ((<usize>digitOf(slot, low)) << 2);
    const place = load<u32>(at);
    store<u32>(at, place + 1);
    store<u32>(to + ((<usize>place) << 2), slot);
  }
}

function digitOf(slot: u32, low: u32): u32 {
  return (load<u32>(slots + ((<usize>slot) << 4), 4) >> low) & 2047;
}

export function slotCount(): u32 {
  return capacity;
}

export function slotsAt(): usize {
  return slots;
}

/** At most half of the slots are taken. */
function spread(): void {
  const oldSlots = slots;
  const oldNumbers = numbers;
  const old = capacity;
  capacity *= 2;
  shift--;
  slots = take(<usize>capacity * SLOT);
  numbers = take(<usize>capacity * 4);
  for (let from: u32 = 0; from < old; from++) {
    const slot: usize = oldSlots + ((<usize>from) << 4);
    if (load<u32>(slot, 4) === 0) continue;
    let at: u32 = (load<u32>(slot) * HASH) >> shift;
    while (load<u32>(slots + ((<usize>at) << 4), 4) !== 0) at = (at + 1) & (capacity - 1);
    memory.copy(slots + ((<usize>at) << 4), slot, SLOT);
    store<u32>(numbers + ((<usize>at) << 2), load<u32>(oldNumbers + ((<usize>from) << 2)));
  }
}
