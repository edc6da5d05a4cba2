import type { ByteWriter } from './byte-writer.js';
import type { FrameTable } from './frame-rows.js';
import { writeColumn } from './journal-columns.js';
import type { StackTable } from './stack-trie.js';
import type { Trace } from './trace.js';
import { OPTIONAL_COLUMNS, type OptionalName, type TraceBuilder } from './trace-builder.js';

/*
 * A batch: summary | strings | frames | stacks | events
 *   summary  first seq, event count, live bytes after it, lowest and highest address (varints): lets a reader seek;
 *            from version 2 on how many strings, frames and stacks came before: lets a reader go on after a lost batch
 *   strings  count, then each as length + UTF-8
 *   frames   count, then per frame: address, function, file, line, flags (varints)
 *   stacks   count, then per node: parent + 1, frame (varints)
 *   events   kinds as bytes, then columns: address, size, stack, then a mask byte and the optional columns it names
 */

/** How much of a builder or a trace has been written. */
export interface Written {
  readonly strings: number;
  readonly frames: number;
  readonly stacks: number;
  readonly events: number;
}

export const NOTHING_WRITTEN: Written = { strings: 0, frames: 0, stacks: 0, events: 0 };

export function writtenAll({ strings, frames, stacks, eventCount }: BatchRows): Written {
  return { strings: strings.length, frames: frames.count, stacks: stacks.count, events: eventCount };
}

/** Columns and tables to write from, of a trace or of a builder as it is now. */
export interface BatchRows {
  readonly eventCount: number;
  /** Events before the first one in the columns. */
  readonly forgotten: number;
  readonly strings: readonly string[];
  readonly frames: FrameTable;
  readonly stacks: StackTable;
  readonly kind: Uint8Array;
  readonly address: ArrayLike<number>;
  readonly sizeBytes: ArrayLike<number>;
  readonly stack: ArrayLike<number>;
  /** Of any length: what is behind their ends is unknown. */
  readonly optional: Readonly<Partial<Record<OptionalName, ArrayLike<number>>>>;
}

export function sourceOfBuilder(builder: TraceBuilder): BatchRows {
  const { tables, kind, address, sizeBytes, stack, eventCount, forgotten } = builder;
  const optional: Partial<Record<OptionalName, ArrayLike<number>>> = {};
  for (const name of OPTIONAL_COLUMNS) {
    const column = builder.optional[name];
    if (column) optional[name] = column.view();
  }
  return {
    eventCount,
    forgotten,
    strings: tables.strings,
    frames: tables.frames(),
    stacks: tables.stacks(),
    kind: kind.view(),
    address: address.view(),
    sizeBytes: sizeBytes.view(),
    stack: stack.view(),
    optional,
  };
}

export function rowsOfTrace({ eventCount, strings, frames, stacks, events }: Trace): BatchRows {
  const { kind, address, sizeBytes, stack } = events;
  const optional: Partial<Record<OptionalName, ArrayLike<number>>> = {};
  for (const name of OPTIONAL_COLUMNS) {
    const column = events[name];
    if (column)
      optional[name] = name === 'task' ? Float64Array.from(column, (id) => (id < 0 ? Number.NaN : id)) : column;
  }
  return { eventCount, forgotten: 0, strings, frames, stacks, kind, address, sizeBytes, stack, optional };
}

/** Writes what stands between `from` and `to`. */
export function writeBatch(
  writer: ByteWriter,
  source: BatchRows,
  { from, to, liveBytes }: { readonly from: Written; readonly to: Written; readonly liveBytes: number },
): void {
  const { strings, frames, stacks, forgotten } = source;
  // Places in the columns.
  const [first, end] = [from.events - forgotten, to.events - forgotten];
  const { low, high } = addressRange(source.address, first, end);
  for (const value of [from.events, end - first, liveBytes, low, high]) writer.varint(Math.floor(value));
  for (const value of [from.strings, from.frames, from.stacks]) writer.varint(value);
  writer.varint(to.strings - from.strings);
  for (let i = from.strings; i < to.strings; i++) writer.text(strings[i] ?? '');
  writer.varint(to.frames - from.frames);
  for (let i = from.frames; i < to.frames; i++) {
    writer.varint(frames.address[i] ?? 0);
    writer.varint(frames.functionName[i] ?? 0);
    writer.varint(frames.file[i] ?? 0);
    writer.varint(frames.line[i] ?? 0);
    writer.varint(frames.flags[i] ?? 0);
  }
  writer.varint(to.stacks - from.stacks);
  for (let i = from.stacks; i < to.stacks; i++) {
    writer.varint((stacks.parent[i] ?? -1) + 1);
    writer.varint(stacks.frame[i] ?? 0);
  }
  writer.bytes(source.kind.subarray(first, end));
  for (const column of [source.address, source.sizeBytes, source.stack]) writeColumn(writer, column, first, end);
  writeOptional(writer, source, first, end);
}

/** 0 to 0 without events. */
function addressRange(address: ArrayLike<number>, first: number, end: number): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let i = first; i < end; i++) {
    const at = address[i] ?? 0;
    if (at < low) low = at;
    if (at > high) high = at;
  }
  return { low: Math.min(low, high), high };
}

function writeOptional(writer: ByteWriter, { optional }: BatchRows, from: number, to: number): void {
  const present = OPTIONAL_COLUMNS.filter((name) => (optional[name]?.length ?? 0) > from);
  writer.byte(present.reduce((mask, name) => mask | (1 << OPTIONAL_COLUMNS.indexOf(name)), 0));
  for (const name of present) writeColumn(writer, optional[name] ?? [], from, to);
}
