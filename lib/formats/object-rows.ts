import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions } from './format.js';
import {
  COLUMN_ROLES,
  type ColumnChoice,
  type ColumnRole,
  chosenColumns,
  matchColumns,
  rolesSuffice,
} from './generic-columns.js';
import { KindSearch } from './generic-kinds.js';
import { GenericRows } from './generic-rows.js';

/** A JSON object whose members are the fields of one event. */
export type RowObject = Readonly<Record<string, unknown>>;

/** An object of a JSON text; undefined for arrays and everything else. */
export function asRow(value: unknown): RowObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RowObject) : undefined;
}

/** Whether the members of an object have usual names that make an event. */
export function isEventRow(row: RowObject): boolean {
  return rolesSuffice(matchColumns(Object.keys(row), new Map(), ''));
}

/** A JSON value as the text of a field; a list is joined with blanks. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.slice(0, 128).map(asText).join(' ');
  return undefined;
}

/** Turns JSON objects into events, by the names of their members. */
export class ObjectRows {
  private readonly chosen: ReadonlyMap<ColumnRole, ColumnChoice>;
  private columns: ReadonlyMap<ColumnRole, ColumnChoice> | undefined;
  private rows: GenericRows | undefined;
  private row: RowObject = {};
  private readonly kinds = new KindSearch();
  /** Members whose meaning was chosen or is told by their name. */
  private known: ReadonlySet<string> = new Set();
  private readonly value = (role: ColumnRole) => {
    const name = this.columns?.get(role)?.name;
    return name !== undefined && Object.hasOwn(this.row, name) ? asText(this.row[name]) : undefined;
  };

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
    private readonly source: string,
  ) {
    this.chosen = chosenColumns(options.columns);
  }

  /** Whether this object can be an event: always, once one was. */
  fits(row: RowObject): boolean {
    return this.rows !== undefined || this.chosen.size > 0 || isEventRow(row);
  }

  /** @throws TraceFormatError HH1453 naming `line` (or whatever is counted) and the value that cannot be read. */
  add(row: RowObject, line: number): void {
    this.row = row;
    this.rows ??= this.open(Object.keys(row));
    if (!this.rows.knowsKinds) this.findKinds(this.rows, row);
    this.rows.add(this.value, line);
  }

  private findKinds(rows: GenericRows, row: RowObject): void {
    const columns = Object.keys(row).filter((column) => !this.known.has(column));
    const name = this.kinds.look(columns, (column) => (typeof row[column] === 'string' ? row[column] : undefined));
    if (name === undefined) return;
    const changed = new Map(this.columns);
    if (changed.get('function')?.name === name) changed.delete('function');
    this.columns = changed.set('kind', { name, hex: false, scale: undefined });
    rows.kindsAreIn(name, this.kinds.isSure(name));
  }

  finish(): void {
    this.rows?.finish();
  }

  /** The first object often lacks what only some events have, so roles that are not seen yet keep their usual names. */
  private open(names: readonly string[]): GenericRows {
    const wanted = [...this.chosen.values()].map((choice) => choice.name);
    const subject = this.options.subject ?? this.source;
    const columns = matchColumns([...new Set([...names, ...wanted, ...COLUMN_ROLES])], this.chosen, subject);
    // Whether there are addresses and kinds at all is said by the first object.
    for (const role of ['address', 'kind'] as const) {
      if (!names.includes(columns.get(role)?.name ?? '')) columns.delete(role);
    }
    this.columns = columns;
    const told = [...columns].filter(([role]) => role !== 'function').map(([, { name }]) => name);
    this.known = new Set([...wanted, ...told]);
    return new GenericRows(this.builder, columns, this.options, this.source);
  }
}
