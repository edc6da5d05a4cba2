import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { TRACE_WRITERS } from '../../../lib/formats/export/trace-writers.js';
import { MAX_LINE_LENGTH } from '../../../lib/formats/line-splitter.js';
import { detectFormat, formatById } from '../../../lib/formats/registry.js';
import { frameText, frameTextsOf, parseFrameText, stackText } from '../../../lib/formats/rows/frame-text.js';
import { csvFields } from '../../../lib/formats/rows/row-source.js';
import { CUT_FRAME, FRAME_KINDS, type Frame, type TraceRecord } from '../../../lib/trace/heap-event.js';
import { lifespans } from '../../../lib/trace/lifespans.js';
import { recordsOf } from '../../../lib/trace/records-of.js';
import { backtraceOf, type Trace } from '../../../lib/trace/trace.js';
import { TraceBuilder } from '../../../lib/trace/trace-builder.js';
import { anyGraph, graphOf, toldGraph } from '../../support/object-graphs.js';
import { anyRecords } from '../../support/random-trace.js';
import { traceFromText } from '../../support/trace-from-text.js';
import { written as writtenBytes } from '../../support/written.js';

const written = (id: string, trace: Trace) => writtenBytes(id, trace).toString();

function readBack(id: string, text: string, pieceBytes = text.length): Trace {
  const bytes = Buffer.from(text);
  const builder = new TraceBuilder();
  const decoder = formatById(id).open(builder, {});
  for (let at = 0; at < bytes.length; at += Math.max(1, pieceBytes)) decoder.push(bytes.subarray(at, at + pieceBytes));
  decoder.end();
  return builder.build();
}

function traceOf(records: readonly TraceRecord[]): Trace {
  const builder = new TraceBuilder();
  for (const record of records) builder.add(record);
  return builder.build();
}

const TOY = traceFromText(
  `
  region heap 0x1000 4096 16
  alloc 0x1000 64 main@m.c:1 > foo@f.c:10
  mark boot
  alloc 0x1100 128 main@m.c:2
  realloc 0x1100 -> 0x1200 192 main@m.c:3
  failed 4096
  free 0x1000 main@m.c:4
  gap lost 3 overflow
  alloc 0x1000 32
`,
  { source: 'toy', complete: false },
);

test('CSV of events: a row an event, what stands between at its place', (t) => {
  t.is(
    written('events-csv', TOY),
    [
      'seq,kind,address,size,requested,from,from_size,time_us,task,largest_before,largest_after,backtrace,detail',
      '0,info,,,,,,,,,,,"{""schema"":""heap-harvest/events@1"",""doubts"":[""the capture is incomplete: overflow (3 events lost before event 5)""],""source"":""toy"",""hasAddresses"":true,""sizeKind"":""requested"",""unitBytes"":1,""complete"":false}"',
      '0,region,,,,,,,,,,,"{""name"":""heap"",""baseAddress"":4096,""sizeBytes"":4096,""unitBytes"":16}"',
      '0,alloc,0x1000,64,,,,,,,,"foo (f.c:10) @0x8014 <- main (m.c:1) @0x8002",',
      '1,mark,,,,,,,,,,,"{""name"":""boot""}"',
      '1,alloc,0x1100,128,,,,,,,,"main (m.c:2) @0x8004",',
      '2,realloc,0x1200,192,,0x1100,,,,,,"main (m.c:3) @0x8006",',
      '3,failed,,4096,,,,,,,,,',
      '4,free,0x1000,,,,,,,,,"main (m.c:4) @0x8008",',
      '5,gap,,,,,,,,,,,"{""reason"":""overflow"",""lostEvents"":3}"',
      '5,alloc,0x1000,32,,,,,,,,,',
      '6,end,,,,,,,,,,,"{""events"":6}"',
      '',
    ].join('\n'),
  );
});

