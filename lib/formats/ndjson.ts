import { TraceFormatError } from '../errors/errors.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions, TraceFormat } from './format.js';
import { LineDecoder } from './line-decoder.js';
import { headLines } from './line-splitter.js';
import { asRow, isEventRow, ObjectRows, type RowObject } from './object-rows.js';

/** One JSON object a line, from an unknown tracer. */
export const ndjsonFormat: TraceFormat = {
  id: 'ndjson',
  title: 'newline JSON, one object an event (any tracer; the fields can be named)',
  detect(head, whole) {
    const first = headLines(head, whole).find((line) => line.trim() !== '');
    const row = first === undefined ? undefined : parseObject(first);
    return row && isEventRow(row) ? 0.6 : 0;
  },
  nearMiss(lines) {
    const at = lines.findIndex((line) => line.trim() !== '');
    const text = lines[at] ?? '';
    if (!text.trimStart().startsWith('{')) return undefined;
    const row = parseObject(text);
    const found = row ? ` (found the members ${Object.keys(row).slice(0, 12).join(', ')})` : '';
    const expected = row
      ? `an address and a size, or a size and a kind, under usual names${found}`
      : 'a whole JSON object a line';
    const remedy = row && { remedy: "name the fields with options.columns 'address=...,size=...'" };
    return { line: at + 1, text, expected, closeness: row ? 0.8 : 0.4, ...remedy };
  },
  open: (builder, options) => new NdjsonDecoder(builder, options),
};

function parseObject(text: string): RowObject | undefined {
  try {
    return asRow(JSON.parse(text));
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

class NdjsonDecoder extends LineDecoder {
  private readonly rows: ObjectRows;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    super();
    this.rows = new ObjectRows(builder, options, 'NDJSON');
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
    if (!this.rows.fits(row)) {
      const fields = Object.keys(row).join(', ').slice(0, 200);
      throw this.bad(number, `the fields ${fields}`, 'at least address and size, or size and kind');
    }
    this.rows.add(row, number);
  }

  protected override finish(): void {
    this.rows.finish();
  }

  private bad(number: number, found: string, expected = 'one JSON object'): TraceFormatError {
    const subject = this.options.subject ?? 'NDJSON';
    return new TraceFormatError('HH1454', `${subject}: line ${number}: found ${found}, expected ${expected}`, {
      offset: number,
      remedy: "name the fields with options.columns 'address=ptr,size=bytes'",
    });
  }
}
