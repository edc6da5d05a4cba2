import test from 'ava';
import { DroneStreamDecoder, DsoDecoder } from '../../../lib/formats/itm/framed-ports.js';
import { ItmDecoder } from '../../../lib/formats/itm/itm-decoder.js';
import { detectSwo, swoFormat } from '../../../lib/formats/itm/swo.js';
import { SwoDecoder, type SwoFraming } from '../../../lib/formats/itm/swo-decoder.js';
import { TpiuDeformatter } from '../../../lib/formats/itm/tpiu-deformatter.js';
import { decodeIn, hex, shortEvents, survivesEveryCut, utf8 } from '../../support/decode-ways.js';
import { g1, g2, itmPackets, tpiuFrames } from '../../support/drone-bytes.js';

function itmLog(bytes: Uint8Array, chunk: number): string[] {
  const log: string[] = [];
  const decoder = new ItmDecoder({
    software: (port, value, count) => log.push(`sw${port}:${value.toString(16)}/${count}`),
    hardware: (id, value, count) => log.push(`hw${id}:${value.toString(16)}/${count}`),
    overflow: () => log.push('overflow'),
    localTimestamp: (ticks, delayed) => log.push(`ts${ticks}/${delayed}`),
    globalTimestamp: (part, value) => log.push(`gts${part}:${value}`),
    sync: () => log.push('sync'),
    reserved: (byte, offset) => log.push(`reserved ${byte.toString(16)}@${offset}`),
  });
  for (let at = 0; at < bytes.length; at += chunk) decoder.push(bytes.subarray(at, at + chunk));
  log.push(`left ${decoder.end()}`);
  return log;
}

const itm = test.macro({
  exec: (t, bytes: string, expected: string[]) => {
    const input = hex(bytes);
    for (const chunk of [input.length, 1, 3, 7]) t.deepEqual(itmLog(input, chunk), [...expected, 'left 0']);
  },
  title: (name = '') => `ITM: ${name}`,
});
test('a word on port 31', itm, 'fb 55 ce ac 64', ['sw31:64acce55/4']);
test('one and two bytes', itm, '01 41 0a 34 12', ['sw0:41/1', 'sw1:1234/2']);
test('a hardware packet is not a software one', itm, 'ff 01 02 03 04', ['hw31:4030201/4']);
test('sync, then overflow', itm, '00 00 00 00 00 80 70', ['sync', 'overflow']);
test('a longer sync', itm, '00 00 00 00 00 00 00 80 01 42', ['sync', 'sw0:42/1']);
test('short and long local timestamps', itm, '30 c0 85 01 f0 07', ['ts3/0', 'ts133/0', 'ts7/3']);
test('global timestamps', itm, '94 81 02 b4 01', ['gts1:257', 'gts2:1']);
test('an extension is passed over', itm, '88 81 01 08 01 43', ['sw0:43/1']);
test('a reserved header is told and the next byte read', itm, '80 01 44', ['reserved 80@0', 'sw0:44/1']);
test('zeros that end in no sync', itm, '00 00 01 45', ['reserved 0@0', 'sw0:45/1']);
test('zeros inside a payload are data', itm, '03 00 00 00 00 01 46', ['sw0:0/4', 'sw0:46/1']);

test('ITM: a cut packet leaves its bytes', (t) => {
  t.deepEqual(itmLog(hex('fb 55 ce'), 3), ['left 3']);
});

test('TPIU: switches streams at once or one byte later, restores bit 0, drops syncs', (t) => {
  // id 1 at once, data; then id 2 delayed by one byte: the odd byte after it still belongs to stream 1.
  const frame = [0x03, 0x11, 0x20, 0x13, 0x05, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0b110];
  const bytes = Uint8Array.from([0xff, 0xff, 0xff, 0x7f, 0xff, 0x7f, ...frame, 0xff, 0xff, 0xff, 0x7f]);
  for (const chunk of [bytes.length, 1, 7]) {
    const streams = new Map<number, number[]>();
    let syncs = 0;
    const decoder = new TpiuDeformatter({
      data: (stream, data) => streams.set(stream, [...(streams.get(stream) ?? []), ...data]),
      sync: () => syncs++,
    });
    for (let at = 0; at < bytes.length; at += chunk) decoder.push(bytes.subarray(at, at + chunk));
    t.is(decoder.end(), 0);
    t.is(syncs, 2);
    t.deepEqual(streams.get(1), [0x11, 0x21, 0x13, 0x15]);
    t.deepEqual(streams.get(2), [0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e]);
  }
});

test('TPIU: what the formatter of the tests wraps comes out again', (t) => {
  const data = Uint8Array.from({ length: 300 }, (_, i) => (i * 37 + 11) & 255);
  const out: number[] = [];
  new TpiuDeformatter({ data: (stream, bytes) => stream === 1 && out.push(...bytes) }).push(tpiuFrames(data));
  t.deepEqual(out.slice(0, 300), [...data]);
});

