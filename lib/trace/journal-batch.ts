import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { readColumn, writeColumn } from './journal-columns.js';
import { EVENT_KINDS, EventKind } from './trace.js';
import { OPTIONAL_COLUMNS, type TraceBuilder } from './trace-builder.js';

/*
 * A batch: summary | strings | frames | stacks | events
 *   summary  first seq, event count, live bytes after it, lowest and highest address (varints): lets a reader seek
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

export function writeBatch(writer: ByteWriter, builder: TraceBuilder, from: Written, liveBytes: number): void {
  const { tables } = builder;
  const to = writtenAll(builder);
  writeSummary(writer, builder, from, liveBytes);
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
  writer.bytes(builder.kind.values.subarray(from.events, to.events));
  for (const column of [builder.address, builder.sizeBytes, builder.stack]) {
    writeColumn(writer, column.values, from.events, to.events);
  }
  writeOptional(writer, builder, from.events, to.events);
}

function writeSummary(writer: ByteWriter, builder: TraceBuilder, from: Written, liveBytes: number): void {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (let i = from.events; i < builder.eventCount; i++) {
    const address = builder.address.values[i] ?? 0;
    if (address < low) low = address;
    if (address > high) high = address;
  }
  const events = builder.eventCount - from.events;
  for (const value of [from.events, events, liveBytes, events === 0 ? 0 : low, high]) writer.varint(Math.floor(value));
}

function writeOptional(writer: ByteWriter, builder: TraceBuilder, from: number, to: number): void {
  let mask = 0;
  OPTIONAL_COLUMNS.forEach((name, bit) => {
    if ((builder.optional[name]?.length ?? 0) > from) mask |= 1 << bit;
  });
  writer.byte(mask);
  for (const [bit, name] of OPTIONAL_COLUMNS.entries()) {
    const column = builder.optional[name];
    if (!column || !(mask & (1 << bit))) continue;
    while (column.length < to) column.push(Number.NaN);
    writeColumn(writer, column.values, from, to);
  }
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
