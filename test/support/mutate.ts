/** A small seeded generator (xorshift32): the same seed gives the same inputs everywhere. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0 || 1;
  }

  /** An integer from 0 to `below` - 1. */
  next(below: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state % below;
  }
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x20, 0x2c, 0x3a, 0x3b, 0x22];

/** The input with one to eight random changes: flipped bits, other bytes, cuts, repeats, swapped and doubled parts. */
export function mutate(input: Uint8Array, random: Random): Uint8Array {
  let bytes = Array.from(input);
  for (let changes = 1 + random.next(8); changes > 0 && bytes.length > 0; changes--) {
    const at = random.next(bytes.length);
    const length = 1 + random.next(Math.min(32, bytes.length - at));
    switch (random.next(7)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.next(8));
        break;
      case 1:
        bytes[at] = INTERESTING[random.next(INTERESTING.length)] ?? 0;
        break;
      case 2:
        bytes[at] = random.next(256);
        break;
      case 3:
        bytes.splice(at, length);
        break;
      case 4:
        bytes.splice(at, 0, ...bytes.slice(at, at + length));
        break;
      case 5:
        bytes.splice(random.next(bytes.length), 0, ...bytes.slice(at, at + length));
        break;
      default:
        bytes = bytes.slice(0, at + 1);
    }
  }
  return Uint8Array.from(bytes);
}
