import { TraceFormatError } from '../errors/errors.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions, TraceFormat } from './format.js';
import { type ColumnChoice, type ColumnRole, chosenColumns, matchColumns, rolesSuffice } from './generic-columns.js';
import { KindSearch } from './generic-kinds.js';
import { GenericRows } from './generic-rows.js';
import { LineDecoder } from './line-decoder.js';
import { headLines } from './line-splitter.js';

/** Rows of an unknown tracer: comma, semicolon, tab or bar between the fields, column names in the first line. */
export const csvFormat: TraceFormat = {
  id: 'csv',
  title: 'CSV with a line of column names (any tracer; the columns can be named)',
  detect(head, whole) {
    const lines = headLines(head, whole).filter((line) => isContent(line));
    const at = lines.slice(0, MAX_TITLE_LINES).findIndex((line) => isHeading(line));
    if (at <= 0) return at === 0 ? 0.5 : 0;
    // Below a title the names must be those of a row.
    const delimiter = delimiterOf(lines[at] ?? '');
    const names = splitRow(lines[at] ?? '', delimiter);
    const row = splitRow(lines[at + 1] ?? '', delimiter);
    return row.length === names.length && row.some((field) => /^\s*"?(?:0x[0-9a-f]+|\d+)"?\s*$/i.test(field))
      ? 0.45
      : 0;
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
/** Of any radix and with any unit behind it. */
const NUMBER = /^\s*"?-?(?:0x)?[0-9a-f]*\d[0-9a-f.,]*(?: ?[kmgt]?i?b(?:ytes)?)?"?\s*$/i;

/** Lines above the names: a title, a date. */
const MAX_TITLE_LINES = 50;

/** Neither blank, nor a comment, nor a ruler below the names. */
function isContent(line: string): boolean {
  return !line.startsWith('#') && !/^[\s|+:=_-]*$/.test(line);
}

/** Whether a line names columns that events can be made of. */
function isHeading(line: string): boolean {
  const delimiter = delimiterOf(line);
  const names = splitRow(line, delimiter);
  if (names.length < 2 || names.length > MAX_COLUMNS) return false;
  const columns = matchColumns(names, new Map(), '');
  // Words between blanks may be any sentence: then each must be the name of a column.
  return rolesSuffice(columns) && !(delimiter === BLANKS && columns.size < names.length);
}

const BAR = '|';
const DELIMITERS = [',', ';', '\t', BAR];
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
  if (delimiter === BAR && /^\s*\|.*\|\s*$/.test(line)) {
    // Markdown and database shells draw bars on both sides.
    return line
      .trim()
      .slice(1, -1)
      .split(BAR)
      .map((field) => field.trim());
  }
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
  /** The first of the lines above the names. */
  private titles: { readonly text: string; count: number } | undefined;
  /** Lines since the last row that are none. */
  private others = 0;
  private firstOther = '';
  private readonly indexOf = new Map<ColumnRole, number>();
  private readonly kinds = new KindSearch();
  private names: readonly string[] = [];
  /** Columns of which nobody said, and no name tells, what they hold: kinds of events may be there. */
  private unnamed: readonly number[] = [];
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
      if (this.isTitle(text)) return;
      this.delimiter = delimiterOf(text);
      this.hasPrefix = this.prefix !== '';
      this.rows = this.open(splitRow(text, this.delimiter), number);
      if (!this.byNumber()) return;
    }
    this.fields = splitRow(text, this.delimiter);
    if (!this.isRow()) {
      if (this.others++ === 0) this.firstOther = `line ${number} '${text.trim().slice(0, 60)}'`;
      return;
    }
    if (this.others > 0) this.otherLines(true);
    if (this.torn && this.fields.length < this.fieldCount) {
      this.builder.add({ kind: 'gap', reason: 'torn tail: the last line has too few fields', lostEvents: 1 });
      return;
    }
    if (!this.rows.knowsKinds) this.findKinds(this.rows);
    this.rows.add(this.value, number);
  }

  /** `free` in a column of another name is no size to be counted as an allocation. */
  private findKinds(rows: GenericRows): void {
    const found = this.kinds.look(this.unnamed, (index) => this.fields[index]);
    if (found === undefined) return;
    if (this.indexOf.get('function') === found) this.indexOf.delete('function');
    this.indexOf.set('kind', found);
    rows.kindsAreIn(this.names[found] ?? String(found + 1), this.kinds.isSure(found));
  }

  /** @throws TraceFormatError HH1452 when no line named the columns */
  protected override finish(): void {
    if (!this.rows && this.titles) this.open(splitRow(this.titles.text, delimiterOf(this.titles.text)), 1);
    this.rows?.finish();
    if (this.others > 0) this.otherLines(false);
  }

  /** A line above the names, where none were chosen: the names come later. */
  private isTitle(text: string): boolean {
    if (this.chosen.size > 0 || isHeading(text)) return false;
    this.titles ??= { text, count: 0 };
    return ++this.titles.count <= MAX_TITLE_LINES;
  }

  /**
   * Whether the fields are a row: as many as the names; of other lines, and of all lines of a table that stands in a text, one with numbers
   * where address and size stand.
   */
  private isRow(): boolean {
    const isWhole = this.fields.length === this.fieldCount;
    if (isWhole && !this.titles && this.delimiter !== BLANKS) return true;
    const [address, size] = [this.value('address') ?? '', this.value('size') ?? ''];
    if (!isWhole) return NUMBER.test(this.indexOf.has('address') ? address : size);
    return (
      (address === '' || NUMBER.test(address)) &&
      (size === '' || NUMBER.test(size)) &&
      `${address}${size}`.trim() !== ''
    );
  }

  /** Below the table they are no part of it; between its rows they may have been some. */
  private otherLines(between: boolean): void {
    const text = `${this.others} lines that are no rows, the first: ${this.firstOther}`;
    this.others = 0;
    if (between) this.builder.add({ kind: 'gap', reason: `between the rows stand ${text}` });
    else this.builder.add({ kind: 'note', code: 'csv-other-lines', text: `below the table stand ${text}` });
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
    this.names = names;
    for (const [role, { name }] of columns) this.indexOf.set(role, names.indexOf(name));
    const known = new Set([...this.chosen.values()].map(({ name }) => names.indexOf(name)));
    for (const [role, index] of this.indexOf) if (role !== 'function') known.add(index);
    this.unnamed = [...names.keys()].filter((index) => !known.has(index));
    return new GenericRows(this.builder, columns, this.options, 'CSV');
  }
}