test('NDJSON of allocations: an object an allocation with its end, and one a refused request', (t) => {
  const rows = written('allocations-ndjson', TOY)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const ends = rows
    .filter(({ id }) => id !== undefined)
    .map(({ id, kind, size, end, end_seq }) => [id, kind, size, end, end_seq]);
  t.deepEqual(ends, [
    [0, 'alloc', 64, 'free', 4],
    [1, 'alloc', 128, 'realloc', 2],
    [2, 'realloc', 192, 'alive', undefined],
    [3, 'failed', 4096, 'refused', undefined],
    [4, 'alloc', 32, 'alive', undefined],
  ]);
  const first = rows.find(({ id }) => id === 0);
  t.deepEqual(first.backtrace[0], { address: 0x8014, functionName: 'foo', file: 'f.c', line: 10 });
  t.is(first.end_backtrace[0].line, 4);
  t.deepEqual(rows.at(-1), { kind: 'end', start_seq: 6, detail: { allocations: 5 } });
});

/** Records with everything that an event can have, beside what the common ones have. */
const richRecord: fc.Arbitrary<TraceRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('alloc' as const),
    address: fc.integer({ min: 0, max: 2 ** 40 }),
    sizeBytes: fc.nat(999),
    requestedBytes: fc.nat(999),
    atUs: fc.double({ min: 0, max: 1e12, noNaN: true }),
    task: fc.nat(5),
    largestBeforeBytes: fc.nat(9999),
    largestAfterBytes: fc.nat(9999),
  }),
  fc.record({ kind: fc.constant('existing' as const), address: fc.nat(4096), sizeBytes: fc.nat(99) }),
  fc.record({ kind: fc.constant('failed' as const), sizeBytes: fc.nat(99), fromAddress: fc.nat(4096) }),
  fc.record({ kind: fc.constant('level' as const), memory: fc.string(), freeBytes: fc.nat(99) }),
  fc.record({
    kind: fc.constant('info' as const),
    info: fc.record({
      source: fc.string(),
      hasAddresses: fc.boolean(),
      complete: fc.boolean(),
      endReason: fc.string(),
    }),
  }),
);
const records = fc
  .tuple(anyRecords, fc.array(richRecord, { maxLength: 12 }))
  .map(([some, rich]) => some.flatMap((record, i) => [record, ...(rich[i] ? [rich[i]] : [])]));

for (const id of ['events-csv', 'events-ndjson']) {
  test(`${id}: whatever the trace, it comes back as it was, however it is cut`, (t) => {
    fc.assert(
      fc.property(records, fc.constantFrom(1, 7, 1e6), (some, pieceBytes) => {
        const trace = sound(traceOf(some));
        t.true(isDeepStrictEqual([...recordsOf(readBack(id, written(id, trace), pieceBytes))], [...recordsOf(trace)]));
      }),
      { numRuns: 40 },
    );
  });
}

/** Without what no source says: that it is complete with a gap, or has addresses and none. */
function sound(trace: Trace): Trace {
  const { events, info, gaps } = trace;
  const complete = info.complete && gaps.length === 0;
  const address = info.hasAddresses ? events.address : events.address.map(() => 0);
  return { ...trace, info: { ...info, complete }, events: { ...events, address } };
}

for (const id of ['allocations-csv', 'allocations-ndjson']) {
  test(`${id}: allocations come back with their ends, and the second export is the first`, (t) => {
    fc.assert(
      fc.property(records, (some) => {
        const trace = traceOf(some);
        const once = readBack(id, written(id, trace));
        const [before, after] = [lifespans(trace), lifespans(once)];
        t.is(after.count, before.count);
        t.deepEqual([...after.sizeBytes.slice(0, after.count)], [...before.sizeBytes.slice(0, before.count)]);
        if (before.findings.length === 0)
          t.deepEqual([...after.endCause.slice(0, after.count)], [...before.endCause.slice(0, before.count)]);
        const text = written(id, once);
        t.is(written(id, readBack(id, text)), text);
      }),
      { numRuns: 40 },
    );
  });
}

