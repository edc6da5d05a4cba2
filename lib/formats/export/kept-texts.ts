import type { Bytes } from '../../base/units.js';

const MAX_KEPT_BYTES: Bytes = 1 << 26;
const encoder = new TextEncoder();

/**
 * The texts of stacks or frames as bytes, each made once: most events share a few thousand. Those of -1 are texts too. Where they are too many those
 * that were made are given up.
 */
export class KeptTexts {
  /** By number plus one. */
  private kept: (Uint8Array | undefined)[] = [];
  private keptBytes = 0;

  constructor(private readonly textOf: (id: number) => string) {}

  of(id: number): Uint8Array {
    return this.kept[id + 1] ?? this.make(id);
  }

  private make(id: number): Uint8Array {
    const bytes = encoder.encode(this.textOf(id));
    this.keptBytes += bytes.length;
    if (this.keptBytes > MAX_KEPT_BYTES) {
      this.kept = [];
      this.keptBytes = bytes.length;
    }
    this.kept[id + 1] = bytes;
    return bytes;
  }
}
