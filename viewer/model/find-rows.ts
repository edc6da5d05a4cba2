import type { EventRange } from '../../lib/public/browser.js';
import type { RowFilter } from '../state/app-state.js';
import type { LoadedTrace } from './loaded-trace.js';
import { rowQuery } from './row-query.js';
import { filteredRows, sortRows } from './table-rows.js';

/** What the table is to show. */
export interface RowsAsked {
  readonly area: string;
  readonly filter: RowFilter;
  readonly query: string;
  readonly source: number;
  readonly range: EventRange | undefined;
  readonly sort: { readonly column: string; readonly descending: boolean };
}

export interface FoundRows {
  /** Events, in the order of the table. */
  readonly rows: Int32Array;
  /** What is wrong with the query; empty when nothing is. */
  readonly problem: string;
}

export function findRows(loaded: LoadedTrace, { filter, query, source, range, sort }: RowsAsked): FoundRows {
  const { matches, problem } = rowQuery(loaded, query);
  const filtered = filteredRows(loaded, { filter, matches, source, range });
  return { rows: sortRows(loaded, filtered, sort), problem };
}
