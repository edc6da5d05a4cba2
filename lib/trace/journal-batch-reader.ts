import { isUnknown, readColumn, readNumbers, skipColumn } from './journal-columns.js';
import { IdMap, UNKNOWN_ID } from './journal-ids.js';
import { EVENT_KINDS, type EventColumns } from './trace.js';
import { OPTIONAL_COLUMNS, type TraceBuilder } from './trace-builder.js';
import type { VarintReader } from './varint-reader.js';

/** No writer puts an event into fewer bytes: its kind, its address, its size and its stack. It bounds what a chunk can ask for. */
const MIN_EVENT_BYTES = 3;

/** What a reader carries from batch to batch. */
export interface BatchState {
  readonly version: number;
  readonly strings: IdMap;
  readonly frames: IdMap;
  readonly stacks: IdMap;
  /** Optional columns that nobody asked for. */
  readonly skip: ReadonlySet<keyof EventColumns>;
  /** Events are counted only. */
  readonly withoutEvents: boolean;
  /** The builder has all strings, frames and stacks from an earlier reading, with the journal's own numbers. */
  readonly tablesKnown: boolean;
  /** A part of the journal is lost: what it told is unknown, and ids that only it explains are no error. */
  incomplete: boolean;
  /** Events whose backtrace is lost. */
  lostStacks: number;
}

export function newBatchState(
  version: number,
  skip: ReadonlySet<keyof EventColumns>,
  { withoutEvents = false, tablesKnown = false }: Partial<Pick<BatchState, 'withoutEvents' | 'tablesKnown'>> = {},
): BatchState {
  const [strings, frames, stacks] = [new IdMap(), new IdMap(), new IdMap()];
  return { version, strings, frames, stacks, skip, withoutEvents, tablesKnown, incomplete: false, lostStacks: 0 };
}

/** The number of the first event of a batch, read ahead. */
export function firstEventOf(reader: VarintReader): number {
  const start = reader.offset;
  const first = reader.varint();
  reader.offset = start;
  return first;
}

/**
 * Appends a batch to the builder and returns how many events it holds. @throws TraceFormatError when it refers to what is not there;
 * no event is added then.
 */
export function readBatch(reader: VarintReader, builder: TraceBuilder, state: BatchState): number {
  reader.varint();
  const events = reader.count(MIN_EVENT_BYTES);
  for (let i = 0; i < 3; i++) reader.varint();
  if (state.version >= 2) {
    for (const map of [state.strings, state.frames, state.stacks]) continueAt(reader, map, state);
  }
  if (state.tablesKnown) skipTables(reader, state);
  else readTables(reader, builder, state);
  if (state.withoutEvents) builder.forgotten += events;
  else readEvents(reader, builder, { state, count: events });
  return events;
}

function continueAt(reader: VarintReader, map: IdMap, state: BatchState): void {
  const before = reader.varint();
  if (before === map.length) return;
  // What a lost part told took at least two bytes each; more is no journal of ours.
  if (!state.incomplete || before < map.length || before - map.length > MAX_LOST_ENTRIES)
    throw reader.fail(`a batch after ${before} table entries`, `one after ${map.length}`);
  map.continueAt(before);
}

const MAX_LOST_ENTRIES = 2 ** 20;

function readTables(reader: VarintReader, builder: TraceBuilder, state: BatchState): void {
  const { tables } = builder;
  // In version 1 nobody knows which numbers the entries after a lost part have.
  const numbered = state.version >= 2 || !state.incomplete;
  for (let left = reader.count(1); left > 0; left--) {
    const text = reader.text();
    if (numbered) state.strings.add(tables.string(text));
  }
  const frames = reader.count(5);
  expectMore(frames, tables.frameRows, state.frames);
  for (let left = frames; left > 0; left--) {
    const address = reader.varint();
    const functionName = pick(reader, state.strings, state);
    const file = pick(reader, state.strings, state);
    const line = Math.min(reader.varint(), 0x7fffffff);
    const flags = reader.byte();
    if (!numbered) continue;
    const known = functionName >= 0 && file >= 0;
    state.frames.add(known ? tables.frameOf({ address, functionName, file, line, flags }) : UNKNOWN_ID);
  }
  const stacks = reader.count(2);
  expectMore(stacks, tables.trie, state.stacks);
  for (let left = stacks; left > 0; left--) {
    const parent = reader.varint();
    const frame = pick(reader, state.frames, state);
    const parentId = parent === 0 ? -1 : pickAt(reader, state.stacks, { index: parent - 1, state });
    if (!numbered) continue;
    // A stack of which a part is lost is no stack: a root that is none would be a false word.
    state.stacks.add(frame < 0 || parentId === UNKNOWN_ID ? UNKNOWN_ID : tables.push(parentId, frame));
  }
}

