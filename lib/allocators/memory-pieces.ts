import { lastAtOrBefore } from '../base/sorted.js';
import type { Address, Bytes } from '../base/units.js';

/** A copy of some memory of the target's. */
export interface MemoryPiece {
  readonly address: Address;
  readonly bytes: Uint8Array;
}

/** Copies of several parts of memory, read by address. Of parts that overlap, the one that begins last is read. */
export class MemoryPieces {
  private readonly pieces: readonly (MemoryPiece & { readonly view: DataView })[];
  private readonly starts: Float64Array;

  constructor(pieces: readonly MemoryPiece[]) {
    this.pieces = pieces
      .filter(({ bytes }) => bytes.length > 0)
      .sort((a, b) => a.address - b.address)
      .map((piece) => ({
        ...piece,
        view: new DataView(piece.bytes.buffer, piece.bytes.byteOffset, piece.bytes.length),
      }));
    this.starts = Float64Array.from(this.pieces, ({ address }) => address);
  }

  /** A little-endian word; undefined where none was copied. */
  word(address: Address): number | undefined {
    const piece = this.pieces[lastAtOrBefore(this.starts, address)];
    const at = address - (piece?.address ?? 0);
    return piece === undefined || at + 4 > piece.bytes.length ? undefined : piece.view.getUint32(at, true);
  }

  /** Exactly so many bytes; undefined where not all were copied in one piece. */
  bytes(address: Address, length: Bytes): Uint8Array | undefined {
    const piece = this.pieces[lastAtOrBefore(this.starts, address)];
    const at = address - (piece?.address ?? 0);
    return piece === undefined || at + length > piece.bytes.length ? undefined : piece.bytes.subarray(at, at + length);
  }
}
