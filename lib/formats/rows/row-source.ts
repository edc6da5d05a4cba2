import type { StackId } from '../../base/units.js';
import type { Backtrace } from '../../trace/heap-event.js';
import type { InternTables } from '../../trace/tables.js';
import { frameFromJson, parseStackText } from './frame-text.js';
import type { RowColumn } from './row-columns.js';

/** One row of a table, however it is written. */
export interface RowSource {
  /** The text of a cell; empty when there is none. */
  text(column: RowColumn): string;
  /** The stack of a cell of frames, -1 for an empty one; undefined when it cannot be read. */
  stack(column: RowColumn): StackId | undefined;
  /** The value of a cell of JSON; undefined when it cannot be read. */
  json(column: RowColumn): unknown;
}

/** The fields of a line of CSV that no line end is in: quoted ones between quotes that are doubled inside. */
export function csvFields(line: string): string[] {
  const fields: string[] = [];
  for (let at = 0; ; ) {
    if (line[at] !== '"') {
      const end = line.indexOf(',', at);
      fields.push(end < 0 ? line.slice(at) : line.slice(at, end));
      if (end < 0) return fields;
      at = end + 1;
      continue;
    }
    let end = line.indexOf('"', at + 1);
    while (end >= 0 && line[end + 1] === '"') end = line.indexOf('"', end + 2);
    fields.push(line.slice(at + 1, end < 0 ? line.length : end).replaceAll('""', '"'));
    if (end < 0 || line[end + 1] !== ',') return fields;
    at = end + 2;
  }
}

const MAX_KEPT = 20_000;

export class CsvRow implements RowSource {
  fields: readonly string[] = [];
  private readonly known = new Map<string, StackId | undefined>();
  private readonly at: ReadonlyMap<string, number>;

  constructor(
    private readonly tables: InternTables,
    columns: readonly RowColumn[],
  ) {
    this.at = new Map(columns.map((name, i) => [name, i]));
  }

  text(column: RowColumn): string {
    return this.fields[this.at.get(column) ?? -1] ?? '';
  }

  stack(column: RowColumn): StackId | undefined {
    const text = this.text(column);
    if (text === '') return -1;
    // Most rows have one of a few.
    if (this.known.has(text)) return this.known.get(text);
    if (this.known.size >= MAX_KEPT) this.known.clear();
    const stack = internFrames(this.tables, parseStackText(text));
    this.known.set(text, stack);
    return stack;
  }

  json(column: RowColumn): unknown {
    return parsed(this.text(column));
  }
}

export class NdjsonRow implements RowSource {
  private row: Readonly<Record<string, unknown>> = {};

  constructor(private readonly tables: InternTables) {}

  /** False when the line is no JSON object. */
  read(line: string): boolean {
    const value = parsed(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isObject) this.row = value as Readonly<Record<string, unknown>>;
    return isObject;
  }

  text(column: RowColumn): string {
    const value = Object.hasOwn(this.row, column) ? this.row[column] : undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  }

  stack(column: RowColumn): StackId | undefined {
    const value = Object.hasOwn(this.row, column) ? this.row[column] : undefined;
    if (value === undefined) return -1;
    if (!Array.isArray(value)) return undefined;
    const frames = value.flatMap((frame) => frameFromJson(frame) ?? []);
    return frames.length === value.length ? internFrames(this.tables, frames) : undefined;
  }

  json(column: RowColumn): unknown {
    return Object.hasOwn(this.row, column) ? this.row[column] : undefined;
  }
}

function internFrames(tables: InternTables, frames: Backtrace | undefined): StackId | undefined {
  return frames && tables.stack(frames);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
