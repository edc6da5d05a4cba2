import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/**
 * How a slice of a column is written: one mode byte, then
 *   0 nothing: all unknown (NaN)
 *   1 zigzag varint of the difference to the value before, each
 *   2 f64 little endian, each
 *   3 presence bits (LSB first), then mode 1 for those present
 */
const MODE = { unknown: 0, delta: 1, raw: 2, sparse: 3 } as const;
const MAX_DELTA = 2 ** 51;

export function writeColumn(writer: ByteWriter, values: ArrayLike<number>, from: number, to: number): void {
  const mode = modeFor(values, from, to);
  writer.byte(mode);
  if (mode === MODE.sparse) writePresence(writer, values, from, to);
  let previous = 0;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? Number.NaN;
    if (mode === MODE.raw) {
      writer.f64(value);
    } else if (mode !== MODE.unknown && !Number.isNaN(value)) {
      writer.signedVarint(value - previous);
      previous = value;
    }
  }
}

/** Reads `count` values and gives each to `take` in order; unknown ones are NaN. */
export function readColumn(reader: ByteReader, count: number, take: (value: number, index: number) => void): void {
  const mode = reader.byte();
  if (mode > MODE.sparse) throw reader.fail(`column mode ${mode}`, '0 to 3');
  const presence = mode === MODE.sparse ? reader.take(Math.ceil(count / 8)) : undefined;
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const absent = mode === MODE.unknown || (presence && !(((presence[i >> 3] ?? 0) >> (i & 7)) & 1));
    if (absent) {
      take(Number.NaN, i);
    } else if (mode === MODE.raw) {
      take(reader.f64(), i);
    } else {
      previous += reader.signedVarint();
      take(previous, i);
    }
  }
}

function modeFor(values: ArrayLike<number>, from: number, to: number): number {
  let present = 0;
  let integers = true;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    present++;
    if (!Number.isInteger(value) || Math.abs(value) >= MAX_DELTA / 2) integers = false;
  }
  if (present === 0) return MODE.unknown;
  if (!integers) return MODE.raw;
  return present === to - from ? MODE.delta : MODE.sparse;
}

function writePresence(writer: ByteWriter, values: ArrayLike<number>, from: number, to: number): void {
  for (let start = from; start < to; start += 8) {
    let bits = 0;
    for (let i = start; i < Math.min(to, start + 8); i++) {
      if (!Number.isNaN(values[i] ?? Number.NaN)) bits |= 1 << (i - start);
    }
    writer.byte(bits);
  }
}
