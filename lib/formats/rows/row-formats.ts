import { TraceFormatError } from '../../errors/errors.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from '../format.js';
import { LineDecoder } from '../line-decoder.js';
import { headLines } from '../line-splitter.js';
import { AllocationRowReader } from './allocation-row-reader.js';
import { EventRowReader } from './event-row-reader.js';
import { ROW_COLUMNS, ROW_SCHEMAS, type RowTable } from './row-columns.js';
import type { TableRows } from './row-reader.js';
import { CsvRow, csvFields, NdjsonRow } from './row-source.js';

function readerOf(table: RowTable, builder: TraceBuilder, subject: string): TableRows {
  return table === 'events'
    ? new EventRowReader(builder, subject, table)
    : new AllocationRowReader(builder, subject, table);
}

const first = (head: Uint8Array, whole: boolean) => headLines(head, whole).find((line) => line.trim() !== '') ?? '';

function csvTable(table: RowTable): TraceFormat {
  const names = ROW_COLUMNS[table].join(',');
  return {
    id: `${table}-csv`,
    title: `CSV of ${table} that harvest export wrote`,
    detect: (head, whole) => (first(head, whole).replaceAll('"', '') === names ? 1 : 0),
    open: (builder, options) => new CsvTableDecoder(table, builder, options),
  };
}

function ndjsonTable(table: RowTable): TraceFormat {
  const said = `"schema":"${ROW_SCHEMAS[table]}"`;
  return {
    id: `${table}-ndjson`,
    title: `newline JSON of ${table} that harvest export wrote`,
    detect: (head, whole) => (first(head, whole).replaceAll(' ', '').includes(said) ? 1 : 0),
    open: (builder, options) => new NdjsonTableDecoder(table, builder, options),
  };
}

abstract class TableDecoder extends LineDecoder implements TraceDecoder {
  protected readonly rows: TableRows;
  private cut = false;

  constructor(
    table: RowTable,
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    super();
    this.rows = readerOf(table, builder, this.subject);
  }

  get heldRecords(): number {
    return this.rows.heldRecords;
  }

  protected get subject(): string {
    return this.options.subject ?? 'table';
  }

  protected override finish(): void {
    this.rows.finish();
    if (this.cut) this.builder.add({ kind: 'gap', reason: 'torn tail: the last row is not whole', lostEvents: 1 });
  }

  /** A row that is not one: the last of a file that was cut, else an error. */
  protected notWhole(number: number, found: string, expected: string): void {
    if (!this.torn)
      throw new TraceFormatError('HH1972', `${this.subject}: line ${number}: found ${found}, expected ${expected}`, {
        offset: number,
      });
    this.cut = true;
  }
}

class CsvTableDecoder extends TableDecoder {
  private readonly row: CsvRow;
  private readonly columns: number;
  private isBelowNames = false;

  constructor(table: RowTable, builder: TraceBuilder, options: ImportOptions) {
    super(table, builder, options);
    this.columns = ROW_COLUMNS[table].length;
    this.row = new CsvRow(builder.tables, ROW_COLUMNS[table]);
  }

  protected line(clean: string, number: number): void {
    const text = this.prefix + clean;
    if (text.trim() === '') return;
    if (!this.isBelowNames) {
      this.isBelowNames = true;
      return;
    }
    this.row.fields = csvFields(text);
    const { length } = this.row.fields;
    // A row that was cut in its last cell may have all cells.
    const isCut = this.torn && (this.row.text('kind') !== 'end' || this.row.json('detail') === undefined);
    const isWhole = length === this.columns && !isCut;
    if (isWhole) this.rows.add(this.row, number);
    else this.notWhole(number, `${length} fields`, `${this.columns}, as the line of names has`);
  }
}

class NdjsonTableDecoder extends TableDecoder {
  private readonly row: NdjsonRow;

  constructor(table: RowTable, builder: TraceBuilder, options: ImportOptions) {
    super(table, builder, options);
    this.row = new NdjsonRow(builder.tables);
  }

  protected line(clean: string, number: number): void {
    const text = this.prefix + clean;
    if (text.trim() === '') return;
    if (this.row.read(text)) this.rows.add(this.row, number);
    else this.notWhole(number, `'${text.slice(0, 60)}'`, 'one JSON object');
  }
}

/** The tables that `harvest export` writes. */
export const rowFormats: readonly TraceFormat[] = [
  csvTable('events'),
  csvTable('allocations'),
  ndjsonTable('events'),
  ndjsonTable('allocations'),
];
