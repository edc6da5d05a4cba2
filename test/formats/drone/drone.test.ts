import test from 'ava';
import { heapStats } from '../../../lib/analysis/heap-stats.js';
import { droneFormat, droneGenerationFormats } from '../../../lib/formats/drone/drone.js';
import { decodeAll, type ImportOptions } from '../../../lib/formats/format.js';
import { heapStatsText } from '../../../lib/report/heap-stats-text.js';
import { lifespans } from '../../../lib/trace/lifespans.js';
import { TraceBuilder } from '../../../lib/trace/trace-builder.js';
import { decodeIn, hex, shortEvents, survivesEveryCut } from '../../support/decode-ways.js';
import { g0, g1, g1Words, g2, wordBytes } from '../../support/drone-bytes.js';

const BOOK = 'a12 a12 a12 f12 a12 f12 a12 f12 a12 a1 a28 f28 a28 a32 f12 a12 a128 f128 a128';

function forced(id: string) {
  const format = droneGenerationFormats.find((candidate) => candidate.id === id);
  if (!format) throw new Error(`no format ${id}`);
  return format;
}

const decode = (bytes: Uint8Array, options?: ImportOptions) => decodeIn(droneFormat, bytes, options);

const vector = test.macro({
  exec: (t, bytes: string, id: string, expected: string) => {
    const { trace, error } = decodeIn(forced(id), hex(bytes));
    t.is(error, undefined);
    t.is(shortEvents(trace), expected);
    t.false(trace.info.hasAddresses);
    t.is(trace.info.sizeKind, 'requested');
  },
  title: (name = '') => `reads ${name}`,
});
test('G1 alloc 12', vector, '55 ce ac 64 59 ce ac 67', 'drone-g1', 'a12');
test('G1 free 12', vector, '55 ce ac 14 59 ce ac 17', 'drone-g1', 'f12');
test('G1 grow 12 to 28', vector, '55 ce ac 74 55 ce a0 77 49 ce ac 76', 'drone-g1', 'r12-28');
test('G1 shrink 28 to 12', vector, '55 ce ac 04 55 ce b0 07 59 ce ac 06', 'drone-g1', 'r28-12');
test('G1 alloc 300 from right firmware', vector, '54 ce ac 64 79 ce ac 67', 'drone-g1', 'a300');
test('G1 alloc 300 as the firmware sends it, as 44', vector, '55 ce ac 64 79 ce ac 67', 'drone-g1', 'a44');
test('G2 alloc 12, free 12', vector, '00 0c 00 00 00 01 0c 00 00 00', 'drone-g2', 'a12 f12');
test('G2 grow 12 to 28', vector, '02 0c 00 00 00 1c 00 00 00', 'drone-g2', 'r12-28');

test('the writers of the tests make the published vectors', (t) => {
  t.deepEqual(g1('a12'), hex('55 ce ac 64 59 ce ac 67'));
  t.deepEqual(g1('g12-28'), hex('55 ce ac 74 55 ce a0 77 49 ce ac 76'));
  t.deepEqual(g1('s28-12'), hex('55 ce ac 04 55 ce b0 07 59 ce ac 06'));
  t.deepEqual(g1('a300', true), hex('55 ce ac 64 79 ce ac 67'));
});

const generation = test.macro({
  exec: (t, bytes: Uint8Array, name: string) => {
    const { trace, error } = decode(bytes);
    t.is(error, undefined);
    t.is(trace.info.source, `Drone OS heaptrace (${name})`);
    t.is(shortEvents(trace), BOOK);
    t.deepEqual(lifespans(trace).findings, []);
    survivesEveryCut(t, droneFormat, bytes);
  },
  title: (name = '') => `finds by itself that the book's sequence is ${name}, however it is cut`,
});
test('G0', generation, g0(BOOK), 'G0');
test('G0 of a big-endian target', generation, g0(BOOK, true), 'G0');
test('G1', generation, g1(BOOK), 'G1');
test('G2', generation, g2(BOOK), 'G2');

test('nested frames of an interrupt are unwound per family, innermost first', (t) => {
  const [outer = [], inner = [], grow = [], innerGrow = []] = g1Words('a12 a7 g12-28 g7-9');
  const allocs = wordBytes([outer[0] ?? 0, ...inner, outer[1] ?? 0]);
  t.is(shortEvents(decodeIn(forced('drone-g1'), allocs).trace), 'a7 a12');
  const grows = wordBytes([grow[0] ?? 0, grow[1] ?? 0, ...innerGrow, grow[2] ?? 0]);
  t.is(shortEvents(decodeIn(forced('drone-g1'), grows).trace), 'r7-9 r12-28');
});

test('says that G1 sizes may be cut, unless a size above 255 shows a repaired firmware', (t) => {
  const codes = (bytes: Uint8Array) => decode(bytes).trace.notes.map((note) => note.code);
  t.deepEqual(codes(g1('a300 f300', true)), ['drone-g1-size-bug']);
  t.deepEqual(codes(g1('a300 f300')), []);
});

