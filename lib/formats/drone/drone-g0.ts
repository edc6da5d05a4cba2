import { DRONE_KEY, type DroneDecoder, type DroneSink } from './drone-sink.js';
import { FixedRecords, hexByte, wordAt } from './fixed-records.js';

/** The second header byte that belongs to a first one; 0 when there is none. */
function secondByte(firstByte: number): number {
  if (firstByte === 0xab) return 0xcd;
  if (firstByte === 0xdc) return 0xba;
  if (firstByte === 0xbc) return 0xde;
  return firstByte === 0xed ? 0xcb : 0;
}

/**
 * Drone OS heaptrace of 2019 to April 2020.
 *
 *     AB CD size   DC BA size   BC DE old new   ED CB old new     alloc, free, grow, shrink; u32 XOR 0xC5ACCE55
 */
export class DroneG0Decoder extends FixedRecords implements DroneDecoder {
  readonly generation = 'G0';

  /** `bigEndian`: of the target, as the words are sent in its own byte order. */
  constructor(
    sink: DroneSink,
    subject: string,
    readonly bigEndian = false,
  ) {
    super(sink, subject);
  }

  protected lengthOf(firstByte: number): number {
    if (firstByte === 0xab || firstByte === 0xdc) return 6;
    if (firstByte === 0xbc || firstByte === 0xed) return 10;
    throw this.fail('HH1410', `header byte ${hexByte(firstByte)}`, 'ab cd, dc ba, bc de or ed cb');
  }

  protected record(bytes: Uint8Array, at: number): void {
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    const wanted = secondByte(first);
    if (second !== wanted) {
      const found = `header ${hexByte(first)} ${hexByte(second)}`;
      throw this.fail('HH1410', found, `${hexByte(first)} ${hexByte(wanted)}`);
    }
    const size = this.size(bytes, at + 2);
    if (first === 0xab) this.sink.alloc(size);
    else if (first === 0xdc) this.sink.free(size);
    else this.sink.resize(size, this.size(bytes, at + 6));
  }

  private size(bytes: Uint8Array, at: number): number {
    const little = wordAt(bytes, at);
    if (little === 0) throw this.fail('HH1410', 'the word 00 00 00 00', 'a masked size');
    const word = this.bigEndian ? swapBytes(little) : little;
    return (word ^ DRONE_KEY) >>> 0;
  }
}

function swapBytes(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
