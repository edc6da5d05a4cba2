import test from 'ava';
import fc from 'fast-check';
import { TraceFormatError } from '../../lib/errors/errors.js';
import { alloctraceJson } from '../../lib/formats/alloctrace-json.js';
import { decodeAll } from '../../lib/formats/format.js';
import { writeAlloctraceJson } from '../../lib/formats/write-alloctrace-json.js';
import { eventAt, type Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { traceFromText } from '../support/trace-from-text.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const json = (trace: Trace, limit?: number) =>
  [...writeAlloctraceJson(trace, limit === undefined ? {} : { limit })].join('');

/** What a board sends: no members of ours. */
const BOARD = JSON.stringify({
  header: {
    anchorWallMs: 1_700_000_000_000,
    clockHz: 1_000_000,
    ring: { count: 3, capacity: 8 },
    captured: 5,
    overwritten: 2,
    collapsed: 0,
    stopOnFull: false,
    regions: [{ name: 'heap', baseAddress: 0x20001000, sizeBytes: 8192 }],
    caps: { freeBytes: 4000, largestFreeBytes: 3000 },
    truncated: false,
    later: 'ignored',
  },
  events: [
    { seq: 2, kind: 'alloc', address: 0x20001000, sizeBytes: 32, atUs: 10, pc: 0x101, backtrace: [0x101, 0x201] },
    {
      seq: 3,
      kind: 'realloc',
      address: 0x20001100,
      sizeBytes: 64,
      atUs: 20,
      pc: 0x105,
      backtrace: [],
      from: 0x20001000,
    },
    { seq: 6, kind: 'free', address: 0x20001100, sizeBytes: 0, atUs: 30.5, pc: 0, backtrace: [], largestAfter: 3000 },
  ],
});

function read(text: string, step = text.length): Trace {
  const builder = new TraceBuilder();
  const decoder = alloctraceJson.open(builder, { subject: 'ring.json' });
  const all = bytes(text);
  for (let i = 0; i < all.length; i += step) decoder.push(all.subarray(i, i + step));
  decoder.end();
  return builder.build();
}

/** Everything that a comparison of two traces should see. */
function plain(trace: Trace) {
  const { regions, marks, gaps, epochs, notes, info } = trace;
  const events = Array.from({ length: trace.eventCount }, (_, seq) => eventAt(trace, seq));
  return { events, regions, marks, gaps, epochs, notes, complete: info.complete, sizeKind: info.sizeKind };
}

test("reads a board's document: events, region, caps, counters, gaps", (t) => {
  const trace = read(BOARD);
  t.deepEqual(eventAt(trace, 0), {
    kind: 'alloc',
    address: 0x20001000,
    sizeBytes: 32,
    atUs: 10,
    backtrace: [0x101, 0x201].map((address) => ({ address, functionName: '', file: '', line: 0 })),
  });
  const second = eventAt(trace, 1);
  t.is(second.kind === 'realloc' ? second.fromAddress : 0, 0x20001000);
  t.is(second.backtrace?.[0]?.address, 0x105);
  t.deepEqual(eventAt(trace, 2), { kind: 'free', address: 0x20001100, atUs: 30.5, largestAfterBytes: 3000 });
  t.deepEqual(trace.regions, [{ name: 'heap', baseAddress: 0x20001000, sizeBytes: 8192, unitBytes: 1 }]);
  t.deepEqual(trace.info.caps, { freeBytes: 4000, largestFreeBytes: 3000 });
  t.is(trace.info.startedAtWallMs, 1_700_000_000_000);
  t.deepEqual(trace.info.dropped, { overwritten: 2, collapsed: 0 });
  t.deepEqual(trace.gaps, [
    { beforeSeq: 0, reason: 'overwritten by the rolling ring', lostEvents: 2 },
    { beforeSeq: 2, reason: 'sequence numbers jump from 3 to 6', lostEvents: 2 },
  ]);
  t.false(trace.info.complete);
});

test('gives the same trace whatever the pieces', (t) => {
  const whole = plain(read(BOARD));
  for (const step of [1, 7, 64]) t.deepEqual(plain(read(BOARD, step)), whole);
});

test('a full stop-on-full ring is not a complete capture', (t) => {
  const document = JSON.parse(BOARD);
  document.header = { ...document.header, overwritten: 0, stopOnFull: true, ring: { count: 3, capacity: 3 } };
  t.true(read(JSON.stringify(document)).gaps.some((gap) => gap.reason.startsWith('the ring is full')));
});

test('keeps the events that arrived whole when the document is cut anywhere', (t) => {
  const ends = [...BOARD.matchAll(/\},\{"seq"|\}\]\}$/g)].map((match) => (match.index ?? 0) + 1);
  t.is(ends.length, 3);
  for (let length = 0; length < BOARD.length; length++) {
    const trace = read(BOARD.slice(0, length));
    t.is(trace.eventCount, ends.filter((end) => end <= length).length);
    t.false(trace.info.complete);
    t.true(
      trace.notes.some((note) => note.code === 'alloctrace-cut'),
      `cut at ${length}`,
    );
  }
});

