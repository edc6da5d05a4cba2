import test from 'ava';
import fc from 'fast-check';
import { TraceFormatError } from '../../lib/errors/errors.js';
import { PatternMatcher } from '../../lib/formats/pattern/match-pattern.js';
import {
  PATTERN_FIELDS,
  type PatternField,
  parsePattern,
  parsePatternFile,
} from '../../lib/formats/pattern/parse-pattern.js';
import { formatById } from '../../lib/formats/registry.js';
import type { Trace } from '../../lib/trace/trace.js';
import { framesOf, liveBlocks, liveSum } from '../support/case-trace.js';
import { decodeIn, survivesEveryCut, utf8 } from '../support/decode-ways.js';

const pattern = formatById('pattern');
const FIELD_NAMES = Object.keys(PATTERN_FIELDS) as PatternField[];

function read(text: string, ...patterns: string[]): Trace {
  const { trace, error } = decodeIn(pattern, utf8(text), { patterns });
  if (error) throw error;
  return trace;
}

function refused(run: () => unknown): TraceFormatError {
  try {
    run();
  } catch (error) {
    if (error instanceof TraceFormatError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const matched = (source: string, line: string): Readonly<Record<string, unknown>> | undefined => {
  const values = new PatternMatcher(parsePattern(source)).match(line);
  if (!values) return undefined;
  const told = FIELD_NAMES.flatMap((field) => {
    const value = values.numbers.get(field) ?? values.texts.get(field);
    return value === undefined ? [] : [[field, value] as const];
  });
  return { ...Object.fromEntries(told), chain: values.chain };
};

test('the pattern of the documentation reads addresses, sizes and callers', (t) => {
  const trace = read(
    'alloc: 0x20001000 64 0x08001235\nalloc: 0x20001040 32 0x08001301\nfree: 0x20001000\n',
    'alloc: alloc: {address} {size} {caller}',
    'free: free: {address}',
  );
  t.deepEqual(liveBlocks(trace), { '0x20001040': 32 });
  t.deepEqual(framesOf(trace, 1), ['0x8001301']);
  t.is(trace.info.contents, undefined);
});

test('whatever stands around, bare hexadecimal, units and times in units', (t) => {
  t.deepEqual(matched('alloc: ptr={address:hex} len={size:K} t={time:ms}', 'xx [heap] ptr=20001a40 len=2 t=1.5 more'), {
    address: 0x20001a40,
    size: 2048,
    time: 1500,
    chain: [],
  });
  t.deepEqual(matched('alloc: {size} bytes at {address}', 'task3:   128 bytes at 0x1000'), {
    size: 128,
    address: 0x1000,
    chain: [],
  });
  t.deepEqual(
    matched('alloc: got {address}, {size} B from {file}:{line}', 'got 0x10, 8 B from C:/a b/x.c:12'),
    undefined,
  );
  t.deepEqual(matched('alloc: got {address}, {size} B from {file}:{line}', 'got 0x10, 8 B from src/x.c:12'), {
    address: 16,
    size: 8,
    file: 'src/x.c',
    line: 12,
    chain: [],
  });
  t.deepEqual(
    matched('alloc: {address} {size} by {function} in {task}', '0x10 8 by net::Client<int>::open in Tmr Svc')?.function,
    'net::Client<int>::open',
  );
  t.deepEqual(
    matched('alloc: {address} {size} {backtrace}', '0x10 8 0x8000 <- 0x8010:0x8020')?.chain,
    [0x8000, 0x8010, 0x8020],
  );
});

test('words are whole words, numbers whole numbers', (t) => {
  t.is(matched('free: free {address}', 'xfree 0x10'), undefined);
  t.is(matched('mark: gc', 'gcc'), undefined);
  t.is(matched('free: free {address}', 'free 0x10zz'), undefined);
  t.is(matched('free: free {address}', 'free 20001a40'), undefined);
  t.is(matched('free: free {address}', 'free  0x10')?.address, 16);
  t.is(matched('free: free {address}', 'malloc free free 0x20')?.address, 32);
});

test('a block that is resized in a log without addresses is told by the size that it had', (t) => {
  const sized = read('a 7\na 16\nr 7 128\n', 'alloc: a {size}', 'realloc: r {fromSize} {size}');
  t.deepEqual(liveSum(sized), [2, 144]);
  t.true(sized.info.complete);
  t.false(read('a 7\na 16\nr 128\n', 'alloc: a {size}', 'realloc: r {size}').info.complete);
});

test('realloc, failures, tables of live blocks with a total, holes, levels and marks', (t) => {
  const trace = read(
    'r 0x10 -> 0x20 64\noom 4096\n-- step one\nfree heap 900 of 1000, best 300\n',
    'realloc: r {from} -> {address} {size}',
    'failed: oom {size}',
    'mark: -- {name}',
    'level: free heap {free} of {size}, best {largest}',
  );
  t.deepEqual([...trace.events.kind], [3, 4]);
  t.is(trace.events.fromAddress?.[0], 0x10);
  t.is(trace.marks[0]?.name, 'step one');
  t.deepEqual(
    trace.levels.map(({ freeBytes, totalBytes, largestFreeBytes }) => [freeBytes, totalBytes, largestFreeBytes]),
    [[900, 1000, 300]],
  );
  const table = [
    'snapshot: heap dump',
    'hole: {address} {size} free',
    'alloc: {address} {size} used',
    'total: sum {count} {size}',
  ];
  const text = 'heap dump\n0x1000 32 used\n0x1020 64 free\n0x1060 16 used\nsum 2 48\n';
  const snapshot = read(text, ...table);
  t.is(snapshot.info.contents, 'snapshot');
  t.deepEqual(liveSum(snapshot), [2, 48]);
  t.deepEqual([snapshot.regions[0]?.baseAddress, snapshot.regions[0]?.sizeBytes], [0x1000, 0x70]);
  t.deepEqual(snapshot.gaps, []);
  t.is(read(text.replace('sum 2', 'sum 3'), ...table).gaps.length, 1);
});

test('sizes alone are matched by size', (t) => {
  const trace = read('+ 16\n+ 32\n- 16\n', 'alloc: + {size}', 'free: - {size}');
  t.false(trace.info.hasAddresses);
  t.deepEqual(liveSum(trace), [1, 32]);
});

test('tasks by number and by name, and a log that ends inside a line', (t) => {
  const trace = read('a 0x10 8 tcp\na 0x20 8 udp\na 0x30 8', 'alloc: a {address} {size}');
  t.is(trace.eventCount, 2);
  t.is(trace.gaps.length, 1);
  const tasks = read('a 0x10 8 tcp\na 0x20 8 udp\n', 'alloc: a {address} {size} {task}');
  t.deepEqual(tasks.info.taskNames, { 1: 'tcp', 2: 'udp' });
});

test('a torn last line that a pattern knows is told once, also when it may begin a longer one', (t) => {
  const trace = read('free 900 of 1000\nfree 90', 'level: free {free}');
  t.deepEqual(
    trace.levels.map(({ freeBytes }) => freeBytes),
    [900],
  );
  t.deepEqual(
    trace.gaps.map(({ reason }) => reason),
    ['torn tail: the last line has no end, its numbers may be cut'],
  );
});

test('any cut gives the same trace', (t) => {
  const text = utf8(
    '12:00:01.5 > alloc: 0x20001000 64 0x08001235\r\n12:00:02 > free: 0x20001000\r\nx\r\nalloc: 0x20001000 16 0x1\r\n',
  );
  survivesEveryCut(t, pattern, text, {
    patterns: ['alloc: alloc: {address} {size} {caller}', 'free: free: {address}'],
  });
});

test('what is wrong with a pattern is said', (t) => {
  const message = (source: string) => refused(() => parsePattern(source)).message;
  t.is(refused(() => parsePattern('alloc: x {adress} {size}')).code, 'HH1433');
  t.regex(message('alloc: x {adress} {size}'), /the field \{adress\}, expected one of address/);
  t.regex(message('malloc: {address} {size}'), /the kind 'malloc'/);
  t.regex(message('alloc: at {address}'), /\{size\}/);
  t.regex(message('alloc: {address}{size}'), /right behind/);
  t.regex(message('alloc: a {address} {size} {time}'), /\{time:s\}/);
  t.regex(message('alloc: a {address} {size:pages}'), /the unit/);
  t.regex(message('alloc: a { {size}'), /single/);
});

test('a log that no pattern fits is refused with its first line and the patterns', (t) => {
  const error = refused(() => read('hello 1\nhello 2\n', 'alloc: got {address} {size}'));
  t.is(error.code, 'HH1432');
  t.regex(error.message, /'hello 1'.*'alloc: got \{address\} \{size\}'/);
  t.is(refused(() => read('x\n')).code, 'HH1433');
});

test('a file of patterns has comments and blank lines', (t) => {
  t.deepEqual(parsePatternFile('# my log\r\n\r\nalloc: a {address} {size}\r\n  free: f {address}  \n'), [
    'alloc: a {address} {size}',
    'free: f {address}',
  ]);
});

test('no line makes a pattern run away: a long one is gone through a bounded number of times', (t) => {
  const evil = parsePattern('alloc: a {any} a {any} a {any} a {any} b {address} {size}');
  const matcher = new PatternMatcher(evil);
  let calls = 0;
  // Counted by the texts that are looked for, not by the clock.
  const line = `${'a '.repeat(30_000)}b`;
  const counting = { indexOf: String.prototype.indexOf };
  String.prototype.indexOf = function (...args) {
    calls++;
    return counting.indexOf.apply(this, args);
  };
  try {
    t.is(matcher.match(line), undefined);
  } finally {
    String.prototype.indexOf = counting.indexOf;
  }
  t.true(calls < 200_000, `${calls} searches`);
});

test('whatever the pattern and the line, matching ends in values or nothing', (t) => {
  const piece = fc.constantFrom(
    '{address}',
    '{size}',
    '{caller:hex}',
    '{any}',
    '{function}',
    ' ',
    'a',
    'alloc',
    '=',
    ', ',
    '{task}',
    '{backtrace}',
  );
  const line = fc
    .array(fc.constantFrom('a', 'alloc', '0x10', '12', ' ', '=', ',', 'ff', '\t', '-'), { maxLength: 30 })
    .map((list) => list.join(''));
  const check = () =>
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), line, (pieces, text) => {
        let matcher: PatternMatcher;
        try {
          matcher = new PatternMatcher(parsePattern(`alloc: ${pieces.join('')} {size}`));
        } catch (error) {
          return error instanceof TraceFormatError;
        }
        const values = matcher.match(text);
        return values === undefined || FIELD_NAMES.every((field) => Number.isFinite(values.numbers.get(field) ?? 0));
      }),
    );
  t.notThrows(check);
});
