import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { readColumn, writeColumn } from './journal-columns.js';
import type { FrameTable, StackTable } from './tables.js';
import { EVENT_KINDS, EventKind, type Trace } from './trace.js';
import { OPTIONAL_COLUMNS, type OptionalName, type TraceBuilder } from './trace-builder.js';

/*
 * A batch: summary | strings | frames | stacks | events
 *   summary  first seq, event count, live bytes after it, lowest and highest address (varints): lets a reader seek
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

export function writtenAll({ strings, frames, stacks, eventCount }: BatchSource): Written {
  return { strings: strings.length, frames: frames.count, stacks: stacks.count, events: eventCount };
}

/** Columns and tables to write from, of a trace or of a builder as it is now. */
export interface BatchSource {
  readonly eventCount: number;
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

export function sourceOfBuilder(builder: TraceBuilder): BatchSource {
  const { tables, kind, address, sizeBytes, stack, eventCount } = builder;
  const optional: Partial<Record<OptionalName, ArrayLike<number>>> = {};
  for (const name of OPTIONAL_COLUMNS) {
    const column = builder.optional[name];
    if (column) optional[name] = column.view();
  }
  return {
    eventCount,
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

export function sourceOfTrace({ eventCount, strings, frames, stacks, events }: Trace): BatchSource {
  const { kind, address, sizeBytes, stack } = events;
  const optional: Partial<Record<OptionalName, ArrayLike<number>>> = {};
  for (const name of OPTIONAL_COLUMNS) {
    const column = events[name];
    if (column)
      optional[name] = name === 'task' ? Float64Array.from(column, (id) => (id < 0 ? Number.NaN : id)) : column;
  }
  return { eventCount, strings, frames, stacks, kind, address, sizeBytes, stack, optional };
}

/** Writes what stands between `from` and `to`. */
export function writeBatch(
  writer: ByteWriter,
  source: BatchSource,
  { from, to, liveBytes }: { readonly from: Written; readonly to: Written; readonly liveBytes: number },
): void {
  const { strings, frames, stacks } = source;
  writeSummary(writer, source, { from: from.events, to: to.events, liveBytes });
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
  writer.bytes(source.kind.subarray(from.events, to.events));
  for (const column of [source.address, source.sizeBytes, source.stack]) {
    writeColumn(writer, column, from.events, to.events);
  }
  writeOptional(writer, source, from.events, to.events);
}

function writeSummary(
  writer: ByteWriter,
  { address }: BatchSource,
  { from, to, liveBytes }: { readonly from: number; readonly to: number; readonly liveBytes: number },
): void {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let i = from; i < to; i++) {
    const at = address[i] ?? 0;
    if (at < low) low = at;
    if (at > high) high = at;
  }
  for (const value of [from, to - from, liveBytes, to === from ? 0 : low, high]) writer.varint(Math.floor(value));
}

function writeOptional(writer: ByteWriter, { optional }: BatchSource, from: number, to: number): void {
  const present = OPTIONAL_COLUMNS.filter((name) => (optional[name]?.length ?? 0) > from);
  writer.byte(present.reduce((mask, name) => mask | (1 << OPTIONAL_COLUMNS.indexOf(name)), 0));
  for (const name of present) writeColumn(writer, optional[name] ?? [], from, to);
}

/** The builder's ids by the journal's ids: equal unless a journal repeats an entry. */
export class IdMaps {
  readonly strings: number[] = [];
  readonly frames: number[] = [];
  readonly stacks: number[] = [];
}

/** Appends a batch to the builder. @throws TraceFormatError when it refers to what is not there. */
export function readBatch(reader: ByteReader, builder: TraceBuilder, ids: IdMaps): void {
  const firstSeq = reader.varint();
  const events = reader.varint();
  if (firstSeq !== builder.eventCount)
    throw reader.fail(`a batch from event ${firstSeq}`, `one from ${builder.eventCount}`);
  for (let i = 0; i < 3; i++) reader.varint();
  readTables(reader, builder, ids);
  readEvents(reader, builder, ids, events);
}

function readTables(reader: ByteReader, builder: TraceBuilder, ids: IdMaps): void {
  const { tables } = builder;
  for (let left = reader.count(1); left > 0; left--) ids.strings.push(tables.string(reader.text()));
  for (let left = reader.count(5); left > 0; left--) {
    const address = reader.varint();
    const functionName = pick(reader, ids.strings, 'string');
    const file = pick(reader, ids.strings, 'string');
    const line = Math.min(reader.varint(), 0x7fffffff);
    ids.frames.push(tables.frameOf({ address, functionName, file, line, flags: reader.byte() }));
  }
  for (let left = reader.count(2); left > 0; left--) {
    const parent = reader.varint();
    const frame = pick(reader, ids.frames, 'frame');
    const parentId = parent === 0 ? -1 : ids.stacks[parent - 1];
    if (parentId === undefined) throw reader.fail(`stack ${parent - 1}`, 'one that came before');
    ids.stacks.push(tables.push(parentId, frame));
  }
}

function pick(reader: ByteReader, ids: readonly number[], what: string): number {
  const index = reader.varint();
  const id = ids[index];
  if (id === undefined) throw reader.fail(`${what} ${index}`, `less than ${ids.length}`);
  return id;
}

function readEvents(reader: ByteReader, builder: TraceBuilder, ids: IdMaps, count: number): void {
  const kinds = reader.take(count);
  const bad = kinds.findIndex((kind) => kind >= EVENT_KINDS.length);
  if (bad >= 0) throw reader.fail(`event kind ${kinds[bad]}`, `less than ${EVENT_KINDS.length}`);
  const first = builder.eventCount;
  const address = new Float64Array(count);
  const sizeBytes = new Float64Array(count);
  readColumn(reader, count, (value, i) => {
    address[i] = value;
  });
  readColumn(reader, count, (value, i) => {
    sizeBytes[i] = value;
  });
  readColumn(reader, count, (value, i) => {
    const stack = value < 0 || Number.isNaN(value) ? -1 : ids.stacks[value];
    if (stack === undefined) throw reader.fail(`stack ${value}`, `less than ${ids.stacks.length}`);
    builder.addEvent(kinds[i] ?? EventKind.alloc, orZero(address[i]), orZero(sizeBytes[i]), stack);
  });
  const mask = reader.byte();
  for (const [bit, name] of OPTIONAL_COLUMNS.entries()) {
    if (!(mask & (1 << bit))) continue;
    const column = builder.optionalColumn(name);
    while (column.length < first) column.push(Number.NaN);
    readColumn(reader, count, (value) => column.push(value));
  }
}

function orZero(value: number | undefined): number {
  return value !== undefined && value >= 0 && Number.isFinite(value) ? value : 0;
}
