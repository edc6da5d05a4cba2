import type { Seq } from '../../base/units.js';
import type { OptionalName } from '../../trace/trace-builder.js';
import type { EventColumn } from './row-columns.js';
import { TableRows } from './row-reader.js';
import type { RowSource } from './row-source.js';

const OPTIONAL: readonly (readonly [EventColumn, OptionalName])[] = [
  ['requested', 'requestedBytes'],
  ['from', 'fromAddress'],
  ['from_size', 'fromSizeBytes'],
  ['time_us', 'atUs'],
  ['task', 'task'],
  ['largest_before', 'largestBeforeBytes'],
  ['largest_after', 'largestAfterBytes'],
];

/** Reads a table of events: the rows of kinds that are no events stand where they belong. */
export class EventRowReader extends TableRows {
  protected event(kind: number, row: RowSource, line: number): void {
    const { builder } = this;
    const seq = this.count(row, 'seq', line);
    const expected = builder.eventCount + this.missing;
    if (seq < expected)
      throw this.bad(line, 'seq', row.text('seq'), `${expected}: rows stand in the order of their events`);
    if (seq > expected) {
      builder.add({ kind: 'gap', reason: 'rows were left out of the table', lostEvents: seq - expected });
      this.missing += seq - expected;
    }
    const address = this.number(row, 'address', line) ?? 0;
    builder.addEvent(kind, address, this.number(row, 'size', line) ?? 0, this.stack(row, 'backtrace', line));
    for (const [column, name] of OPTIONAL) {
      const value = this.number(row, column, line);
      if (value !== undefined) builder.setLast(name, value);
    }
    this.rows++;
  }

  /** Events that the numbers of rows tell of and that are not there. */
  private missing = 0;

  protected place(row: RowSource): Seq | undefined {
    return row.text('seq') === '' ? undefined : this.builder.eventCount;
  }
}
