/** The longest: of a number below 2^53. */
export const MAX_VARINT = 8;
/** Numbers from here on are too large for shifts. */
const MAX_INT = 2 ** 31;

/** How many bytes {@link putVarint} writes. */
export function varintLength(value: number): number {
  let length = 1;
  let rest = value;
  for (; rest >= MAX_INT; rest = Math.floor(rest / 128)) length++;
  for (rest |= 0; rest >= 128; rest >>= 7) length++;
  return length;
}

/** Writes a non-negative integer up to 2^53 as LEB128 and protocol buffers have it: seven bits a byte, the lowest first. What comes behind it begins at the result. */
export function putVarint(out: Uint8Array, at: number, value: number): number {
  let to = at;
  let rest = value;
  for (; rest >= MAX_INT; rest = Math.floor(rest / 128)) out[to++] = (rest % 128) | 128;
  for (rest |= 0; rest >= 128; rest >>= 7) out[to++] = (rest & 127) | 128;
  out[to++] = rest;
  return to;
}
