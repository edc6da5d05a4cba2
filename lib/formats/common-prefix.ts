import { TraceBuilder } from '../trace/trace-builder.js';
import type { TraceDecoder, TraceFormat } from './format.js';
import { headLines, LineSplitter } from './line-splitter.js';
import type { Likely } from './page-formats.js';

/*
 * What stands before every line and that no list of prefixes knows: the name of a container, a port, the line numbers of `cat -n` and
 * `grep`, a logger's columns. It is seen from the lines alone: all begin alike, but for their numbers.
 *
 *   esp32-1  | text      uart0: text      log.txt:12:text      2026-11-27 13:55:10,123 - dut - INFO - text
 */

const MAX_LINES = 200;
const MIN_LINES = 3;
const MAX_PREFIX = 80;
/** Of the lines so many may lack it: what another program printed between them. */
const MIN_SHARE = 0.95;
/** A prefix with one of these says what the line is about. */
const TELLING = /0x|alloc|free|heap|mem|ram\b|dma|internal|leak|trace|new|delete|calloc|["{}]/i;

/** A form of prefix that nearly all lines of a text have. */
export interface CommonPrefix {
  /** As it stands on the first line. */
  readonly example: string;
  /** Where the text behind it begins; 0 on a line that has none. */
  readonly lengthOn: (line: string) => number;
  /** Whether its own words may be what the lines are about. */
  readonly isTelling: boolean;
}

/** What all of these lines may have before their text, the longest first; empty for most inputs. */
export function commonPrefixes(lines: readonly string[]): CommonPrefix[] {
  const filled = lines.slice(0, MAX_LINES).filter((line) => line.trim() !== '');
  if (filled.length < MIN_LINES) return [];
  const [first = ''] = filled;
  const found: CommonPrefix[] = [];
  for (const end of endsIn(first).toReversed()) {
    const form = formOf(first.slice(0, end));
    if (!nearlyAll(filled, form)) continue;
    const example = first.slice(0, end).trim();
    const gap = Math.min(...filled.map((line) => blanksAt(line, form.exec(line)?.[0].length)));
    const lengthOn = (line: string) => {
      const length = form.exec(line)?.[0].length;
      return length === undefined ? 0 : length + Math.min(gap, blanksAt(line, length));
    };
    found.push({ example, lengthOn, isTelling: TELLING.test(example) });
  }
  return found;
}

function nearlyAll(lines: readonly string[], form: RegExp): boolean {
  let spare = Math.min(lines.length - MIN_LINES, Math.floor(lines.length * (1 - MIN_SHARE)));
  return lines.every((line) => form.test(line) || spare-- > 0);
}

/** Behind which characters of a line a prefix may end. */
function endsIn(line: string): number[] {
  const ends: number[] = [];
  for (let at = 0; at < Math.min(line.length, MAX_PREFIX); at++) {
    const next = line.charCodeAt(at + 1);
    if (!':|>])}-\t #'.includes(line[at] ?? '')) continue;
    // A dash inside a word ends nothing.
    if (line[at] === '-' && next !== 0x20) continue;
    if (line.slice(0, at + 1).trim() !== '') ends.push(at + 1);
  }
  return ends;
}

/** How many blanks stand at a place of a line; any number where the line ends there, or has no such place. */
function blanksAt(line: string, at: number | undefined): number {
  if (at === undefined) return MAX_PREFIX;
  let end = at;
  while (line[end] === ' ' || line[end] === '\t') end++;
  return end === line.length ? MAX_PREFIX : end - at;
}

/** The same with any numbers and any blanks. */
function formOf(prefix: string): RegExp {
  const form = prefix
    .trim()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\d+/g, '\\d{1,20}')
    .replace(/\s+/g, '\\s{1,40}');
  return new RegExp(`^\\s{0,40}${form}`);
}

/**
 * The format as it stands, or, where what stands before all lines hides some of its text from it, a reader that takes that off first:
 * when the format is surer without it, or as sure and reads more, and the prefix says nothing about a heap.
 */
