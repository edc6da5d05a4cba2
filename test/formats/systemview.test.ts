import test from 'ava';
import { systemViewFormat } from '../../lib/formats/systemview/systemview.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf, eventAt } from '../../lib/trace/trace.js';
import { decodeIn, hex, survivesEveryCut, utf8 } from '../support/decode-ways.js';

function leb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) | 128);
  }
}
const text = (value: string) => [value.length, ...utf8(value)];
const sized = (id: number[], payload: number[], delta = 1) => [...id, payload.length, ...payload, ...leb(delta)];
const MODULE = [22, 0, ...leb(512), ...text('ESP32 SystemView Heap Tracing Module'), 0];
const INIT = sized([24], [...leb(1_000_000), ...leb(240_000_000), ...leb(0x3f400000), 2], 0);
const ALLOC = [...hex('80 04 0c b4 fe ed ff 03 08 bb f7 b4 80 04 00 e8 07')];
const FREE = [...hex('81 04 0b b4 fe ed ff 03 bb f7 b4 80 04 00 28')];

function recording(events: readonly number[], header = ';\n; Version x\n;\n'): Uint8Array {
  return Uint8Array.from([...utf8(header), ...new Array<number>(10).fill(0), ...events]);
}

const decode = (bytes: Uint8Array) => decodeIn(systemViewFormat, bytes);

test('reads the published ESP-IDF vectors once the heap module was described', (t) => {
  const { trace, error } = decode(recording([10, 0, ...INIT, ...MODULE, ...ALLOC, ...FREE]));
  t.is(error, undefined);
  const alloc = eventAt(trace, 0);
  t.is(alloc.kind === 'alloc' && alloc.address, 0x3ffb7f34);
  t.is(trace.events.sizeBytes[0], 8);
  t.deepEqual(
    backtraceOf(trace, trace.events.stack[0] ?? -1).map((frame) => frame.address),
    [0x400d3bbb],
  );
  t.is(alloc.atUs, 1000);
  t.is(eventAt(trace, 1).kind, 'free');
  t.is(eventAt(trace, 1).atUs, 1040);
  t.deepEqual(trace.notes, []);
  t.is(decode(recording([...ALLOC])).trace.eventCount, 0);
});

test('follows tasks per core and interrupts with the ESP extension', (t) => {
  const onCore1 = (bytes: number[]) => [bytes[0] ?? 0, (bytes[1] ?? 0) | 0x40, ...bytes.slice(2)];
  const events = [
    ...MODULE,
    ...[4, ...leb(100), 0], // task 100 runs on core 0
    ...[4 | 0x40, ...leb(200), 0], // task 200 runs on core 1
    ...[9, ...leb(100), 5, ...text('main'), 0],
    ...ALLOC,
    ...onCore1(FREE),
    ...[2, 7, 0], // interrupt on core 0
    ...ALLOC,
    ...[3, 0],
    ...FREE,
  ];
  const { trace, error } = decode(recording(events, '; ESP_Extension\n;\n;\n'));
  t.is(error, undefined);
  t.deepEqual(
    [0, 1, 2, 3].map((seq) => eventAt(trace, seq).task),
    [100, 200, undefined, 100],
  );
  t.is(trace.notes[0]?.text, '0x64 = main');
});

test('reads heap events of SEGGER with shortened addresses', (t) => {
  const heap = (...values: number[]) => sized([31], values.flatMap(leb));
  const events = [
    ...INIT,
    ...heap(2, 1, 0x100, 0x400, 0),
    ...heap(3, 1, 0x104, 8),
    ...heap(4, 1, 0x110, 4, 9),
    ...heap(5, 1, 0x104),
  ];
  const { trace, error } = decode(recording(events));
  t.is(error, undefined);
  t.deepEqual(trace.regions, [{ name: 'heap 0x3f400004', baseAddress: 0x3f400400, sizeBytes: 0x1000, unitBytes: 1 }]);
  const spans = lifespans(trace);
  t.deepEqual([...spans.address], [0x3f400410, 0x3f400440]);
  t.deepEqual([...spans.sizeBytes], [32, 16]);
  t.deepEqual([...spans.endCause], [EndCause.free, EndCause.alive]);
});

test('an overflow is a gap, a live address allocated again a note', (t) => {
  const { trace } = decode(recording([...MODULE, ...ALLOC, ...[1, 5, 0], ...ALLOC]));
  t.is(trace.gaps[0]?.lostEvents, 5);
  t.is(trace.gaps[0]?.beforeSeq, 1);
  t.is(trace.notes[0]?.code, 'sysview-implied-frees');
});