test('DSO and Stream: the published vectors, and unknown bytes are told', (t) => {
  const read = (Decoder: typeof DsoDecoder | typeof DroneStreamDecoder, text: string, chunk: number) => {
    const log: string[] = [];
    const decoder = new Decoder({
      data: (port, bytes) => log.push(`${port}:${Buffer.from(bytes).toString('hex')}`),
      reserved: (byte, offset) => log.push(`?${byte.toString(16)}@${offset}`),
    });
    const bytes = hex(text);
    for (let at = 0; at < bytes.length; at += chunk) decoder.push(bytes.subarray(at, at + chunk));
    return [...log, decoder.end()];
  };
  for (const chunk of [1, 5, 100]) {
    const dso = read(DsoDecoder, '97 f3 55 ce ac 64 00 97 f3 59 ce ac 67 96', chunk);
    t.deepEqual(dso, ['31:55ceac64', '?0@6', '31:59ceac67', 1]);
    const stream = read(DroneStreamDecoder, '1f 05 00 0c 00 00 00 ff 00 02 68 69 80', chunk);
    t.deepEqual(stream, ['31:000c000000', '0:6869', '?80@12', 0]);
  }
});

const TRACE = 'a12 a12 f12 a7 g7-28 f28';
const carried = test.macro({
  exec: (t, bytes: Uint8Array, framing: SwoFraming) => {
    t.is(detectSwo(bytes).framing, framing);
    t.true(detectSwo(bytes).confidence >= 0.7);
    const { trace, error } = decodeIn(swoFormat, bytes);
    t.is(error, undefined);
    t.is(shortEvents(trace), 'a12 a12 f12 a7 r7-28 f28');
    survivesEveryCut(t, swoFormat, bytes);
  },
  title: (name = '') => `a Drone trace is found inside ${name}`,
});
const dso = (bytes: Uint8Array) =>
  Uint8Array.from(
    Array.from({ length: bytes.length / 4 }, (_, i) => [0x97, 0xf3, ...bytes.subarray(i * 4, i * 4 + 4)]).flat(),
  );
test('bare ITM', carried, itmPackets(g1(TRACE)), 'itm');
test(
  'ITM with console text, syncs and timestamps',
  carried,
  Uint8Array.from([0, 0, 0, 0, 0, 0x80, ...itmPackets(utf8('hello\n'), 0), 0x30, ...itmPackets(g1(TRACE))]),
  'itm',
);
test('TPIU frames', carried, tpiuFrames(itmPackets(g1(TRACE))), 'tpiu');
test('DSO', carried, dso(g1(TRACE)), 'dso');
test('Drone Stream', carried, Uint8Array.from([0x1f, g2(TRACE).length, ...g2(TRACE)]), 'drone-stream');

test('the published ITM vector is G1 alloc 12', (t) => {
  t.is(shortEvents(decodeIn(swoFormat, hex('fb 55 ce ac 64 fb 59 ce ac 67')).trace), 'a12');
});

test('an overflow is a gap, and decoding goes on behind it', (t) => {
  const words = g1('a12 a7 f12');
  const bytes = Uint8Array.from([...itmPackets(words.subarray(0, 12)), 0x70, ...itmPackets(words.subarray(16))]);
  const { trace, error } = decodeIn(swoFormat, bytes);
  t.is(error, undefined);
  t.is(shortEvents(trace), 'a12 f12');
  t.is(trace.gaps.length, 1);
  t.is(trace.gaps[0]?.beforeSeq, 1);
  t.false(trace.info.complete);
});

test('after an overflow a G2 record starts again at a one-byte packet', (t) => {
  const op = (bytes: Uint8Array) => [0xf9, bytes[0] ?? 0, 0xfb, ...bytes.subarray(1)];
  const lostOp = op(g2('f12')).slice(2);
  const bytes = Uint8Array.from([...op(g2('a12')), ...op(g2('a7')), 0x70, ...lostOp, ...op(g2('f7'))]);
  const { trace, error } = decodeIn(swoFormat, bytes);
  t.is(error, undefined);
  t.is(shortEvents(trace), 'a12 a7 f7');
});

test('console text goes to the listener, or is counted in a note', (t) => {
  const bytes = Uint8Array.from([...itmPackets(utf8('boot ok\n'), 0), ...itmPackets(g1(TRACE))]);
  let text = '';
  decodeIn(swoFormat, bytes, { onConsole: (port, part) => (text += `${port}:${Buffer.from(part).toString()}`) });
  t.is(text, '0:boot ok\n');
  const { trace } = decodeIn(swoFormat, bytes);
  t.true(trace.notes.some((note) => note.code === 'swo-console' && note.text.startsWith('8 bytes')));
});

test('another trace port can be chosen', (t) => {
  const out: number[] = [];
  const decoder = new SwoDecoder('itm', { trace: (bytes) => out.push(...bytes) }, { tracePort: 5 });
  decoder.push(itmPackets(utf8('abcd'), 5));
  decoder.end();
  t.deepEqual(out, [...utf8('abcd')]);
});

test('text and noise are no SWO', (t) => {
  t.is(detectSwo(utf8('I (312) cpu_start: Starting scheduler on PRO CPU.\n'.repeat(20))).confidence, 0);
  t.is(detectSwo(Uint8Array.from({ length: 3000 }, (_, i) => (i * i * 31 + i * 7) & 255)).confidence, 0);
});
