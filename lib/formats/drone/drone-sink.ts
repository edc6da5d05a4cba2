import type { Bytes } from '../../base/units.js';

/** The three record layouts that Drone OS has used (docs/formats.md tells which release has which). */
export type DroneGeneration = 'G0' | 'G1' | 'G2';

/** What every generation decodes to. Sizes are the requested ones; there is nothing else in a record. */
export interface DroneSink {
  alloc(sizeBytes: Bytes): void;
  free(sizeBytes: Bytes): void;
  resize(fromSizeBytes: Bytes, sizeBytes: Bytes): void;
}

/** A decoder of one generation. `sink` may be changed between two calls of `push`. */
export interface DroneDecoder {
  readonly generation: DroneGeneration;
  sink: DroneSink;
  /** The offset of the first byte that does not belong to a whole record yet. */
  readonly offset: number;
  /** @throws TraceFormatError at a record that this generation cannot have. */
  push(chunk: Uint8Array): void;
  /** Bytes were lost here: drops what is unfinished and lets the rest of a cut record pass. */
  skipToNext(): void;
  /** How many bytes of unfinished records there are. */
  unfinishedBytes(): number;
}

/** Drone's own mask over sizes (G0) and words (G1), so that a header never looks like a size. */
export const DRONE_KEY = 0xc5acce55;
