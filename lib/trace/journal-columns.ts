import type { ByteWriter } from './byte-writer.js';
import type { NumberColumn } from './column.js';
import type { VarintReader } from './varint-reader.js';

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

/** Reads `count` values into `out`, from `from` on; unknown ones are NaN, and 0 where `out` holds integers. */
export function readColumn(reader: VarintReader, out: Float64Array | Int32Array, from: number, count: number): void {
  const mode = reader.byte();
  switch (mode) {
    case MODE.unknown:
      out.fill(Number.NaN, from, from + count);
      break;
    case MODE.delta:
      reader.differences(out, from, count);
      break;
    case MODE.raw:
      for (let i = from; i < from + count; i++) out[i] = reader.f64();
      break;
    case MODE.sparse:
      readSparse(reader, out, from, count);
      break;
    default:
      throw reader.fail(`column mode ${mode}`, '0 to 3');
  }
}

/** The same for addresses and sizes, which are 0 where they are unknown, negative or infinite. The column has room for them. */
export function readNumbers(reader: VarintReader, column: NumberColumn, from: number, count: number): void {
  const start = reader.offset;
  if (column.values instanceof Uint32Array) {
    const mode = reader.byte();
    if (mode === MODE.delta && reader.differences(column.values, from, count)) return;
    if (mode === MODE.unknown) return void column.values.fill(0, from, from + count);
    reader.offset = start;
    column.widen();
  }
  if (!(column.values instanceof Float64Array)) return;
  readColumn(reader, column.values, from, count);
  makeSane(column.values, from, count);
}

function makeSane(values: Float64Array, first: number, count: number): void {
  for (let i = first; i < first + count; i++) {
    const value = values[i] as number;
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) values[i] = 0;
  }
}

/** The same for a column that is not wanted. */
export function skipColumn(reader: VarintReader, count: number): void {
  const mode = reader.byte();
  if (mode > MODE.sparse) throw reader.fail(`column mode ${mode}`, '0 to 3');
  if (mode === MODE.raw) reader.take(count * 8);
  if (mode === MODE.delta) reader.skipVarints(count);
  if (mode !== MODE.sparse) return;
  let present = 0;
  for (const byte of reader.take(Math.ceil(count / 8))) for (let bits = byte; bits !== 0; bits &= bits - 1) present++;
  reader.skipVarints(present);
}

/** Whether no value of the column that comes next is known. */
export function isUnknown(reader: VarintReader): boolean {
  return reader.peek() === MODE.unknown;
}

function readSparse(reader: VarintReader, out: Float64Array | Int32Array, from: number, count: number): void {
  const presence = reader.take(Math.ceil(count / 8));
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const present = ((presence[i >> 3] ?? 0) >> (i & 7)) & 1;
    if (present) previous += reader.signedVarint();
    out[from + i] = present ? previous : Number.NaN;
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