test('names the member that is wrong', (t) => {
  const wrong: [string, string, string, string][] = [
    ['"sizeBytes":32', '"sizeBytes":-1', 'HH1491', 'events[0].sizeBytes: found -1'],
    ['"kind":"free"', '"kind":"loan"', 'HH1491', 'events[2].kind: found "loan", expected alloc or free or realloc'],
    ['"collapsed":0', '"collapsed":"0"', 'HH1491', 'header.collapsed: found "0"'],
    ['[257,513]', '[257,"x"]', 'HH1491', 'events[0].backtrace: found [257,"x"]'],
    ['"events":[', '"events":x[', 'HH1490', 'found "x[{\\"seq'],
    ['{"header"', '["header"', 'HH1490', "byte 0: found '[', expected the { of a JSON object"],
  ];
  for (const [from, to, code, message] of wrong) {
    t.true(BOARD.includes(from), from);
    const error = t.throws(() => read(BOARD.replace(from, to)), { instanceOf: TraceFormatError });
    t.is(error.code, code);
    t.true(error.message.includes(message), error.message);
  }
});

test('the bytes before a bad event stay in the builder', (t) => {
  const builder = new TraceBuilder();
  t.throws(() => decodeAll(alloctraceJson, bytes(BOARD.replace('"kind":"free"', '"kind":"loan"')), builder));
  t.is(builder.eventCount, 2);
});

test('is detected by its content only', (t) => {
  t.is(alloctraceJson.detect(bytes(BOARD), true), 0.95);
  t.is(alloctraceJson.detect(bytes('{"events":[]}'), true), 0);
  t.is(alloctraceJson.detect(bytes('hello "header" "anchorWallMs"'), true), 0);
  t.is(alloctraceJson.detect(new Uint8Array(0), true), 0);
});

const RICH = `
  region heap 0x1000 4096 16
  mark boot
  alloc 0x1000 32 main@m.c:1 > foo@f.c:10
  failed 9000 main@m.c:2
  gap lost 3 overflow
  realloc 0x1000 -> 0x1040 64 main@m.c:5
  sweep 0x1040
  epoch gc_init
  failed 5
  mark end
`;

test('one harvester reads all that another wrote: names, marks, gaps, epochs, failures', (t) => {
  const trace = traceFromText(RICH, { source: 'gdb engine', sizeKind: 'block', unitBytes: 16 });
  const back = read(json(trace));
  t.deepEqual(plain(back), plain(trace));
  t.is(back.info.source, 'gdb engine');
  t.is(back.info.unitBytes, 16);
});

test('what other clients see of such a document has only the kinds of the protocol', (t) => {
  const document = JSON.parse(json(traceFromText(RICH)));
  t.deepEqual(
    document.events.map((event: { kind: string }) => event.kind),
    ['alloc', 'realloc', 'free'],
  );
  t.deepEqual(
    document.events.map((event: { seq: number }) => event.seq),
    [0, 1, 2],
  );
  t.deepEqual(document.events[0].backtrace, [0x8014, 0x8002]);
  t.is(document.header.truncated, false);
});

test('a limit sends the newest events and says how many are missing', (t) => {
  const text = Array.from({ length: 5 }, (_, i) => `alloc 0x${(i + 1) * 100} 8`).join('\n');
  const document = json(traceFromText(text), 2);
  t.true(JSON.parse(document).header.truncated);
  const back = read(document);
  t.deepEqual([...back.events.address], [0x400, 0x500]);
  t.deepEqual(back.gaps, [{ beforeSeq: 0, reason: 'only the newest events were sent', lostEvents: 3 }]);
});

test('never crashes on damaged documents: a trace or a TraceFormatError', (t) => {
  const original = bytes(json(traceFromText(RICH)));
  const damage = fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  t.notThrows(() =>
    fc.assert(
      fc.property(damage, (changes) => {
        const copy = original.slice();
        for (const [at, value] of changes) copy[at] = value;
        try {
          decodeAll(alloctraceJson, copy, new TraceBuilder());
        } catch (error) {
          if (!(error instanceof TraceFormatError)) throw error;
        }
        return true;
      }),
      { numRuns: 3000 },
    ),
  );
});
