const ZERO = 0x30;
const SMALL_A = 0x61;
const SMALL_X = 0x78;
const SPACE = 0x20;
const EQUALS = 0x3d;

/** The number in a line of gdb's value history: `$12 = 0x1f` or `$12 = 31`, whatever follows it; -1 for any other line and beyond 2^53. */
export function gdbValue(bytes: Uint8Array, from: number, to: number): number {
  let at = from + 1;
  while (at < to && digitOf(bytes[at] ?? 0, 10) >= 0) at++;
  if (at === from + 1 || bytes[at] !== SPACE || bytes[at + 1] !== EQUALS || bytes[at + 2] !== SPACE) return -1;
  at += 3;
  const isHex = at + 2 < to && bytes[at] === ZERO && bytes[at + 1] === SMALL_X && digitOf(bytes[at + 2] ?? 0, 16) >= 0;
  const radix = isHex ? 16 : 10;
  if (isHex) at += 2;
  if (at >= to || digitOf(bytes[at] ?? 0, radix) < 0) return -1;
  let value = 0;
  for (; at < to; at++) {
    const digit = digitOf(bytes[at] ?? 0, radix);
    if (digit < 0) break;
    value = value * radix + digit;
  }
  return Number.isSafeInteger(value) ? value : -1;
}

/** The digit's value, lower case only, as gdb writes it; -1 for no digit of this radix. */
function digitOf(byte: number, radix: 10 | 16): number {
  if (byte >= ZERO && byte < ZERO + 10) return byte - ZERO;
  return radix === 16 && byte >= SMALL_A && byte < SMALL_A + 6 ? byte - SMALL_A + 10 : -1;
}