for (const id of ['events-csv', 'events-ndjson', 'allocations-csv', 'allocations-ndjson']) {
  test(`${id}: who holds which block comes back at its place, however large the graph is`, (t) => {
    const before = traceFromText('alloc 0x1000 64 main@m.c:1\nalloc 0x1010 16');
    const large = graphOf(
      Array.from({ length: 9000 }, (_, i) => `n${i}:type ${i}`),
      ['static x -> n0', 'n0 .a => n8999'],
    );
    for (const graph of [large, ...fc.sample(anyGraph, 10)]) {
      const trace = { ...before, graphs: [{ ...graph, beforeSeq: 2 }] };
      const text = written(id, trace);
      t.true(text.split('\n').every((line) => line.length < MAX_LINE_LENGTH));
      const again = readBack(id, text);
      t.deepEqual(again.graphs.map(toldGraph), trace.graphs.map(toldGraph));
      t.true(again.info.complete);
    }
    // A row with a part of a graph is missing, or another's.
    const parts = written(id, { ...before, graphs: [{ ...large, beforeSeq: 2 }] }).split('\n');
    const at = parts.findIndex((line) => /graph/.test(line) && /part/.test(line));
    t.throws(() => readBack(id, parts.toSpliced(at, 1).join('\n')), { code: 'HH1972' });
    const last = parts.findLastIndex((line) => /graph/.test(line) && /part/.test(line));
    const filtered = readBack(id, parts.toSpliced(last, 1).join('\n'));
    t.false(filtered.info.complete);
    t.deepEqual(
      filtered.gaps.map(({ reason }) => reason),
      ['the last parts of who holds which block are missing: the table was cut or filtered'],
    );
    t.deepEqual(filtered.graphs, []);
  });
}

test('a table that was cut or filtered is incomplete, at every byte', (t) => {
  const whole = traceFromText('alloc 0x1000 64 main@m.c:1\nalloc 0x1100 16\nfree 0x1000');
  for (const { id } of TRACE_WRITERS.filter(({ id }) => /^(events|allocations)-/.test(id))) {
    const text = written(id, whole);
    t.is(detectFormat(Buffer.from(text), true).id, id);
    t.true(readBack(id, text).info.complete, id);
    const head = text.indexOf('\n', text.indexOf('"schema') > 0 ? text.indexOf('schema') : 0) + 1;
    for (let at = head; at < text.length - 3; at++)
      t.false(readBack(id, text.slice(0, at)).info.complete, `${id} ${at}`);
    const lines = text.split('\n');
    t.throws(() => readBack(id, [...lines.slice(0, -3), 'x', ...lines.slice(-3)].join('\n')), { code: 'HH1972' });
  }
  const rows = written('events-csv', whole).split('\n');
  const filtered = readBack('events-csv', rows.filter((row) => !row.startsWith('1,')).join('\n'));
  t.deepEqual(
    filtered.gaps.map(({ reason, lostEvents }) => [reason, lostEvents]),
    [
      ['rows were left out of the table', 1],
      ["found 2 events, expected 3 as the row of kind 'end' says", undefined],
    ],
  );
  const sorted = [rows[0], rows[1], rows[3], rows[2], ...rows.slice(4)];
  t.throws(() => readBack('events-csv', sorted.join('\n')), { code: 'HH1972', message: /line 4.*seq/ });
});