test('matches a cut free to the block whose full size a grow told', (t) => {
  const { trace } = decode(g1('a12 g12-300 g300-1068 f1068', true));
  t.is(shortEvents(trace), 'a12 r12-300 r300-1068 f1068');
  t.deepEqual(lifespans(trace).findings, []);
  t.true(trace.notes.some((note) => note.code === 'drone-g1-size-repaired'));
});

test('names the inner alloc and free of a v0.14 resize, and leaves them out on request', (t) => {
  const bytes = g1('a12 g12-28 a28 f12 f28', true);
  const kept = decode(bytes).trace;
  t.is(shortEvents(kept), 'a12 r12-28 a28 f12 f28');
  t.true(kept.notes.some((note) => note.code === 'drone-g1-inner-pairs'));
  t.true(lifespans(kept).findings.length > 0);
  const dropped = decode(bytes, { dropInnerPairs: true }).trace;
  t.is(shortEvents(dropped), 'a12 r12-28 f28');
  t.deepEqual(lifespans(dropped).findings, []);
  t.is(shortEvents(decode(g1('a12 g12-28 a28 f28', true), { dropInnerPairs: true }).trace), 'a12 r12-28 a28 f28');
});

test('a torn tail is a gap and a note, not an error', (t) => {
  for (const bytes of [g0('a12 f12 a7'), g1('a12 f12 a7'), g2('a12 f12 a7')]) {
    const { trace, error } = decode(bytes.subarray(0, bytes.length - 2));
    t.is(error, undefined);
    t.is(shortEvents(trace), 'a12 f12');
    t.is(trace.gaps.length, 1);
    t.false(trace.info.complete);
    t.is(trace.notes.at(-1)?.code, 'torn-tail');
  }
});

test('names the byte of a frame that the generation cannot have, and keeps what came before', (t) => {
  const bad = decode(Uint8Array.from([...g1('a12 f12 a7'), 0x12, 0x34, 0x56, 0x78, ...g1('a1')]));
  t.is(shortEvents(bad.trace), 'a12 f12 a7');
  t.is(bad.error?.code, 'HH1410');
  t.is(bad.error?.offset, 24);
  t.regex(bad.error?.message ?? '', /byte 24: found tag bd, expected .* \(invalid frame\)/);
  t.is(bad.trace.gaps.length, 1);
  const [words = []] = g1Words('a12');
  const sequence = decode(wordBytes([...words, words[1] ?? 0]));
  t.is(sequence.error?.code, 'HH1411');
  const op = decode(Uint8Array.from([...g2('a12 f12'), 9]));
  t.is(op.error?.offset, 10);
});

test('a heap size proves a guess wrong that needs larger blocks', (t) => {
  const { trace } = decode(g0('a12 a5000 f12'), { heapSizeBytes: 10_240 });
  t.is(shortEvents(trace), 'a12 a5000 f12');
  t.is(decode(g2('a12 a50000'), { heapSizeBytes: 10_240 }).error?.code, 'HH1412');
});

test('a trace that starts late keeps its frees, with a note', (t) => {
  const { trace, error } = decode(g1('f12 a7 f7'));
  t.is(error, undefined);
  t.is(shortEvents(trace), 'f12 a7 f7');
  t.true(trace.notes.some((note) => note.code === 'drone-orphan-free'));
});

test('an empty input is an empty trace', (t) => {
  const { trace, error } = decode(new Uint8Array(0));
  t.is(error, undefined);
  t.is(trace.eventCount, 0);
});

test('an ambiguous endless stream is decided after a bounded prefix', (t) => {
  const builder = new TraceBuilder();
  const decoder = droneFormat.open(builder, {});
  const chunk = g2(Array.from({ length: 200 }, () => 'a12 f12').join(' '));
  for (let i = 0; i < 40; i++) decoder.push(chunk);
  t.true(builder.eventCount > 10_000);
});

test('recognises each generation by content and no text, zeros or noise', (t) => {
  const sure = (bytes: Uint8Array) => droneFormat.detect(bytes, true);
  t.true(sure(g0(BOOK)) > 0.9 && sure(g1(BOOK)) > 0.9);
  t.true(sure(g2(BOOK)) >= 0.7);
  t.is(sure(new Uint8Array(500)), 0);
  t.is(sure(new TextEncoder().encode('#m:0x20003080;0x182f-50\n')), 0);
  t.is(sure(Uint8Array.from({ length: 500 }, (_, i) => (i * 167 + 13) & 255)), 0);
  const builder = new TraceBuilder();
  decodeAll(droneFormat, g2(BOOK), builder);
  t.is(builder.eventCount, 19);
});

test("an imported book sequence gives the book's own table and total", (t) => {
  const stats = heapStats(decode(g1(BOOK)).trace, { heapBytes: 10_240 });
  t.true(heapStatsText(stats).includes('Maximum memory usage: 225 / 2.20%'));
});
