import type { Bytes, StackId } from '../../base/units.js';

const MAX_KEPT_BYTES: Bytes = 1 << 26;
const encoder = new TextEncoder();

/** The texts of stacks as bytes, each made once: most events share a few thousand. Where they are too many those that were made are given up. */
export class StackTexts {
  private kept: (Uint8Array | undefined)[] = [];
  private keptBytes = 0;

  /** `textOf` is never asked for -1. */
  constructor(private readonly textOf: (stack: StackId) => string) {}

  of(stack: StackId): Uint8Array {
    return this.kept[stack] ?? this.make(stack);
  }

  private make(stack: StackId): Uint8Array {
    const bytes = encoder.encode(this.textOf(stack));
    this.keptBytes += bytes.length;
    if (this.keptBytes > MAX_KEPT_BYTES) {
      this.kept = [];
      this.keptBytes = bytes.length;
    }
    this.kept[stack] = bytes;
    return bytes;
  }
}
