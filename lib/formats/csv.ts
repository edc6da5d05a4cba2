import { TraceFormatError } from '../errors/errors.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions, TraceFormat } from './format.js';
import { type ColumnChoice, type ColumnRole, chosenColumns, matchColumns, rolesSuffice } from './generic-columns.js';
import { GenericRows } from './generic-rows.js';
import { LineDecoder } from './line-decoder.js';
import { headLines } from './line-splitter.js';

/** Rows of an unknown tracer: comma, semicolon, tab or bar between the fields, column names in the first line. */
export const csvFormat: TraceFormat = {
  id: 'csv',
  title: 'CSV with a line of column names (any tracer; the columns can be named)',
  detect(head, whole) {
    const first = headLines(head, whole).find((line) => isContent(line));
    if (first === undefined) return 0;
    const names = splitRow(first, delimiterOf(first));
    if (names.length < 2 || names.length > MAX_COLUMNS) return 0;
    const columns = matchColumns(names, new Map(), '');
    // Words between blanks may be any sentence: then each must be the name of a column.
    if (delimiterOf(first) === BLANKS && columns.size < names.length) return 0;
    return rolesSuffice(columns) ? 0.5 : 0;
  },
  nearMiss(lines) {
    const at = lines.findIndex((line) => isContent(line));
    const text = lines[at] ?? '';
    const delimiter = delimiterOf(text);
    const names = splitRow(text, delimiter).map((name) => name.trim());
    const known = matchColumns(names.slice(0, MAX_COLUMNS), new Map(), '').size;
    // A sentence with a comma is no line of names.
    const next = lines.slice(at + 1).find((line) => isContent(line)) ?? '';
    const looksLikeNames =
      names.length > 1 &&
      splitRow(next, delimiter).length === names.length &&
      names.every((name) => /^"?[^\s"]{1,40}(?: [^\s"]{1,20})?"?$/.test(name));
    if (known === 0 && (delimiter === BLANKS || !looksLikeNames)) return undefined;
    return {
      line: at + 1,
      text,
      expected: `columns for an address and a size, or a size and a kind (found ${names.slice(0, 12).join(', ').slice(0, 200)})`,
      closeness: known > 0 ? 0.7 : 0.5,
    };
  },
  open: (builder, options) => new CsvDecoder(builder, options),
};

const MAX_COLUMNS = 256;

function isContent(line: string): boolean {
  return line.trim() !== '' && !line.startsWith('#');
}

const DELIMITERS = [',', ';', '\t', '|'];
/** Columns that are set apart by runs of blanks. */
const BLANKS = ' ';

/** The delimiter that the line has most of; blanks where it has none. */
function delimiterOf(line: string): string {
  let best = BLANKS;
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const count = line.split(delimiter).length - 1;
    if (count > most) {
      best = delimiter;
      most = count;
    }
  }
  return best;
}

/** The fields of a line (RFC 4180 quoting, but a quoted field ends with its line at the latest). */
function splitRow(line: string, delimiter: string): string[] {
  if (delimiter === BLANKS) return line.trim().split(/\s+/);
  if (!line.includes('"')) return line.split(delimiter);
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? '';
    if (quoted) {
      if (char !== '"') field += char;
      else if (line[i + 1] === '"') field += line[++i] ?? '';
      else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === delimiter) {
      fields.push(field);
      field = '';
    } else field += char;
  }
  fields.push(field);
  return fields;
}

class CsvDecoder extends LineDecoder {
  private readonly chosen: ReadonlyMap<ColumnRole, ColumnChoice>;
  private readonly subject: string;
  private rows: GenericRows | undefined;
  private delimiter = ',';
  /** Whether the line of names stands behind a log's prefix, as all rows then do. */
  private hasPrefix: boolean | undefined;
  private fieldCount = 0;
  private readonly indexOf = new Map<ColumnRole, number>();
  private fields: readonly string[] = [];
  private readonly value = (role: ColumnRole) => this.fields[this.indexOf.get(role) ?? -1];

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    super();
    this.subject = options.subject ?? 'CSV';
    this.chosen = chosenColumns(options.columns);
  }

  protected line(clean: string, number: number): void {
    // A time in the first column is no log prefix: the names have it as well, or have none.
    const text = (this.hasPrefix ?? this.prefix !== '') ? clean : this.prefix + clean;
    if (!isContent(text)) return;
    if (!this.rows) {
      this.delimiter = delimiterOf(text);
      this.hasPrefix = this.prefix !== '';
      this.rows = this.open(splitRow(text, this.delimiter), number);
      if (!this.byNumber()) return;
    }
    this.fields = splitRow(text, this.delimiter);
    if (this.torn && this.fields.length < this.fieldCount) {
      this.builder.add({ kind: 'gap', reason: 'torn tail: the last line has too few fields', lostEvents: 1 });
      return;
    }
    this.rows.add(this.value, number);
  }

  protected override finish(): void {
    this.rows?.finish();
  }

  /** Columns are given by their numbers, from 1: then there is no line of names. */
  private byNumber(): boolean {
    return this.chosen.size > 0 && [...this.chosen.values()].every(({ name }) => /^\d{1,3}$/.test(name));
  }

  private open(first: readonly string[], line: number): GenericRows {
    this.fieldCount = first.length;
    const names = this.byNumber()
      ? first.map((_, i) => String(i + 1))
      : first.slice(0, MAX_COLUMNS).map((name) => name.trim());
    const columns = matchColumns(names, this.chosen, this.subject);
    if (!rolesSuffice(columns)) {
      const found = names.join(', ').slice(0, 300);
      throw new TraceFormatError(
        'HH1452',
        `${this.subject}: line ${line}: found the columns ${found}, expected at least address and size, or size and kind`,
        {
          offset: line,
          remedy:
            "name them with options.columns 'address=ptr,size=bytes', or by number with options.columns 'address=1,size=2'",
        },
      );
    }
    for (const [role, { name }] of columns) this.indexOf.set(role, names.indexOf(name));
    return new GenericRows(this.builder, columns, this.options, 'CSV');
  }
}
