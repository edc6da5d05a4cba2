import { END_CAUSES } from '../trace/lifespans.js';
import { EVENT_KINDS } from '../trace/trace.js';
import type { DatasetTable } from './dataset-layout.js';

/** A column as it is staged in memory, and as it is written. */
export interface DatasetColumn {
  readonly name: string;
  /** How it is staged: doubles and integers are copied as memory. */
  readonly staged: 'double' | 'integer' | 'text';
  /** The type in the dataset, as DuckDB names it. */
  readonly type: string;
  /** From the staged value; default: a cast, where NaN becomes NULL. */
  readonly sql?: string;
  /** For docs/fleet.md. */
  readonly what: string;
}

const count = (name: string, what: string): DatasetColumn => ({ name, staged: 'double', type: 'UBIGINT', what });
const text = (name: string, what: string): DatasetColumn => ({ name, staged: 'text', type: 'VARCHAR', what });
const index = (name: string, what: string): DatasetColumn => ({ name, staged: 'integer', type: 'INTEGER', what });
/** A number that may be missing, which -1 stands for. */
const optionalIndex = (name: string, what: string): DatasetColumn => ({
  ...index(name, what),
  sql: `nullif("${name}", -1)`,
});
const time = (name: string, what: string): DatasetColumn => ({
  name,
  staged: 'double',
  type: 'DOUBLE',
  sql: `CASE WHEN isnan("${name}") THEN NULL ELSE "${name}" END`,
  what,
});
const word = (name: string, words: readonly string[], what: string): DatasetColumn => ({
  name,
  staged: 'integer',
  type: 'VARCHAR',
  sql: `[${words.map((each) => `'${each}'`).join()}]["${name}" + 1]`,
  what,
});
const yes = (name: string, what: string): DatasetColumn => ({ name, staged: 'integer', type: 'BOOLEAN', what });

/** The first column of every table. In staging it is the number of the capture in its part. */
const CAPTURE: DatasetColumn = {
  name: 'capture',
  staged: 'integer',
  type: 'VARCHAR',
  what: 'the capture: the first 32 hex digits of the SHA-256 of its file',
};

