import type { Seq } from '../../base/units.js';
import { TraceFormatError } from '../../errors/errors.js';
import { addSideFromJson, infoFromJson } from '../../trace/journal-json.js';
import { graphFromBytes } from '../../trace/read-object-graph.js';
import { EVENT_KINDS } from '../../trace/trace.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import { GraphParts } from './graph-parts.js';
import type { RowColumn } from './row-columns.js';
import type { RowSource } from './row-source.js';

/** Reads the rows of one table. */
export interface RowReader {
  /** @throws TraceFormatError HH1972 naming the line, the column and the value that cannot be read. */
  add(row: RowSource, line: number): void;
  /** After the last row. */
  finish(): void;
}

const KIND_CODES: ReadonlyMap<string, number> = new Map(EVENT_KINDS.map((kind, code) => [kind, code]));
const NUMBER = /^(?:0x[0-9a-f]{1,14}|\d{1,16}(?:\.\d{1,25})?(?:e[+-]?\d{1,3})?)$/i;

/** What the readers of both tables have in common: rows that are no events, and numbers. */
export abstract class TableRows implements RowReader {
  private announced: number | undefined;
  protected rows = 0;

  /** Rows that wait for the end: their events are not in the trace yet. */
  get heldRecords(): number {
    return 0;
  }

  constructor(
    protected readonly builder: TraceBuilder,
    private readonly subject: string,
    private readonly unit: 'events' | 'allocations',
  ) {}

  add(row: RowSource, line: number): void {
    const word = row.text('kind');
    const kind = KIND_CODES.get(word);
    if (kind === undefined) this.other(word, row, line);
    else this.event(kind, row, line);
  }

  /** A file that was cut, or rows that somebody left out, must not pass for a whole history. */
  finish(): void {
    if (this.graph.areMissing)
      this.builder.add({
        kind: 'gap',
        reason: 'the last parts of who holds which block are missing: the table was cut or filtered',
      });
    if (this.announced === this.rows) return;
    const reason =
      this.announced === undefined
        ? `the last row, kind 'end', is missing: the table was cut or filtered`
        : `found ${this.rows} ${this.unit}, expected ${this.announced} as the row of kind 'end' says`;
    this.builder.add({ kind: 'gap', reason });
  }

  protected abstract event(kind: number, row: RowSource, line: number): void;
  /** Where a row that is no event stands. */
  protected abstract place(row: RowSource, line: number): Seq | undefined;

  private readonly graph = new GraphParts();

  private other(kind: string, row: RowSource, line: number): void {
    const detail = row.json('detail');
    const fields = typeof detail === 'object' && detail !== null ? detail : undefined;
    const bad = (expected: string) =>
      this.bad(line, fields ? 'kind' : 'detail', fields ? kind : row.text('detail'), expected);
    if (kind === 'info') {
      const info = infoFromJson(fields);
      if (!info) throw bad('what is known of the whole trace, as an object');
      this.builder.add({ kind: 'info', info });
      return;
    }
    if (kind === 'end') {
      const count: unknown = fields && (fields as Readonly<Record<string, unknown>>)[this.unit];
      if (typeof count !== 'number') throw bad(`the number of ${this.unit}, as an object`);
      this.announced = count;
      return;
    }
    const beforeSeq = this.place(row, line);
    if (kind === 'graph') {
      const bytes = this.graph.add(fields);
      if (bytes === false) throw bad('the next part of the object graph, as an object with part, parts and bytes');
      if (bytes)
        this.builder.graphs.push(graphFromBytes(bytes, `${this.subject}: line ${line}`, (seq) => beforeSeq ?? seq));
      return;
    }
    const side = kind === 'region' ? { kind, beforeSeq: 0, region: fields } : { ...fields, kind, beforeSeq };
    const isAdded = fields !== undefined && addSideFromJson(side, { builder: this.builder, placeOf: (seq) => seq });
    if (!isAdded)
      throw bad(`one of ${EVENT_KINDS.join(', ')}, or mark, gap, epoch, note, level, graph, region with its detail`);
  }

  /** @throws TraceFormatError HH1972 */
  protected number(row: RowSource, column: RowColumn, line: number): number | undefined {
    const text = row.text(column);
    if (text === '') return undefined;
    const value = NUMBER.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(value)) throw this.bad(line, column, text, 'a number');
    return value;
  }

  protected count(row: RowSource, column: RowColumn, line: number): number {
    const value = this.number(row, column, line);
    if (value === undefined || !Number.isInteger(value))
      throw this.bad(line, column, row.text(column), 'a whole number');
    return value;
  }

  protected stack(row: RowSource, column: RowColumn, line: number): number {
    const stack = row.stack(column);
    if (stack === undefined) throw this.bad(line, column, row.text(column), 'frames, innermost first');
    return stack;
  }

  protected bad(line: number, column: RowColumn, found: string, expected: string): TraceFormatError {
    return new TraceFormatError(
      'HH1972',
      `${this.subject}: line ${line}: found '${found.slice(0, 80)}' in column ${column}, expected ${expected}`,
      { offset: line },
    );
  }
}