test('long ids, lengths and strings are passed over by their length', (t) => {
  const long = [...[0x80 | 26, 0], ...[0x80 | (300 & 127), 300 >> 7], ...new Array<number>(300).fill(1), 0];
  const description = [14, 0xff, 0x2c, 1, ...new Array<number>(300).fill(65), 0];
  const { trace, error } = decode(recording([...long, ...description, ...MODULE, ...ALLOC]));
  t.is(error, undefined);
  t.is(trace.eventCount, 1);
});

test('is the same however it is cut, and a torn event is a gap', (t) => {
  const bytes = recording([10, 0, ...INIT, ...MODULE, ...ALLOC, ...FREE, ...ALLOC]);
  survivesEveryCut(t, systemViewFormat, bytes);
  const { trace, error } = decode(bytes.subarray(0, bytes.length - 3));
  t.is(error, undefined);
  t.is(trace.eventCount, 2);
  t.is(trace.gaps.length, 1);
});

test('names the byte of an event that cannot be', (t) => {
  const unknown = decode(recording([...MODULE, ...ALLOC, 23, 0, 0]));
  t.is(unknown.error?.code, 'HH1441');
  t.is(unknown.trace.eventCount, 1);
  t.regex(unknown.error?.message ?? '', /found event id 23 without a length/);
  const short = decode(recording([...MODULE, ...[0x80, 4, 2, 0xb4, 0xfe, 0]]));
  t.is(short.error?.code, 'HH1442');
  t.is(decode(utf8('hello')).error?.code, 'HH1440');
  t.is(decode(Uint8Array.from([...utf8(';\n;\n'), ...utf8('0123456789')])).error?.code, 'HH1440');
});

test('is recognised by its header and zeros only', (t) => {
  t.true(systemViewFormat.detect(recording([]), true) > 0.9);
  t.is(systemViewFormat.detect(utf8('; a comment\n; another\n'), true), 0);
});

/** What the cores of one run did: t=100 core 0 allocates 64 B, t=200 core 1 frees it, t=300 core 0 allocates 32 B at the same address. */
const START = [10, 0, ...sized([24], [...leb(1_000_000), ...leb(160_000_000), ...leb(0x3f400000), 0], 10), ...MODULE];
const AT = 0x3ffb0010;
const heapEvent = (id: number, payload: readonly number[], delta: number) =>
  sized(leb(id), payload.flatMap(leb), delta);
const CORE0 = [...START, ...heapEvent(512, [AT, 64, 0x40080001], 90), ...heapEvent(512, [AT, 32, 0x40080002], 200)];
const CORE1 = [...START, ...heapEvent(513, [AT, 0x40080003], 190)];

function bothCores(core1: readonly number[] = CORE1): Uint8Array {
  const zeros = new Array<number>(10).fill(0);
  const first = [...zeros, ...CORE0];
  const header = `;\n; Version     SEGGER SystemViewer V3.60\n; Offset Core0 0\n; Offset Core1 ${first.length}\n;\n`;
  return Uint8Array.from([...utf8(header), ...first, ...zeros, ...core1]);
}

test('two cores in one file are one trace by time: 32 B in 1 block', (t) => {
  const { trace, error } = decode(bothCores());
  t.is(error, undefined);
  const events = [0, 1, 2].map((seq) => eventAt(trace, seq));
  t.deepEqual(
    events.map(({ kind, atUs }) => [kind, atUs]),
    [
      ['alloc', 100],
      ['free', 200],
      ['alloc', 300],
    ],
  );
  const spans = lifespans(trace);
  const alive = Array.from({ length: spans.count }, (_, i) => i).filter((i) => spans.endCause[i] === EndCause.alive);
  t.deepEqual(
    alive.map((i) => spans.sizeBytes[i]),
    [32],
  );
  t.true(trace.info.complete);
  t.deepEqual(trace.notes, [], 'the free was recorded, on the other core');
  survivesEveryCut(t, systemViewFormat, bothCores());
});

test('a free and an allocation of the same moment on two cores: the free comes first', (t) => {
  const core1 = [...START, ...heapEvent(513, [AT, 0x40080003], 290)];
  const { trace } = decode(bothCores(core1));
  t.deepEqual(
    [0, 1, 2].map((seq) => eventAt(trace, seq).kind),
    ['alloc', 'free', 'alloc'],
  );
});

test('a core whose events are damaged is a gap, the other one is read', (t) => {
  const { trace, error } = decode(bothCores([23]));
  t.is(error, undefined);
  t.is(trace.eventCount, 2);
  t.false(trace.info.complete);
  t.regex(trace.gaps[0]?.reason ?? '', /core 1.*event id 23/);
});

test('cores of one stream that start one after the other have one clock', (t) => {
  const start1 = [10 | 0x40, 50];
  const { trace } = decode(recording([...START, ...ALLOC, ...start1, ...FREE], '; ESP_Extension\n;\n;\n'));
  t.is(eventAt(trace, 0).atUs, 1010);
  t.is(eventAt(trace, 1).atUs, 1100);
});
