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
  let bytes = Uint8Array.from(input);
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
        bytes = spliced(bytes, { at, deleted: length });
        break;
      case 4:
        bytes = spliced(bytes, { at, inserted: bytes.slice(at, at + length) });
        break;
      case 5:
        bytes = spliced(bytes, { at: random.next(bytes.length), inserted: bytes.slice(at, at + length) });
        break;
      default:
        bytes = bytes.slice(0, at + 1);
    }
  }
  return bytes;
}

interface Splice {
  readonly at: number;
  readonly deleted?: number;
  readonly inserted?: Uint8Array;
}

function spliced(
  bytes: Uint8Array,
  { at, deleted = 0, inserted = new Uint8Array(0) }: Splice,
): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length - deleted + inserted.length);
  result.set(bytes.subarray(0, at));
  result.set(inserted, at);
  result.set(bytes.subarray(at + deleted), at + inserted.length);
  return result;
}