/** Most batches of a capture have a few: they grow as they come. */
const MIN_EXPECTED = 256;

function expectMore(count: number, ...tables: readonly { expect(more: number): void }[]): void {
  if (count >= MIN_EXPECTED) for (const table of tables) table.expect(count);
}

function skipTables(reader: VarintReader, { strings, frames, stacks }: BatchState): void {
  const stringCount = reader.count(1);
  for (let i = 0; i < stringCount; i++) reader.take(reader.varint());
  strings.skip(stringCount);
  const frameCount = reader.count(5);
  for (let i = 0; i < frameCount; i++) {
    reader.skipVarints(4);
    reader.byte();
  }
  frames.skip(frameCount);
  const stackCount = reader.count(2);
  reader.skipVarints(stackCount * 2);
  stacks.skip(stackCount);
}

function pick(reader: VarintReader, map: IdMap, state: BatchState): number {
  return pickAt(reader, map, { index: reader.varint(), state });
}

function pickAt(
  reader: VarintReader,
  map: IdMap,
  { index, state }: { readonly index: number; readonly state: BatchState },
): number {
  const id = map.get(index);
  if (id !== undefined) return id;
  if (state.incomplete) return UNKNOWN_ID;
  throw reader.fail(`table entry ${index}`, `less than ${map.length}`);
}

function readEvents(
  reader: VarintReader,
  builder: TraceBuilder,
  { state, count }: { readonly state: BatchState; readonly count: number },
): void {
  const kinds = reader.take(count);
  const kindCount = EVENT_KINDS.length;
  if (!reader.areBelow(kinds, kindCount))
    throw reader.fail(`event kind ${kinds.find((kind) => kind >= kindCount)}`, `less than ${kindCount}`);
  const first = builder.kind.length;
  try {
    for (const column of [builder.kind, builder.address, builder.sizeBytes, builder.stack]) column.extend(count);
    builder.kind.values.set(kinds, first);
    for (const column of [builder.address, builder.sizeBytes]) readNumbers(reader, column, first, count);
    readColumn(reader, builder.stack.values, first, count);
    resolveStacks(reader, builder.stack.values.subarray(first, first + count), state);
    readOptional(reader, builder, { state, first, count });
  } catch (error) {
    const optional = OPTIONAL_COLUMNS.map((name) => builder.optional[name]);
    for (const column of [builder.kind, builder.address, builder.sizeBytes, builder.stack, ...optional]) {
      if (column && column.length > first) column.truncate(first);
    }
    throw error;
  }
}

/** Turns the journal's numbers of stacks into the builder's. */
function resolveStacks(reader: VarintReader, stacks: Int32Array, state: BatchState): void {
  const { length, isIdentity } = state.stacks;
  if (isIdentity && reader.kernel?.clampIds(stacks, length)) return;
  for (let i = 0; i < stacks.length; i++) {
    const stack = stacks[i] as number;
    if (stack < 0) stacks[i] = -1;
    else if (stack >= length || !isIdentity) {
      const id = pickAt(reader, state.stacks, { index: stack, state });
      if (id === UNKNOWN_ID) state.lostStacks++;
      stacks[i] = Math.max(-1, id);
    }
  }
}

function readOptional(
  reader: VarintReader,
  builder: TraceBuilder,
  { state, first, count }: { readonly state: BatchState; readonly first: number; readonly count: number },
): void {
  const mask = reader.byte();
  for (const [bit, name] of OPTIONAL_COLUMNS.entries()) {
    if (!(mask & (1 << bit))) continue;
    // A column of which nothing is known takes no memory: it is filled when something is.
    if (state.skip.has(name) || isUnknown(reader)) {
      skipColumn(reader, count);
      continue;
    }
    const column = builder.optionalColumn(name);
    const missing = first - column.length;
    if (missing > 0) {
      const from = column.extend(missing);
      column.values.fill(Number.NaN, from, first);
    }
    const at = column.extend(count);
    readColumn(reader, column.values, at, count);
  }
}
