import { EVENT_KINDS, isTemporary, parseSize } from '../../lib/public/browser.js';
import type { LoadedTrace } from './loaded-trace.js';
import { placeOfEvent } from './sources.js';
import { largestAfter, largestBefore, lifeOf, sizeOf, spanOf } from './table-rows.js';
import { textMatcher } from './text-filter.js';

type RowTest = (seq: number) => boolean;

export interface RowQueryTests {
  /** Undefined for a query that lets everything through. */
  readonly matches: RowTest | undefined;
  /** What of the query was not understood; empty when all was. Such a part lets nothing through. */
  readonly problem: string;
}

const COMPARISON = /^(size|life|drop|seq)(<=|>=|<|>|=)(.+)$/;
const WORD = /^(source|kind):(.+)$/;

/** What was typed into the box of the table: words and comparisons, all of which must hold. */
export function rowQuery(loaded: LoadedTrace, query: string): RowQueryTests {
  const tests: RowTest[] = [];
  let problem = '';
  for (const part of query.trim().toLowerCase().split(/\s+/).slice(0, 20)) {
    const test = part === '' ? undefined : testOf(loaded, part);
    if (typeof test === 'string') problem = test;
    else if (test) tests.push(test);
  }
  if (problem !== '') return { matches: () => false, problem };
  const [first] = tests;
  if (tests.length < 2) return { matches: first, problem };
  return { matches: (seq) => tests.every((test) => test(seq)), problem };
}

/** A test, or what is wrong with the part. */
function testOf(loaded: LoadedTrace, part: string): RowTest | string | undefined {
  const { trace, spans } = loaded;
  const opened = (seq: number) => spans.openedBy[seq] ?? -1;
  const ended = (seq: number) => (spans.endSeq[opened(seq)] ?? trace.eventCount) < trace.eventCount;
  if (part === 'alive') return (seq) => opened(seq) >= 0 && !ended(seq);
  if (part === 'freed') return (seq) => opened(seq) >= 0 && ended(seq);
  if (part === 'temporary') return (seq) => opened(seq) >= 0 && isTemporary(spans, opened(seq));
  const [, figure = '', sign = '', value = ''] = COMPARISON.exec(part) ?? [];
  if (figure !== '') return comparison(loaded, { figure, sign, value });
  const [, kind = '', text = ''] = WORD.exec(part) ?? [];
  if (kind === 'kind') {
    const kinds: readonly string[] = EVENT_KINDS;
    const wanted = kinds.indexOf(text);
    return wanted < 0 ? `kind is one of ${EVENT_KINDS.join(', ')}` : (seq) => trace.events.kind[seq] === wanted;
  }
  if (kind === 'source') {
    return (seq) => {
      const { functionName, location } = placeOfEvent(trace, loaded.sources, { seq, span: spanOf(loaded, seq) });
      return `${functionName} ${location}`.toLowerCase().includes(text);
    };
  }
  return textMatcher(loaded, part);
}

interface Comparison {
  readonly figure: string;
  readonly sign: string;
  readonly value: string;
}

function comparison(loaded: LoadedTrace, { figure, sign, value }: Comparison): RowTest | string {
  const compare = comparerOf(sign);
  if (figure === 'life') return lifeTest(loaded, value, compare);
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

/** In time where a unit says so, else in events. */
function lifeTest(
  loaded: LoadedTrace,
  value: string,
  compare: (value: number, bound: number) => boolean,
): RowTest | string {
  const { trace, spans } = loaded;
  const [, number = '', unit = ''] = /^(\d{1,15}(?:\.\d{1,9})?)(us|µs|ms|s)?$/.exec(value) ?? [];
  if (number === '') return 'life is a number of events, or a time: life<100, life<10ms';
  if (unit === '') {
    const bound = Number(number);
    return (seq) => {
      const span = spans.openedBy[seq] ?? -1;
      const end = spans.endSeq[span] ?? trace.eventCount;
      return span >= 0 && end < trace.eventCount && compare(end - (spans.startSeq[span] ?? 0), bound);
    };
  }
  if (!trace.events.atUs) return 'this trace has no times: life is counted in events, as life<100';
  const bound = Number(number) * (MICROSECONDS[unit] ?? 1);
  return (seq) => {
    const span = spans.openedBy[seq] ?? -1;
    return span >= 0 && compare(lifeOf(loaded, span), bound);
  };
}
