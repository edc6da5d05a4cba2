import test from 'ava';
import { callLogFormat } from '../../lib/formats/host/call-log.js';
import { jsonTableFormat } from '../../lib/formats/json-table.js';
import { detectFormat } from '../../lib/formats/registry.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { decodeIn, survivesEveryCut, utf8 } from '../support/decode-ways.js';
import { mutate, Random } from '../support/mutate.js';

function live(trace: Trace): string[] {
  const spans = lifespans(trace);
  const alive = Array.from({ length: spans.count }, (_, i) => i).filter((i) => spans.endCause[i] === EndCause.alive);
  return alive.map((i) => `${spans.sizeBytes[i]}@${spans.address[i]?.toString(16)}`);
}

const BOARD = `{"count":3,"capacity":256,"leaks":[
{"sz":45,"addr":"0x3fcd1a2c","cc":1171200384,"pcs":["0x403774e1","0x403921ba"]},
{"sz":168,"addr":"0x3fcd1b00","cc":1171300384,"pcs":["0x403774e1","0x42077b0c"]},
{"sz":2,"addr":"0x3fcd1bc0","cc":1171400384,"pcs":["0x403774e1","0x42077b0c"]}
]}
`;

test('the report of a board: 215 B in 3 blocks, with their callers', (t) => {
  const bytes = utf8(BOARD);
  const { trace, error } = decodeIn(jsonTableFormat, bytes);
  t.is(error, undefined);
  t.deepEqual(live(trace), ['45@3fcd1a2c', '168@3fcd1b00', '2@3fcd1bc0']);
  t.deepEqual(
    backtraceOf(trace, trace.events.stack[1] ?? -1).map(({ address }) => address),
    [0x403774e1, 0x42077b0c],
  );
  t.true(trace.info.complete);
  t.is(detectFormat(bytes, true).id, 'json');
  survivesEveryCut(t, jsonTableFormat, bytes);
});

test('one array of events', (t) => {
  const text =
    '[{"op":"malloc","ptr":"0x20001000","size":8},{"op":"malloc","ptr":"0x20001010","size":4},{"op":"free","ptr":"0x20001000"}]';
  const { trace } = decodeIn(jsonTableFormat, utf8(text));
  t.deepEqual(live(trace), ['4@20001010']);
  t.is(detectFormat(utf8(`\ufeff${text}`), true).id, 'json');
  survivesEveryCut(t, jsonTableFormat, utf8(text));
});

test('a document that counts more blocks than it lists lost some', (t) => {
  const { trace } = decodeIn(jsonTableFormat, utf8(BOARD.replace('"count":3', '"count":5')));
  t.false(trace.info.complete);
  t.is(trace.gaps[0]?.lostEvents, 2);
});

test('a document without blocks is an error', (t) => {
  t.is(decodeIn(jsonTableFormat, utf8('{"a":[{"b":1}]}')).error?.code, 'HH1416');
});

test('mutated documents never crash the reader', (t) => {
  const random = new Random(9);
  for (let i = 0; i < 400; i++) t.true(decodeIn(jsonTableFormat, mutate(utf8(BOARD), random)).trace.eventCount <= 12);
});

test('calls that a script inside the debugger printed: 24 B in 1 block', (t) => {
  const arrows = `0x20001a40 <---- malloc of 0x40 bytes
0x20001a90 <---- malloc of 0x18 bytes
0x20001a40 <---- free of 0x40 bytes
`;
  const calls = 'malloc(64) = 0x20001a40\nmalloc(24) = 0x20001a90\nfree(0x20001a40)\n';
  for (const text of [arrows, calls]) {
    const { trace, error } = decodeIn(callLogFormat, utf8(text));
    t.is(error, undefined);
    t.deepEqual(live(trace), ['24@20001a90']);
    t.is(detectFormat(utf8(text), true).id, 'call-log');
    survivesEveryCut(t, callLogFormat, utf8(text));
  }
});
