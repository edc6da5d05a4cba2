import type { Address, Bytes } from '../base/units.js';

/** Where instructions are read from: an ELF file, or memory that was read from a target. */
export interface CodeBytes {
  readonly littleEndian: boolean;
  /** Exactly so many bytes; undefined when they are not there. */
  readMemory(address: Address, sizeBytes: Bytes): Uint8Array | undefined;
}

/** A branch that stands before an address. */
export interface Branch {
  readonly isCall: boolean;
  /** Undefined where a register says it. */
  readonly target: Address | undefined;
}
