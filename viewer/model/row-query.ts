import { EVENT_KINDS, isTemporary, parseSize } from '../../lib/public/browser.js';
import { blockOf } from './block.js';
import { eventSpans } from './event-spans.js';
import type { LoadedTrace } from './loaded-trace.js';
import { objectTypes } from './object-types.js';
import { placeOfEvent } from './sources.js';
import { CALLED_BY, CALLS, queryName, stackMatcher, stacksWithFunction } from './stack-match.js';
import { allocationStack, largestAfter, largestBefore, sizeOf, spanOf } from './table-rows.js';
import { textMatcher } from './text-filter.js';

type RowTest = (seq: number) => boolean;

export interface RowQueryTests {
  /** Undefined for a query that lets everything through. */
  readonly matches: RowTest | undefined;
  /** What of the query was not understood; empty when all was. Such a part lets nothing through. */
  readonly problem: string;
}

const COMPARISON = /^(size|life|age|drop|seq)(<=|>=|<|>|=)(.+)$/;
const WORD = /^(source|kind|path|by|calls|type|region):(.+)$/s;
/** Blanks within quotation marks belong to a part. */
const PARTS = /(?:[^\s"]|"[^"]*"?)+/g;

/** Whether what a query lets through changes with the selected event. */
export function followsEvent(query: string): boolean {
  return /(?:^|\s)age[<>=]/i.test(query);
}

/** What was typed into the box of the table: words and comparisons, all of which must hold; ages are those after `atSeq`. */
export function rowQuery(loaded: LoadedTrace, query: string, atSeq: number): RowQueryTests {
  const tests: RowTest[] = [];
  let problem = '';
  for (const part of (query.toLowerCase().match(PARTS) ?? []).slice(0, 20)) {
    const test = testOf(loaded, part, atSeq);
    if (typeof test === 'string') problem = test;
    else if (test) tests.push(test);
  }
  if (problem !== '') return { matches: () => false, problem };
  const [first] = tests;
  if (tests.length < 2) return { matches: first, problem };
  return { matches: (seq) => tests.every((test) => test(seq)), problem };
}

/** A test, or what is wrong with the part. */
function testOf(loaded: LoadedTrace, part: string, atSeq: number): RowTest | string | undefined {
  const { trace, spans } = loaded;
  const of = eventSpans(spans);
  const opened = (seq: number) => of.openedBy(seq);
  const ended = (seq: number) => (spans.endSeq[opened(seq)] ?? trace.eventCount) < trace.eventCount;
  if (part === 'alive') return (seq) => opened(seq) >= 0 && !ended(seq);
  if (part === 'freed') return (seq) => opened(seq) >= 0 && ended(seq);
  if (part === 'temporary') return (seq) => opened(seq) >= 0 && isTemporary(spans, opened(seq));
  const [, figure = '', sign = '', value = ''] = COMPARISON.exec(part) ?? [];
  if (figure !== '') return comparison(loaded, { figure, sign, value, atSeq });
  const [, word = '', text = ''] = WORD.exec(part) ?? [];
  if (word !== '') return wordTest(loaded, word, text);
  return textMatcher(loaded, part.replaceAll('"', ''));
}

/** Quotation marks mean the whole name, else a part of it does. */
function wordTest(loaded: LoadedTrace, word: string, text: string): RowTest | string {
  const { trace, regions } = loaded;
  const whole = text.startsWith('"');
  const name = text.replaceAll('"', '');
  const fits = (found: string) => (whole ? queryName(found) === name : queryName(found).includes(name));
  switch (word) {
    case 'kind': {
      const kinds: readonly string[] = EVENT_KINDS;
      const wanted = kinds.indexOf(name);
      return wanted < 0 ? `kind is one of ${EVENT_KINDS.join(', ')}` : (seq) => trace.events.kind[seq] === wanted;
    }
    case 'source':
      return (seq) => {
        const { functionName, location } = placeOfEvent(loaded, { seq, span: spanOf(loaded, seq) });
        return fits(`${functionName} ${location}`);
      };
    case 'calls': {
      const stacks = stacksWithFunction(loaded, fits);
      return (seq) => stacks[allocationStack(loaded, seq)] === 1;
    }
    case 'type': {
      if (trace.graphs.length === 0) return 'this trace has no object types';
      const typeOf = objectTypes(loaded);
      return (seq) => fits(typeOf(spanOf(loaded, seq)));
    }
    case 'region': {
      const wanted = regions.filter((region) => fits(region.name));
      return (seq) => {
        const span = spanOf(loaded, seq);
        const address = span >= 0 ? blockOf(loaded, span).address : (trace.events.address[seq] ?? -1);
        return wanted.some((it) => address >= it.baseAddress && address < it.baseAddress + it.sizeBytes);
      };
    }
    default:
      return stackTest(loaded, name, word === 'path');
  }
}

/** What was allocated below a path of calls; a free counts with its block. */
function stackTest(loaded: LoadedTrace, name: string, fromOutermost: boolean): RowTest {
  const parts = name.split(fromOutermost ? CALLS : CALLED_BY).map((it) => it.trim());
  const matches = stackMatcher(loaded, { parts, from: fromOutermost ? 'outermost' : 'innermost' });
  return (seq) => matches(allocationStack(loaded, seq));
}

interface Comparison {
  readonly figure: string;
  readonly sign: string;
  readonly value: string;
  readonly atSeq: number;
}

function comparison(loaded: LoadedTrace, { figure, sign, value, atSeq }: Comparison): RowTest | string {
  const compare = comparerOf(sign);
  if (figure === 'life' || figure === 'age') {
    return spanOfTime(loaded, { figure, value, compare, until: figure === 'age' ? atSeq : -1 });
  }
  const bound = parseSize(value);
  if (bound === undefined) return `${figure}${sign} takes a number, as ${figure}${sign}256 or ${figure}${sign}4K`;
  if (figure === 'size') return (seq) => compare(sizeOf(loaded, seq), bound);
  if (figure === 'drop') return (seq) => compare(largestBefore(loaded, seq) - largestAfter(loaded, seq), bound);
  return (seq) => compare(seq, bound);
}

/** Unknown figures are NaN, which no comparison lets through. */
function comparerOf(sign: string): (value: number, bound: number) => boolean {
  switch (sign) {
    case '<':
      return (value, bound) => value < bound;
    case '<=':
      return (value, bound) => value <= bound;
    case '>':
      return (value, bound) => value > bound;
    case '>=':
      return (value, bound) => value >= bound;
    default:
      return (value, bound) => value === bound;
  }
}

const MICROSECONDS: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1000, s: 1_000_000 };

interface SpanOfTime {
  readonly figure: string;
  readonly value: string;
  readonly compare: (value: number, bound: number) => boolean;
  /** The event at which an age is taken; -1 for lives, which end with their block. */
  readonly until: number;
}

/** A life, or the age of what is alive after an event: in time where a unit says so, else in events. */
function spanOfTime(loaded: LoadedTrace, { figure, value, compare, until }: SpanOfTime): RowTest | string {
  const { trace, spans } = loaded;
  const [, number = '', unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?)(us|µs|ms|s)?$/.exec(value) ?? [];
  if (number === '') return `${figure} is a number of events, or a time: ${figure}<100, ${figure}<10ms`;
  const { atUs } = trace.events;
  if (unit !== '' && !atUs) return `this trace has no times: ${figure} is counted in events, as ${figure}<100`;
  const at = unit === '' ? (seq: number) => seq : (seq: number) => atUs?.[seq] ?? Number.NaN;
  const bound = Number(number) * (MICROSECONDS[unit] ?? 1);
  const of = eventSpans(spans);
  return (seq) => {
    const span = of.openedBy(seq);
    if (span < 0) return false;
    const start = spans.startSeq[span] ?? 0;
    const end = spans.endSeq[span] ?? trace.eventCount;
    const known = until < 0 ? end < trace.eventCount : start <= until && end > until;
    return known && compare(at(until < 0 ? end : until) - at(start), bound);
  };
}
