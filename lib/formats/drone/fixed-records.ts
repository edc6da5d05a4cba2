import { TraceFormatError } from '../../errors/errors.js';
import type { DroneGeneration, DroneSink } from './drone-sink.js';

const LONGEST = 16;

/** Cuts a byte stream into records whose length the first byte tells, whatever the chunks. */
export abstract class FixedRecords {
  abstract readonly generation: DroneGeneration;
  /** The stream offset of the record that is being read. */
  offset = 0;
  private readonly held = new Uint8Array(LONGEST);
  private heldBytes = 0;
  private heldLength = 0;

  constructor(
    public sink: DroneSink,
    protected readonly subject: string,
  ) {}

  push(chunk: Uint8Array): void {
    let at = this.finishHeld(chunk);
    const end = chunk.length;
    while (at < end) {
      const length = this.lengthOf(chunk[at] ?? 0);
      if (at + length > end) {
        this.held.set(chunk.subarray(at));
        this.heldBytes = end - at;
        this.heldLength = length;
        return;
      }
      this.record(chunk, at);
      this.offset += length;
      at += length;
    }
  }

  skipToNext(): void {
    this.offset += this.heldBytes;
    this.heldBytes = 0;
  }

  unfinishedBytes(): number {
    return this.heldBytes;
  }

  /** The whole length of the record that begins with this byte. @throws TraceFormatError when none does. */
  protected abstract lengthOf(firstByte: number): number;
  protected abstract record(bytes: Uint8Array, at: number): void;

  protected fail(code: string, found: string, expected: string): TraceFormatError {
    return new TraceFormatError(
      code,
      `${this.subject}: byte ${this.offset}: found ${found}, expected ${expected} (Drone OS ${this.generation})`,
      {
        offset: this.offset,
        remedy:
          'try the other generations with options.format drone-g0, drone-g1 or drone-g2; the events before it were kept',
      },
    );
  }

  private finishHeld(chunk: Uint8Array): number {
    if (this.heldBytes === 0) return 0;
    const taken = Math.min(this.heldLength - this.heldBytes, chunk.length);
    this.held.set(chunk.subarray(0, taken), this.heldBytes);
    this.heldBytes += taken;
    if (this.heldBytes === this.heldLength) {
      this.record(this.held, 0);
      this.offset += this.heldLength;
      this.heldBytes = 0;
    }
    return taken;
  }
}

/** The little-endian word at an offset that is known to be inside. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}

export function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
