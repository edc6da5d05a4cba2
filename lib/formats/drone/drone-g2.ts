import type { DroneDecoder } from './drone-sink.js';
import { FixedRecords, hexByte, wordAt } from './fixed-records.js';

/**
 * Drone OS heaptrace since September 2022.
 *
 *     00 size   01 size   02 old new   03 old new     alloc, free, grow, shrink; u32 little-endian
 */
export class DroneG2Decoder extends FixedRecords implements DroneDecoder {
  readonly generation = 'G2';

  protected lengthOf(firstByte: number): number {
    if (firstByte < 2) return 5;
    if (firstByte < 4) return 9;
    throw this.fail('HH1411', `op ${hexByte(firstByte)}`, '00 to 03 (invalid frame sequence)');
  }

  protected record(bytes: Uint8Array, at: number): void {
    const size = wordAt(bytes, at + 1);
    const op = bytes[at];
    if (op === 0) this.sink.alloc(size);
    else if (op === 1) this.sink.free(size);
    else this.sink.resize(size, wordAt(bytes, at + 5));
  }
}