export function behindCommonPrefix(
  head: Uint8Array,
  whole: boolean,
  best: (head: Uint8Array) => Likely,
): TraceFormat | undefined {
  const now = best(head);
  const lines = headLines(head, whole);
  for (const prefix of candidates(lines, now.format === undefined)) {
    const bare = new TextEncoder().encode(lines.map((line) => `${line.slice(prefix.lengthOn(line))}\n`).join(''));
    const { format, confidence } = best(bare);
    if (!format || confidence === 0 || confidence < now.confidence) continue;
    if (confidence > now.confidence) return withoutPrefix(format, prefix);
    if (prefix.isTelling) continue;
    // The names of columns are read wrong behind a prefix, not less.
    const isBetter =
      format.id === 'csv' ? !isFrame(prefix.example, lines) : readIn(format, bare) > readIn(now.format, head);
    if (isBetter) return withoutPrefix(format, prefix);
  }
  return now.format;
}

/** Of JSON nothing is read behind the prefixes that text readers know, either: for an input that nobody takes they are tried, too. */
function candidates(lines: readonly string[], isUnknown: boolean): CommonPrefix[] {
  const known: CommonPrefix = { example: '', lengthOn: () => 0, isTelling: false };
  const indent = indentation(lines);
  return [...commonPrefixes(lines), ...(indent ? [indent] : []), ...(isUnknown ? [known] : [])];
}

/** What most lines are indented by, as Markdown and mailing lists indent what is quoted; a sentence may stand before it. */
function indentation(lines: readonly string[]): CommonPrefix | undefined {
  const widths = lines
    .slice(0, MAX_LINES)
    .filter((line) => line.trim() !== '')
    .map((line) => blanksAt(line, 0));
  const indented = widths.filter((width) => width > 0);
  if (indented.length < MIN_LINES || indented.length * 2 < widths.length) return undefined;
  const width = Math.min(...indented);
  return { example: '', isTelling: false, lengthOn: (line) => Math.min(width, line.length, blanksAt(line, 0)) };
}

/** How much a format reads of the start of an input. */
function readIn(format: TraceFormat | undefined, head: Uint8Array): number {
  const builder = new TraceBuilder();
  try {
    const decoder = format?.open(builder, {});
    decoder?.push(head);
    decoder?.end();
  } catch {
    // What was read before counts.
  }
  return builder.eventCount + builder.levels.length + builder.regions.length + builder.tables.frames().count;
}

/** Whether the bar before all rows is the frame of a table, which has more of them. */
function isFrame(prefix: string, lines: readonly string[]): boolean {
  return prefix === '|' && lines.some((line) => line.indexOf('|') !== line.lastIndexOf('|'));
}

/** Their readers take bytes, not lines: they know no prefix. */
const JSON_FORMATS = new Set(['json', 'alloctrace', 'allocation-history', 'sysviewtrace-json']);

function withoutPrefix(format: TraceFormat, prefix: CommonPrefix): TraceFormat {
  return {
    ...format,
    open: (builder, options) =>
      new PrefixedDecoder(builder, format.open(builder, options), prefix, JSON_FORMATS.has(format.id)),
  };
}

/** Hands a decoder the lines without their common prefix; what a known monitor had put before it stays. */
class PrefixedDecoder implements TraceDecoder {
  private readonly encoder = new TextEncoder();
  private pieces: string[] = [];
  private readonly lines = new LineSplitter((text, _number, before) => {
    this.pieces.push(this.isJson ? '' : before, text.slice(this.prefix.lengthOn(text)), '\n');
  });

  constructor(
    private readonly builder: TraceBuilder,
    private readonly decoder: TraceDecoder,
    private readonly prefix: CommonPrefix,
    private readonly isJson: boolean,
  ) {}

  get heldRecords(): number {
    return this.decoder.heldRecords ?? 0;
  }

  push(chunk: Uint8Array): void {
    this.lines.push(chunk);
    this.pass();
  }

  end(): void {
    const torn = this.lines.end();
    // The last line has no end here either.
    if (torn) this.pieces.pop();
    this.pass();
    this.decoder.end();
    if (this.prefix.example === '') return;
    this.builder.add({
      kind: 'note',
      code: 'prefix-assumed',
      text: `assumed: '${this.prefix.example}' before the lines is no part of them`,
    });
  }

  private pass(): void {
    if (this.pieces.length === 0) return;
    const text = this.pieces.join('');
    this.pieces = [];
    this.decoder.push(this.encoder.encode(text));
  }
}
