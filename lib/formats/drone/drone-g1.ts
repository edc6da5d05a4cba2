import { DRONE_KEY, type DroneDecoder } from './drone-sink.js';
import { FixedRecords, hexByte, wordAt } from './fixed-records.js';

/** Interrupts nest frames; no core has more priority levels than this. */
const MAX_NESTING = 256;

/** The open frames of one family, innermost last: their first words, and the middle ones of three-word frames (-1: not yet). */
class OpenFrames {
  readonly first = new Int32Array(MAX_NESTING);
  readonly middle = new Int32Array(MAX_NESTING);
  depth = 0;

  constructor(readonly words: number) {}
}

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
  /** Of alloc, free, grow and shrink. */
  private readonly open: readonly OpenFrames[] = [2, 2, 3, 3].map((words) => new OpenFrames(words));
  /** Set after lost bytes: the ends of frames whose start was lost are let pass. */
  private lenient = false;

  override skipToNext(): void {
    super.skipToNext();
    for (const frames of this.open) frames.depth = 0;
    this.lenient = true;
  }

  override unfinishedBytes(): number {
    let words = 0;
    for (const { depth, middle } of this.open) for (let i = 0; i < depth; i++) words += (middle[i] ?? -1) < 0 ? 1 : 2;
    return super.unfinishedBytes() + words * 4;
  }

  protected lengthOf(): number {
    return 4;
  }

  protected record(bytes: Uint8Array, at: number): void {
    const word = (wordAt(bytes, at) ^ DRONE_KEY) >>> 0;
    const tag = word >>> 24;
    const payload = word & 0xffffff;
    const part = tag & 15;
    const frames = this.framesOf(tag >>> 4);
    if (!frames || part === 0 || part > frames.words) {
      throw this.fail('HH1410', `tag ${hexByte(tag)}`, 'a1, a2, b1 to b3, c1 to c3, d1 or d2 (invalid frame)');
    }
    if (part === frames.words) this.last(frames, tag, payload);
    else if (part === 2) this.middle(frames, tag, payload);
    else {
      if (frames.depth >= MAX_NESTING) throw this.sequence(tag, `at most ${MAX_NESTING} nested frames`);
      frames.first[frames.depth] = payload;
      frames.middle[frames.depth++] = -1;
    }
  }

  private framesOf(family: number): OpenFrames | undefined {
    if (family === 10) return this.open[0];
    if (family === 13) return this.open[1];
    if (family === 11) return this.open[2];
    return family === 12 ? this.open[3] : undefined;
  }

  private middle(frames: OpenFrames, tag: number, payload: number): void {
    const top = frames.depth - 1;
    if (top >= 0 && (frames.middle[top] ?? -1) < 0) frames.middle[top] = payload;
    else if (!this.lenient) throw this.sequence(tag, `${hexByte(tag - 1)} before it`);
  }

  private last(frames: OpenFrames, tag: number, payload: number): void {
    const threeWords = frames.words === 3;
    const top = frames.depth - 1;
    const second = frames.middle[top] ?? -1;
    if (top < 0 || (threeWords && second < 0)) {
      frames.depth = Math.max(0, top);
      if (this.lenient) return;
      throw this.sequence(tag, `${hexByte(tag - 1)} before it`);
    }
    frames.depth = top;
    const used = threeWords ? 0xffff : 0xff;
    if (payload > used) {
      const bytes = payload.toString(16).padStart(6, '0');
      throw this.fail(
        'HH1410',
        `payload ${bytes} of tag ${hexByte(tag)}`,
        `only the low ${threeWords ? 2 : 1} bytes used`,
      );
    }
    const first = frames.first[top] ?? 0;
    const size = ((first << 8) | (threeWords ? second >>> 16 : payload)) >>> 0;
    if (threeWords) this.sink.resize(size, (((second & 0xffff) << 16) | payload) >>> 0);
    else if (tag === 0xa2) this.sink.alloc(size);
    else this.sink.free(size);
  }

  private sequence(tag: number, expected: string) {
    return this.fail('HH1411', `tag ${hexByte(tag)}`, `${expected} (invalid frame sequence)`);
  }
}