test('a frame is read back as it was, whatever its names are, and no cell is a formula', (t) => {
  const odd = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      'a <- b',
      '=cmd()',
      '??',
      '\u001b[31mred',
      '[0;32mgreen',
      '\\033[m',
      'x (y.c:3)',
      'f @0x10',
      'g ~cut',
      '{"',
      ' ',
    ),
  );
  const frame: fc.Arbitrary<Frame> = fc
    .record({
      functionName: odd,
      file: odd,
      line: fc.nat(9),
      address: fc.nat(),
      inlined: fc.boolean(),
      guessed: fc.boolean(),
      kind: fc.constantFrom(...FRAME_KINDS),
    })
    .map(({ inlined, guessed, kind, ...plain }) => ({
      ...plain,
      ...(kind === 'normal' ? {} : { kind }),
      ...(inlined ? { inlined } : {}),
      ...(guessed ? { certainty: 'guessed' as const } : {}),
    }));
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 4 }), (frames) => {
      const text = stackText(frames.map(frameText));
      t.true(isDeepStrictEqual(frameTextsOf(text).map(parseFrameText), frames));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
      t.notRegex(text, /^[=+\-@\t\r]|[\u0000-\u001f\u007f-\u009f\u202e]/);
      const trace = traceOf([{ kind: 'alloc', address: 16, sizeBytes: 1, backtrace: frames }]);
      for (const id of ['events-csv', 'events-ndjson'])
        t.true(isDeepStrictEqual([...recordsOf(readBack(id, written(id, trace)))], [...recordsOf(trace)]));
    }),
    { numRuns: 60 },
  );
});

test('fields of CSV: quotes are doubled inside, a comma in them is text', (t) => {
  t.deepEqual(csvFields('1,,"a,""b""",'), ['1', '', 'a,"b"', '']);
  t.deepEqual(csvFields(''), ['']);
  t.deepEqual(csvFields('"cut'), ['cut']);
});

test('a backtrace that no line holds is cut, and says so', (t) => {
  const backtrace = Array.from({ length: 3000 }, (_, i) => ({
    address: i + 1,
    functionName: `level_${i}`,
    file: 'a/very/long/path.c',
    line: i,
  }));
  const back = readBack(
    'events-csv',
    written('events-csv', traceOf([{ kind: 'alloc', address: 16, sizeBytes: 1, backtrace }])),
  );
  t.is(back.eventCount, 1);
  t.is(back.strings.includes('[...]'), true);
});

for (const id of ['events-csv', 'events-ndjson', 'allocations-csv', 'allocations-ndjson']) {
  test(`${id}: no row is longer than what is read of a line, however deep its backtraces are and whatever is escaped`, (t) => {
    for (const functionName of ['f', 'operator""_s', '<- "\u202e"', 'x'.repeat(70_000)]) {
      const backtrace = Array.from({ length: 3000 }, (_, i) => ({
        address: i + 1,
        functionName,
        file: 'c.c',
        line: i,
      }));
      const trace = traceOf([
        { kind: 'alloc', address: 16, sizeBytes: 1, backtrace },
        { kind: 'free', address: 16, backtrace },
      ]);
      const text = written(id, trace);
      t.true(Math.max(...text.split('\n').map((line) => line.length)) <= MAX_LINE_LENGTH);
      const back = readBack(id, text);
      t.deepEqual(back.gaps, []);
      t.is(back.eventCount, 2);
      for (const event of [0, 1]) {
        const frames = backtraceOf(back, back.events.stack[event] ?? -1);
        t.deepEqual(frames.at(-1), CUT_FRAME);
        t.deepEqual(frames.slice(0, -1), backtrace.slice(0, frames.length - 1));
      }
    }
  });
}

test('a table that nobody wrote is an error, never a hang or another', (t) => {
  const [names = ''] = written('events-csv', TOY).split('\n');
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string({ maxLength: 6 }), { minLength: 11, maxLength: 14 }), { maxLength: 4 }),
        (rows) => {
          const text = `${names}\n${rows.map((row) => row.join(',')).join('\n')}\n`;
          if (rows.length === 0) t.is(readBack('events-csv', text).eventCount, 0);
          else t.throws(() => readBack('events-csv', text), { code: 'HH1972' });
        },
      ),
      { numRuns: 200 },
    ),
  );
});
