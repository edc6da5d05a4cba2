import { firstAtOrAfter } from '../../base/sorted.js';
import type { Seq } from '../../base/units.js';
import { floatColumn, intColumn } from '../../trace/column.js';
import { EventKind } from '../../trace/trace.js';
import { ROW_ENDS } from './row-columns.js';
import { TableRows } from './row-reader.js';
import type { RowSource } from './row-source.js';

/** The columns of an event, as they are put aside until all rows are there. */
const FIELDS = ['seq', 'address', 'size', 'requested', 'from', 'fromSize', 'atUs', 'task'] as const;
type Field = (typeof FIELDS)[number];
const ENDS: ReadonlySet<string> = new Set(ROW_ENDS);

/**
 * Reads a table of allocations: each row is one event, or two where the block was given back. They are put into the order of their numbers; numbers
 * that no row has (frees of unknown blocks, which are no part of any allocation) are closed up.
 */
export class AllocationRowReader extends TableRows {
  private readonly fields = Object.fromEntries(FIELDS.map((name) => [name, floatColumn()])) as Readonly<
    Record<Field, ReturnType<typeof floatColumn>>
  >;
  private readonly kinds = intColumn();
  private readonly stacks = intColumn();

  override get heldRecords(): number {
    return this.kinds.length;
  }

  protected event(kind: number, row: RowSource, line: number): void {
    const id = this.count(row, 'id', line);
    if (id !== this.rows)
      throw this.bad(line, 'id', row.text('id'), `${this.rows}: no row is left out, in the order of allocation`);
    const seq = this.count(row, 'start_seq', line);
    const address = this.number(row, 'address', line) ?? 0;
    const size = this.number(row, 'size', line) ?? 0;
    const number = (column: Parameters<TableRows['number']>[1]) => this.number(row, column, line) ?? Number.NaN;
    this.put(kind, this.stack(row, 'backtrace', line), {
      ...{ seq, address, size, requested: number('requested'), from: number('from'), fromSize: number('from_size') },
      ...{ atUs: number('start_us'), task: number('task') },
    });
    const end = row.text('end');
    if (!ENDS.has(end)) throw this.bad(line, 'end', end, ROW_ENDS.join(', '));
    if (end === 'free' || end === 'sweep') {
      // With addresses the block says its size; without, the size says the block.
      const given = this.builder.info.hasAddresses ? 0 : size;
      this.put(EventKind[end], this.stack(row, 'end_backtrace', line), {
        ...{ seq: this.count(row, 'end_seq', line), address, size: given, requested: Number.NaN, from: Number.NaN },
        ...{ fromSize: Number.NaN, atUs: number('end_us'), task: number('end_task') },
      });
    }
    this.rows++;
  }

  /** As in the table; {@link finish} moves what stands there to where its events are. */
  protected place(row: RowSource, line: number): Seq | undefined {
    return this.number(row, 'start_seq', line);
  }

  override finish(): void {
    const { seq } = this.fields;
    const order = Uint32Array.from({ length: seq.length }, (_, i) => i);
    // An allocation before what gives it back, should their numbers be the same.
    order.sort((a, b) => (seq.values[a] ?? 0) - (seq.values[b] ?? 0) || a - b);
    this.moveSides(order);
    for (const i of order) this.build(i);
    super.finish();
  }

  private put(kind: number, stack: number, fields: Readonly<Record<Field, number>>): void {
    this.kinds.push(kind);
    this.stacks.push(stack);
    for (const name of FIELDS) this.fields[name].push(fields[name]);
  }

  private build(i: number): void {
    const { builder, fields } = this;
    const value = (name: Field) => fields[name].values[i] ?? Number.NaN;
    builder.addEvent(this.kinds.values[i] ?? 0, value('address'), value('size'), this.stacks.values[i] ?? -1);
    const optional = [
      ['requestedBytes', 'requested'],
      ['fromAddress', 'from'],
      ['fromSizeBytes', 'fromSize'],
      ['atUs', 'atUs'],
      ['task', 'task'],
    ] as const;
    for (const [name, field] of optional) if (!Number.isNaN(value(field))) builder.setLast(name, value(field));
  }

  private moveSides(order: Uint32Array): void {
    const { builder } = this;
    const seqs = Float64Array.from(order, (i) => this.fields.seq.values[i] ?? 0);
    const moved = (beforeSeq: Seq): Seq => firstAtOrAfter(seqs, beforeSeq);
    const lists = [builder.marks, builder.gaps, builder.epochs, builder.notes, builder.levels, builder.graphs] as {
      beforeSeq?: Seq;
    }[][];
    for (const list of lists) {
      for (const [i, one] of list.entries())
        if (one.beforeSeq !== undefined) list[i] = { ...one, beforeSeq: moved(one.beforeSeq) };
    }
  }
}
