import type { ByteWriter } from './byte-writer.js';
import { writeColumn } from './journal-columns.js';
import { OPTIONAL_COLUMNS, type TraceBuilder } from './trace-builder.js';

/*
 * A batch: summary | strings | frames | stacks | events
 *   summary  first seq, event count, live bytes after it, lowest and highest address (varints): lets a reader seek;
 *            from version 2 on how many strings, frames and stacks came before: lets a reader go on after a lost batch
 *   strings  count, then each as length + UTF-8
 *   frames   count, then per frame: address, function, file, line, flags (varints)
 *   stacks   count, then per node: parent + 1, frame (varints)
 *   events   kinds as bytes, then columns: address, size, stack, then a mask byte and the optional columns it names
 */

/** How much of a builder has been written. */
export interface Written {
  readonly strings: number;
  readonly frames: number;
  readonly stacks: number;
  readonly events: number;
}

export const NOTHING_WRITTEN: Written = { strings: 0, frames: 0, stacks: 0, events: 0 };

export function writtenAll(builder: TraceBuilder): Written {
  const { strings, frameLine, trie } = builder.tables;
  return { strings: strings.length, frames: frameLine.length, stacks: trie.parent.length, events: builder.eventCount };
}

/** Writes what the builder holds from `from` to `to`. */
export function writeBatch(
  writer: ByteWriter,
  builder: TraceBuilder,
  { from, to, liveBytes }: { readonly from: Written; readonly to: Written; readonly liveBytes: number },
): void {
  const { tables, forgotten } = builder;
  // Places in the columns, which begin after the events that were forgotten.
  const [first, end] = [from.events - forgotten, to.events - forgotten];
  const { low, high } = addressRange(builder, first, end);
  for (const value of [from.events, end - first, liveBytes, low, high]) writer.varint(Math.floor(value));
  for (const value of [from.strings, from.frames, from.stacks]) writer.varint(value);
  writer.varint(to.strings - from.strings);
  for (let i = from.strings; i < to.strings; i++) writer.text(tables.strings[i] ?? '');
  writer.varint(to.frames - from.frames);
  for (let i = from.frames; i < to.frames; i++) {
    writer.varint(tables.frameAddress.values[i] ?? 0);
    writer.varint(tables.frameFunction.values[i] ?? 0);
    writer.varint(tables.frameFile.values[i] ?? 0);
    writer.varint(tables.frameLine.values[i] ?? 0);
    writer.varint(tables.frameFlags.values[i] ?? 0);
  }
  writer.varint(to.stacks - from.stacks);
  for (let i = from.stacks; i < to.stacks; i++) {
    writer.varint((tables.trie.parent.values[i] ?? -1) + 1);
    writer.varint(tables.trie.frame.values[i] ?? 0);
  }
  writer.bytes(builder.kind.values.subarray(first, end));
  for (const column of [builder.address, builder.sizeBytes, builder.stack]) {
    writeColumn(writer, column.values, first, end);
  }
  writeOptional(writer, builder, first, end);
}

/** 0 to 0 without events. */
function addressRange(builder: TraceBuilder, first: number, end: number): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let i = first; i < end; i++) {
    const address = builder.address.values[i] ?? 0;
    if (address < low) low = address;
    if (address > high) high = address;
  }
  return { low: Math.min(low, high), high };
}

function writeOptional(writer: ByteWriter, builder: TraceBuilder, first: number, end: number): void {
  let mask = 0;
  OPTIONAL_COLUMNS.forEach((name, bit) => {
    if ((builder.optional[name]?.length ?? 0) > first) mask |= 1 << bit;
  });
  writer.byte(mask);
  for (const [bit, name] of OPTIONAL_COLUMNS.entries()) {
    const column = builder.optional[name];
    if (!column || !(mask & (1 << bit))) continue;
    while (column.length < end) column.push(Number.NaN);
    writeColumn(writer, column.values, first, end);
  }
}
