/**
 * Reads `count` integers, each a zigzag varint of its difference to the one before, from `at` up to `end` into 32-bit values at `out`. Returns where
 * it ended, or 0 where a value does not fit or the bytes do not: the caller reads those in another way. Eight bytes behind `end` can be read.
 */
export function differences(at: usize, end: usize, out: usize, count: i32, unsigned: i32): usize {
  let value: i64 = 0;
  for (const to: usize = out + ((<usize>count) << 2); out < to; out += 4) {
    if (at >= end) return 0;
    const bytes = load<u64>(at);
    const ends = ~bytes & 0x8080808080;
    if (ends === 0) return 0;
    // Without a branch for the length: lengths are mixed, and a wrong guess costs more than all of this.
    const bits = ctz(ends);
    const used = bytes & (((<u64>2) << bits) - 1);
    const zigzag =
      (used & 0x7f) |
      ((used >> 1) & 0x3f80) |
      ((used >> 2) & 0x1fc000) |
      ((used >> 3) & 0xfe00000) |
      ((used >> 4) & 0x7f0000000);
    at += <usize>((bits >> 3) + 1);
    value += <i64>(zigzag >> 1) ^ -(<i64>(zigzag & 1));
    if (unsigned !== 0 ? <u64>value > 0xffffffff : value !== <i64>(<i32>value)) return 0;
    store<i32>(out, <i32>value);
  }
  return at <= end ? at : 0;
}

/** Whether all bytes are below `limit`. */
export function bytesBelow(at: usize, count: i32, limit: i32): bool {
  let highest = 0;
  for (const end: usize = at + <usize>count; at < end; at++) highest = max(highest, <i32>load<u8>(at));
  return highest < limit;
}

/** Turns negative numbers into -1; whether all others are below `limit`. */
export function clampIds(at: usize, count: i32, limit: i32): bool {
  let highest = -1;
  for (const end: usize = at + ((<usize>count) << 2); at < end; at += 4) {
    const id = max(-1, load<i32>(at));
    store<i32>(at, id);
    highest = max(highest, id);
  }
  return highest < limit;
}
