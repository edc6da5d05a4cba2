import type { EventRange } from '../../lib/public/browser.js';
import type { RowFilter } from '../state/app-state.js';
import { letGo } from './hand-over.js';
import type { LoadedTrace } from './loaded-trace.js';
import { rowQuery } from './row-query.js';
import { filteredRows, type RowSort, sortRows } from './table-rows.js';

/** What the table is to show. */
export interface RowsAsked {
  readonly area: string;
  readonly filter: RowFilter;
  readonly query: string;
  /** The selected event where the query is about it; -1 where not. */
  readonly atSeq: number;
  readonly range: EventRange | undefined;
  readonly sort: RowSort;
}

export interface FoundRows {
  /** Events, in the order of the table. */
  readonly rows: Int32Array;
  /** What is wrong with the query; empty when nothing is. */
  readonly problem: string;
}

/** The rows are in `room` where they fit there. */
export function findRows(
  loaded: LoadedTrace,
  { filter, query, atSeq, range, sort }: RowsAsked,
  room?: ArrayBuffer,
): FoundRows {
  const { matches, problem } = rowQuery(loaded, query, atSeq);
  const filtered = filteredRows(loaded, { filter, matches, range });
  const rows = sortRows(loaded, filtered, sort, room);
  letGo(filtered);
  return { rows, problem };
}
