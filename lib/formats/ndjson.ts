import { TraceFormatError } from '../errors/errors.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions, TraceFormat } from './format.js';
import {
  COLUMN_ROLES,
  type ColumnChoice,
  type ColumnRole,
  chosenColumns,
  matchColumns,
  rolesSuffice,
} from './generic-columns.js';
import { GenericRows } from './generic-rows.js';
import { LineDecoder } from './line-decoder.js';
import { headLines } from './line-splitter.js';

/** One JSON object a line, from an unknown tracer. */
export const ndjsonFormat: TraceFormat = {
  id: 'ndjson',
  title: 'newline JSON, one object an event (any tracer; name the fields with --columns)',
  detect(head, whole) {
    const first = headLines(head, whole).find((line) => line.trim() !== '');
    const row = first === undefined ? undefined : parseObject(first);
    return row && rolesSuffice(matchColumns(Object.keys(row), new Map(), '')) ? 0.6 : 0;
  },
  open: (builder, options) => new NdjsonDecoder(builder, options),
};

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A JSON value as the text of a field; a list is joined with blanks. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.slice(0, 128).map(asText).join(' ');
  return undefined;
}

class NdjsonDecoder extends LineDecoder {
  private readonly chosen: ReadonlyMap<ColumnRole, ColumnChoice>;
  private readonly subject: string;
  private columns: ReadonlyMap<ColumnRole, ColumnChoice> | undefined;
  private rows: GenericRows | undefined;
  private row: Readonly<Record<string, unknown>> = {};
  private readonly value = (role: ColumnRole) => {
    const name = this.columns?.get(role)?.name;
    return name !== undefined && Object.hasOwn(this.row, name) ? asText(this.row[name]) : undefined;
  };

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    super();
    this.subject = options.subject ?? 'NDJSON';
    this.chosen = chosenColumns(options.columns);
  }

  protected line(text: string, number: number): void {
    // `[1]` alone is no time stamp but JSON of another kind.
    if (text.trim() === '' && !isJson(this.prefix)) return;
    const row = parseObject(text);
    if (!row) {
      if (!this.torn) throw this.bad(number, (this.prefix + text).slice(0, 60));
      this.builder.add({ kind: 'gap', reason: 'torn tail: the last line is no whole JSON object', lostEvents: 1 });
      return;
    }
    this.row = row;
    this.rows ??= this.open(Object.keys(row), number);
    this.rows.add(this.value, number);
  }

  /** The first object often lacks what only some events have, so roles that are not seen yet keep their usual names. */
  private open(names: readonly string[], line: number): GenericRows {
    const wanted = [...this.chosen.values()].map((choice) => choice.name);
    const columns = matchColumns([...new Set([...names, ...wanted, ...COLUMN_ROLES])], this.chosen, this.subject);
    const present = { has: (role: ColumnRole) => names.includes(columns.get(role)?.name ?? '') };
    if (!rolesSuffice(present) && this.chosen.size === 0) {
      throw this.bad(
        line,
        `the fields ${names.join(', ').slice(0, 200)}`,
        'at least address and size, or size and kind',
      );
    }
    // Whether there are addresses and kinds at all is said by the first object.
    for (const role of ['address', 'kind'] as const) if (!present.has(role)) columns.delete(role);
    this.columns = columns;
    return new GenericRows(this.builder, columns, this.options, 'NDJSON');
  }

  private bad(line: number, found: string, expected = 'one JSON object'): TraceFormatError {
    return new TraceFormatError('HH1454', `${this.subject}: line ${line}: found ${found}, expected ${expected}`, {
      offset: line,
      remedy: "name the fields with --columns 'address=ptr,size=bytes'",
    });
  }
}
