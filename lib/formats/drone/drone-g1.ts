import { DRONE_KEY, type DroneDecoder } from './drone-sink.js';
import { FixedRecords, hexByte, wordAt } from './fixed-records.js';

/** Interrupts nest frames; no core has more priority levels than this. */
const MAX_NESTING = 256;

/** Words that wait for the rest of their frame. `second` is -1 until the middle word of a three-word frame came. */
interface OpenFrame {
  readonly first: number;
  second: number;
}

const FAMILY: Readonly<Record<number, { readonly name: string; readonly words: number; readonly index: number }>> = {
  10: { name: 'alloc', words: 2, index: 0 },
  13: { name: 'free', words: 2, index: 1 },
  11: { name: 'grow', words: 3, index: 2 },
  12: { name: 'shrink', words: 3, index: 3 },
};

/**
 * Drone OS heaptrace v0.12 to v0.14 (the one that the Drone book describes): little-endian words that, after XOR with
 * 0xC5ACCE55, hold a tag in the top byte and three payload bytes, most significant first.
 *
 *     A1 ss ss ss  A2 00 00 ss                 alloc size (D1, D2: free)
 *     B1 oo oo oo  B2 oo nn nn  B3 00 nn nn    grow old -> new (C1, C2, C3: shrink)
 *
 * An interrupt can put its own frames between two words of a frame, so each family keeps a stack of open frames.
 */
export class DroneG1Decoder extends FixedRecords implements DroneDecoder {
  readonly generation = 'G1';
  private readonly open: readonly OpenFrame[][] = [[], [], [], []];
  /** Set after lost bytes: the ends of frames whose start was lost are let pass. */
  private lenient = false;

  override skipToNext(): void {
    super.skipToNext();
    for (const frames of this.open) frames.length = 0;
    this.lenient = true;
  }

  override unfinishedBytes(): number {
    let words = 0;
    for (const frames of this.open) for (const frame of frames) words += frame.second < 0 ? 1 : 2;
    return super.unfinishedBytes() + words * 4;
  }

  protected lengthOf(): number {
    return 4;
  }

  protected record(bytes: Uint8Array, at: number): void {
    const word = (wordAt(bytes, at) ^ DRONE_KEY) >>> 0;
    const tag = word >>> 24;
    const payload = word & 0xffffff;
    const family = FAMILY[tag >>> 4];
    const part = tag & 15;
    if (!family || part === 0 || part > family.words) {
      throw this.fail('HH1410', `tag ${hexByte(tag)}`, 'a1, a2, b1 to b3, c1 to c3, d1 or d2 (invalid frame)');
    }
    const frames = this.open[family.index];
    if (!frames) return;
    if (part === 1) {
      if (frames.length >= MAX_NESTING) throw this.sequence(tag, `at most ${MAX_NESTING} nested frames`);
      frames.push({ first: payload, second: -1 });
    } else if (part < family.words) this.middle(frames, tag, payload);
    else this.last(frames, tag, payload);
  }

  private middle(frames: OpenFrame[], tag: number, payload: number): void {
    const top = frames[frames.length - 1];
    if (top && top.second < 0) top.second = payload;
    else if (!this.lenient) throw this.sequence(tag, `${hexByte(tag - 1)} before it`);
  }

  private last(frames: OpenFrame[], tag: number, payload: number): void {
    const frame = frames.pop();
    const threeWords = (tag & 15) === 3;
    if (!frame || (threeWords && frame.second < 0)) {
      if (this.lenient) return;
      throw this.sequence(tag, `${hexByte(tag - 1)} before it`);
    }
    const used = threeWords ? 0xffff : 0xff;
    if (payload > used) {
      const bytes = payload.toString(16).padStart(6, '0');
      throw this.fail(
        'HH1410',
        `payload ${bytes} of tag ${hexByte(tag)}`,
        `only the low ${threeWords ? 2 : 1} bytes used`,
      );
    }
    const { first, second } = frame;
    const size = ((first << 8) | (threeWords ? second >>> 16 : payload)) >>> 0;
    if (threeWords) this.sink.resize(size, (((second & 0xffff) << 16) | payload) >>> 0);
    else if (tag === 0xa2) this.sink.alloc(size);
    else this.sink.free(size);
  }

  private sequence(tag: number, expected: string) {
    return this.fail('HH1411', `tag ${hexByte(tag)}`, `${expected} (invalid frame sequence)`);
  }
}
