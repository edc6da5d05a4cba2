import { TraceFormatError } from '../../errors/errors.js';
import type { TraceInfo } from '../../trace/heap-event.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import { looksCut } from '../cut-line.js';
import type { ImportOptions, TraceFormat } from '../format.js';
import { LineDecoder } from '../line-decoder.js';
import { headLines } from '../line-splitter.js';
import { LogClock } from '../log-time.js';
import { TextEvents } from '../text-events.js';
import { type FieldValues, PatternMatcher } from './match-pattern.js';
import { nearByPatterns } from './near-patterns.js';
import { type LinePattern, type PatternKind, parsePattern } from './parse-pattern.js';
import { addMatched } from './pattern-events.js';

/** A log whose lines the user describes: `--pattern 'alloc: {address} {size} {caller}'`. */
export const patternFormat: TraceFormat = {
  id: 'pattern',
  title: 'any log whose lines are described by patterns',
  detect: () => 0,
  open(builder, options) {
    const patterns = options.patterns ?? [];
    if (patterns.length === 0) {
      throw new TraceFormatError(
        'HH1433',
        `${options.subject ?? 'pattern'}: found no pattern, expected one an event kind`,
        {
          remedy:
            "name them with options.patterns 'alloc: {address} {size} {caller}' options.patterns 'free: {address}'",
        },
      );
    }
    return new PatternDecoder(builder, options, {
      source: 'log read by patterns',
      patterns: patterns.map(parsePattern),
    });
  },
};

/** A producer whose lines patterns describe. */
export interface PatternText {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly patterns: readonly string[];
  /** What a record begins with: a line that has it and fits no pattern lost something on its way. */
  readonly damaged: RegExp;
  /** So sure is one line of it; two or more are surer. */
  readonly confidence: number;
  readonly info?: Partial<TraceInfo>;
  /** What to run on the device, for the error when nothing was found. */
  readonly remedy: string;
}

/** The format of such a producer. */
export function patternReader(source: PatternText): TraceFormat {
  const patterns = source.patterns.map(parsePattern);
  const matchers = patterns.filter(({ kind }) => isTelling(kind)).map((pattern) => new PatternMatcher(pattern));
  return {
    id: source.id,
    title: source.title,
    detect(head, whole) {
      let found = 0;
      for (const line of headLines(head, whole)) {
        if (matchers.some((matcher) => matcher.match(line) !== undefined) && ++found > 1) break;
      }
      return found > 1 ? Math.min(0.94, source.confidence + 0.1) : found * source.confidence;
    },
    nearMiss: (lines) => nearByPatterns(lines, matchers),
    open: (builder, options) => new PatternDecoder(builder, options, { ...source, patterns }),
  };
}

/** Whether a line of this kind shows what the input is. Everybody words a refused request alike, in logs that have no other event. */
function isTelling(kind: PatternKind): boolean {
  return !['total', 'gap', 'region', 'mark', 'skip', 'hole', 'failed'].includes(kind);
}

interface Described {
  readonly source: string;
  readonly patterns: readonly LinePattern[];
  readonly info?: Partial<TraceInfo>;
  readonly remedy?: string;
  readonly damaged?: RegExp;
}

class PatternDecoder extends LineDecoder {
  private readonly matchers: readonly PatternMatcher[];
  private readonly events: TextEvents;
  private readonly clock = new LogClock();
  private firstLine = '';
  private lineBefore = '';

  constructor(
    builder: TraceBuilder,
    private readonly options: ImportOptions,
    private readonly described: Described,
  ) {
    super();
    this.matchers = described.patterns.map((pattern) => new PatternMatcher(pattern));
    this.events = new TextEvents(builder, options.resolve, {
      source: described.source,
      ...contentsOf(described.patterns),
      ...described.info,
    });
  }

  protected line(text: string): void {
    if (this.firstLine === '') this.firstLine = text.trim().slice(0, 120);
    const before = this.lineBefore;
    this.lineBefore = text;
    let isMatched = false;
    for (const matcher of this.matchers) {
      const values = matcher.match(text);
      if (!values) continue;
      isMatched = true;
      if (this.torn) this.events.gap('torn tail: the last line has no end, its numbers may be cut', 1);
      else this.add(matcher.pattern, values);
      if (this.torn) this.events.seen++;
      // A line makes one event at most, but may tell several levels, or begin a table as well.
      if (isEvent(matcher.pattern.kind)) return;
    }
    if (!isMatched && !this.torn && this.described.damaged?.test(text)) this.events.unread(text);
    if (this.torn && !isMatched && this.events.seen > 0 && looksCut(text, before))
      this.events.gap('torn tail: the last line has no end, it may be a record', 1);
  }

  private add(pattern: LinePattern, values: FieldValues): void {
    // A snapshot's blocks have no times of their own.
    const isTimed = this.prefix !== '' && this.described.info?.contents !== 'snapshot';
    addMatched(pattern, values, { events: this.events, atUs: isTimed ? this.clock.read(this.prefix) : undefined });
  }

  /** @throws TraceFormatError HH1432 when no line matched */
  protected override finish(): void {
    this.events.end();
    if (this.events.seen > 0) return;
    const { described, options } = this;
    const expected = described.patterns.map(({ source }) => `'${source}'`).join(', ');
    throw new TraceFormatError(
      'HH1432',
      `${options.subject ?? described.source}: found no line that matches, the first is '${this.firstLine}', expected ${expected.slice(0, 600)}`,
      {
        remedy: described.remedy ?? 'compare a line of the log with the pattern: bare hexadecimal needs {address:hex}',
      },
    );
  }
}

function isEvent(kind: PatternKind): boolean {
  return !['level', 'region', 'mark', 'snapshot', 'total', 'gap'].includes(kind);
}

/** What the patterns alone say of the trace that they make. */
function contentsOf(patterns: readonly LinePattern[]): Partial<TraceInfo> {
  const events = patterns.filter(({ kind }) => ['alloc', 'free', 'sweep', 'realloc', 'failed'].includes(kind));
  const hasAddresses =
    events.length === 0 ||
    events.some(({ parts }) => parts.some((part) => part.part === 'field' && part.field === 'address'));
  if (events.length === 0) return { hasAddresses, contents: 'levels' };
  const isSnapshot = patterns.some(({ kind }) => kind === 'snapshot') && events.every(({ kind }) => kind === 'alloc');
  return { hasAddresses, ...(isSnapshot ? { contents: 'snapshot' as const } : {}) };
}
