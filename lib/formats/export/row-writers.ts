import type { Trace } from '../../trace/trace.js';
import type { RowTable } from '../rows/row-columns.js';
import { csvForm, ndjsonForm, type RowForm } from '../rows/row-forms.js';
import { allocationRows } from './allocation-rows.js';
import { eventRows } from './event-rows.js';
import type { TraceWriter } from './trace-writer.js';

const ROWS: Readonly<Record<RowTable, (trace: Trace, form: RowForm) => Generator<Uint8Array>>> = {
  events: eventRows,
  allocations: allocationRows,
};

function writer(table: RowTable, form: 'csv' | 'ndjson', title: string): TraceWriter {
  const formOf = form === 'csv' ? csvForm : ndjsonForm;
  return {
    id: `${table}-${form}`,
    title,
    extension: `.${table}.${form}`,
    isCopy: true,
    write: (trace) => ROWS[table](trace, formOf(table, trace)),
  };
}

/** Tables for spreadsheets, data frames and databases; each is read again as the trace that it was. */
export const rowWriters: readonly TraceWriter[] = [
  writer('events', 'csv', 'CSV, a row an event (spreadsheets, pandas, DuckDB)'),
  writer('allocations', 'csv', 'CSV, a row an allocation with its end'),
  writer('events', 'ndjson', 'newline JSON, an object an event (jq, DuckDB)'),
  writer('allocations', 'ndjson', 'newline JSON, an object an allocation with its end'),
];
