import { END_CAUSES } from '../../trace/lifespans.js';

/** A table of a trace: a row for each event, or for each allocation with its end. docs/exports.md describes the columns. */
export type RowTable = 'events' | 'allocations';

/** The columns of a table in their order; they do not change within a version of its schema. */
export const ROW_COLUMNS = {
  events: [
    ...(['seq', 'kind', 'address', 'size', 'requested', 'from', 'from_size', 'time_us', 'task'] as const),
    ...(['largest_before', 'largest_after', 'backtrace', 'detail'] as const),
  ],
  allocations: [
    ...(['id', 'kind', 'address', 'size', 'requested', 'from', 'from_size', 'start_seq', 'end_seq', 'end'] as const),
    ...(['start_us', 'end_us', 'task', 'end_task', 'backtrace', 'end_backtrace', 'detail'] as const),
  ],
} as const;

export type EventColumn = (typeof ROW_COLUMNS.events)[number];
export type AllocationColumn = (typeof ROW_COLUMNS.allocations)[number];
export type RowColumn = EventColumn | AllocationColumn;

/** What the first row says of the table: its name and version. */
export const ROW_SCHEMAS = { events: 'heap-harvest/events@1', allocations: 'heap-harvest/allocations@1' } as const;

/** How an allocation ended; `refused` was none. */
export const ROW_ENDS = [...END_CAUSES, 'refused'] as const;