/** The columns of every table, in order: what is written, and what docs/fleet.md says. */
export const DATASET_COLUMNS: Readonly<Record<DatasetTable, readonly DatasetColumn[]>> = {
  captures: [
    CAPTURE,
    text('device', 'which of the boards of a kind, by a name or from the path of its trace; NULL when nobody said'),
    {
      name: 'started_at',
      staged: 'double',
      type: 'TIMESTAMP',
      sql: 'CASE WHEN isnan("started_at") THEN NULL ELSE make_timestamp(CAST("started_at" * 1000 AS BIGINT)) END',
      what: 'when the capture began, in UTC; NULL when the trace does not say',
    },
    text('file', 'the name of the file that was exported, without its folder'),
    text('source', 'where the events come from'),
    text('engine', 'what captured them'),
    text('allocator', 'the allocator profile'),
    text('elf', 'the name of the firmware file, without its folder'),
    text('tool_version', 'the version that captured it'),
    text('contents', 'history, snapshot, leaks, totals or levels: only a history has a true peak'),
    yes('complete', 'false when events are missing'),
    text('doubtful', 'why the events are not to be trusted; NULL when they are'),
    text('end_reason', 'why the capture ended'),
    count('events', 'number of events'),
    count('allocations', 'number of allocations: rows of the table'),
    count('frees', 'blocks given back by their owner'),
    count('sweeps', 'blocks found dead by a garbage collector'),
    count('failures', 'requests that the allocator refused'),
    count('gaps', 'places where events were lost'),
    count('total_bytes', 'bytes of all allocations together'),
    count('peak_bytes', 'the most that was alive at one moment'),
    optionalIndex('peak_seq', 'the event that first reached it'),
    count('live_allocations', 'allocations alive at the end'),
    count('live_bytes', 'bytes alive at the end'),
    count('heap_bytes', "the heap's size; NULL when the trace does not say"),
    time('duration_ms', 'wall time of the capture'),
  ],
  events: [
    CAPTURE,
    index('seq', 'the number of the event, from 0 on'),
    word('kind', EVENT_KINDS, EVENT_KINDS.join(', ')),
    count('address', 'of the block; NULL in traces without addresses and for refused requests'),
    count('size_bytes', 'NULL for a free that does not tell'),
    count('requested_bytes', 'what was asked for, where that and the size of the block are both known'),
    count('from_address', 'of a realloc: the old address'),
    count('from_size_bytes', 'of a realloc in a trace without addresses: the old size'),
    time('at_us', 'microseconds since the capture began'),
    optionalIndex('task', 'task, thread or CPU'),
    count('largest_before_bytes', 'the largest free block before the event'),
    count('largest_after_bytes', 'and after it'),
    optionalIndex('path', 'the path of this capture that made it; NULL without a backtrace'),
  ],
  allocations: [
    CAPTURE,
    index('allocation', 'its number in the capture, from 0 on, in order of allocation'),
    word('kind', EVENT_KINDS, 'the event that made it: alloc, realloc or existing'),
    count('address', 'NULL in traces without addresses'),
    count('size_bytes', 'its size'),
    count('requested_bytes', 'what was asked for, where both are known'),
    index('start_seq', 'the event that made it'),
    optionalIndex('end_seq', 'the event that ended it; NULL for what was alive at the end'),
    word('ended_by', END_CAUSES, END_CAUSES.join(', ')),
    time('start_us', 'microseconds since the capture began'),
    time('end_us', 'when it ended'),
    optionalIndex('task', 'of the allocation'),
    optionalIndex('path', 'of the allocation'),
    optionalIndex('free_path', 'of what gave it back'),
  ],
  paths: [
    CAPTURE,
    index('path', 'its number in the capture'),
    text('call_path', 'the calls, outermost first, without lines and addresses: the same in every build'),
    text('function', 'the innermost function that is shown: who allocated'),
    text('file', 'its source file as the debug information gives it; NULL when unknown'),
    {
      ...index('line', 'its line, from 1; NULL when unknown'),
      sql: 'nullif("line", 0)',
    },
    {
      name: 'frames',
      staged: 'text',
      type: 'STRUCT("function" VARCHAR, file VARCHAR, line INTEGER)[]',
      sql: `from_json("frames", '[{"function":"VARCHAR","file":"VARCHAR","line":"INTEGER"}]')`,
      what: 'the backtrace, innermost first, without what is hidden',
    },
    count('allocations', 'how many it made'),
    count('total_bytes', 'and their bytes'),
    count('peak_bytes', "bytes alive at the heap's peak"),
    count('live_allocations', 'alive at the end'),
    count('live_bytes', 'and their bytes'),
  ],
};

/** Makes the tables in which rows are staged. */
export function stagingTables(): string {
  const types = { double: 'DOUBLE', integer: 'INTEGER', text: 'VARCHAR' } as const;
  const tables = Object.entries(DATASET_COLUMNS).map(
    ([table, columns]) =>
      `CREATE OR REPLACE TABLE staged_${table} (${columns.map(({ name, staged }) => `"${name}" ${types[staged]}`).join(', ')});`,
  );
  return tables.join('\n');
}

/** NaN is NULL. (A cast that is tried makes an error of each, which costs five times the rest.) */
function castOf({ name, type, staged }: DatasetColumn): string {
  const cast = `CAST("${name}" AS ${type})`;
  return staged === 'double' ? `CASE WHEN isnan("${name}") THEN NULL ELSE ${cast} END` : cast;
}

/**
 * The rows of a table as they are written, in the order in which they were staged; `ids` (hexadecimal) by the number of the capture. A list that is
 * looked into costs a third of a join.
 */
export function writtenRows(table: DatasetTable, ids: readonly string[]): string {
  const columns = DATASET_COLUMNS[table].map((column) =>
    column === CAPTURE
      ? `[${ids.map((id) => `'${id}'`).join()}]["capture" + 1] AS "capture"`
      : `${column.sql ?? castOf(column)} AS "${column.name}"`,
  );
  return `SELECT ${columns.join(', ')} FROM staged_${table}`;
}
