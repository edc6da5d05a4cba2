import test from 'ava';
import { csvFormat } from '../../lib/formats/csv.js';
import type { ImportOptions, TraceFormat } from '../../lib/formats/format.js';
import { LineSplitter, MAX_LINE_LENGTH } from '../../lib/formats/line-splitter.js';
import { mbedMemTraceFormat } from '../../lib/formats/mbed-mem-trace.js';
import { ndjsonFormat } from '../../lib/formats/ndjson.js';
import { nuttxMemdumpFormat } from '../../lib/formats/nuttx-memdump.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf, eventAt, type Trace } from '../../lib/trace/trace.js';
import { decodeIn, survivesEveryCut, utf8 } from '../support/decode-ways.js';

const MBED =
  '#m:0x20003080;0x182f-50\n#c:0x200030c0;0x1841-4;25\n#r:0x20003200;0x1850-0x20003080;80\n#f:0x0;0x1862-0x200030c0\n#m:0x0;0x1870-4096\n';

function decode(format: TraceFormat, text: string, options?: ImportOptions): Trace {
  const { trace, error } = decodeIn(format, utf8(text), options);
  if (error) throw error;
  return trace;
}

function live(trace: Trace): Record<string, number> {
  const spans = lifespans(trace);
  const out: Record<string, number> = {};
  for (let i = 0; i < spans.count; i++) {
    if (spans.endCause[i] === EndCause.alive) out[`0x${spans.address[i]?.toString(16)}`] = spans.sizeBytes[i] ?? 0;
  }
  return out;
}

const events = (trace: Trace) => Array.from({ length: trace.eventCount }, (_, seq) => eventAt(trace, seq));

test('mbed: the published lines give one live block, a peak of 180 and one failed request', (t) => {
  const trace = decode(mbedMemTraceFormat, MBED);
  t.deepEqual(live(trace), { '0x20003200': 80 });
  t.deepEqual(
    events(trace).map((event) => event.kind),
    ['alloc', 'alloc', 'realloc', 'free', 'failed'],
  );
  let now = 0;
  let peak = 0;
  for (const change of [50, 100, 80 - 50, -100]) {
    now += change;
    peak = Math.max(peak, now);
  }
  t.is(peak, 180);
  t.is(events(trace)[1]?.kind === 'alloc' && trace.events.sizeBytes[1], 100);
  t.is(backtraceOf(trace, trace.events.stack[0] ?? -1)[0]?.address, 0x182f);
});

test('mbed: text around the records, missing 0x, free(NULL) and realloc(NULL) are understood', (t) => {
  const text =
    'boot #m:20003080;182f-50 ok\r\n#f:0x0;0x1-0x0\nhello # world\n#r:0x20004000;0x2-0x0;16\n#r:0x0;0x3-0x20004000;99999\n';
  const trace = decode(mbedMemTraceFormat, text);
  t.deepEqual(live(trace), { '0x20003080': 50, '0x20004000': 16 });
  t.deepEqual(
    events(trace).map((event) => event.kind),
    ['alloc', 'alloc', 'failed'],
  );
  t.is(trace.events.fromAddress?.[2], 0x20004000);
});

test('mbed: a record that was damaged on its way is a gap; two on a line that lost its end are two', (t) => {
  const damaged = [
    '#m:0x20003080;0x182f',
    'l:0x20003080;0x182f-50',
    '#m:0x20003080;0x182f-5q',
    '#c:0x200030c0;0x1841-4',
    '#m:0x2000308\u00ff;0x182f-50',
    '#f:0x0;0x1862-0|3fc90040',
    '#f:0x0;0x1862-0\u00f83fc90040',
    '#m:0x20003080;0x182f-1)',
    '#m:0x20003080;0x182f-1"7',
  ];
  for (const line of damaged) {
    const trace = decode(mbedMemTraceFormat, `#m:0x20001000;0x1-8\n${line}\n#f:0x0;0x2-0x20001000\n`);
    t.is(trace.eventCount, 2, line);
    t.deepEqual(
      trace.gaps.map(({ beforeSeq, lostEvents }) => [beforeSeq, lostEvents]),
      [[1, 1]],
      line,
    );
    t.false(trace.info.complete);
  }
  const merged = decode(mbedMemTraceFormat, '#m:0x20001000;0x1-8#f:0x0;0x2-0x20001000\n');
  t.deepEqual([merged.eventCount, merged.gaps.length], [2, 0]);
  const wrapped = decode(
    mbedMemTraceFormat,
    '"#m:0x20001000;0x1-8"\n(#m:0x20002000;0x1-8)\n\u001b[32m#m:0x20003000;0x1-8\u001b[0m\n',
  );
  t.deepEqual([wrapped.eventCount, wrapped.gaps.length], [3, 0]);
});

test('mbed: a record in a sentence is read, a number that goes on behind its comma or full stop is none', (t) => {
  const trace = decode(
    mbedMemTraceFormat,
    'first #m:0x20001000;0x1-30, then\n#m:0x20002000;0x1-8.\nat #f:0x0;0x2-0x20001000,\n',
  );
  t.deepEqual(live(trace), { '0x20002000': 8 });
  t.deepEqual(trace.gaps, []);
  for (const line of [
    '#m:0x20003000;0x1-30.5',
    '#m:0x20003000;0x1-3,000',
    '#m:0x20003000;0x1-30;',
    '#m:0x20003000;0x1-3x, then',
  ])
    t.deepEqual(
      [decode(mbedMemTraceFormat, `${line}\n`).eventCount, decode(mbedMemTraceFormat, `${line}\n`).gaps.length],
      [0, 1],
      line,
    );
});

test('mbed: a last line without an end is a gap, as its number may be cut', (t) => {
  const trace = decode(mbedMemTraceFormat, MBED.slice(0, -3));
  t.is(trace.eventCount, 4);
  t.is(trace.gaps.length, 1);
});

const NUTTX = `nsh> memdump used
Dump all used memory node info:
  PID        Size  Overhead   Sequence    Address Backtrace
    4         128         8         12 0x20001000 0x0800abcd 0x08001234
    2          64         8          3 0x20000800
               32         8          9 0x20002000
Total Blks  Total Size
         3         224
nsh> 
`;

test('nuttx: rows are allocations in the order of their sequence numbers', (t) => {
  const trace = decode(nuttxMemdumpFormat, NUTTX);
  t.deepEqual(live(trace), { '0x20000800': 64, '0x20002000': 32, '0x20001000': 128 });
  t.deepEqual(trace.gaps, []);
  const last = eventAt(trace, 2);
  t.is(last.kind === 'alloc' && last.requestedBytes, 120);
  t.is(last.task, 4);
  t.deepEqual(
    last.backtrace?.map((frame) => frame.address),
    [0x0800abcd, 0x08001234],
  );
  t.is(eventAt(trace, 1).task, undefined);
});

test('nuttx: a table without sequence or footer says so', (t) => {
  const trace = decode(nuttxMemdumpFormat, 'PID Size Overhead Address Backtrace\n1 16 8 0x20000000\n');
  t.is(trace.notes[0]?.code, 'nuttx-no-sequence');
  t.is(trace.gaps.length, 1);
});

const CSV =
  'Event,Time_us,Addr,Bytes,Function\nmalloc,10,0x1000,32,main\nmalloc,12,0x2000,"64",f\nfree,15,0x1000,,main\n';

test('csv: usual column names need no mapping', (t) => {
  const trace = decode(csvFormat, CSV);
  t.deepEqual(live(trace), { '0x2000': 64 });
  t.is(eventAt(trace, 1).atUs, 12);
  t.is(backtraceOf(trace, trace.events.stack[0] ?? -1)[0]?.functionName, 'main');
});

test('csv: columns by name with a radix and a time unit, and by number without a header', (t) => {
  const named = decode(csvFormat, 'a;b;c\n20001000;16;3\n20001000;0;4\n', {
    columns: { address: 'a:hex', size: 'b', time: 'c:ms' },
  });
  t.deepEqual(
    events(named).map((event) => [event.kind, event.atUs]),
    [
      ['alloc', 3000],
      ['free', 4000],
    ],
  );
  t.is(named.events.address[0], 0x20001000);
  const numbered = decode(csvFormat, '0x10\t8\n0x20\t4\n', { columns: { address: '1', size: '2' } });
  t.deepEqual(live(numbered), { '0x10': 8, '0x20': 4 });
});

test('csv: sizes alone are matched by size, backtraces are chains', (t) => {
  const trace = decode(csvFormat, 'op,size,backtrace\na,8,0x10:0x20\nf,8,inner <- outer\n');
  t.false(trace.info.hasAddresses);
  t.deepEqual(lifespans(trace).findings, []);
  t.deepEqual(
    backtraceOf(trace, trace.events.stack[0] ?? -1).map((frame) => frame.address),
    [0x10, 0x20],
  );
  t.deepEqual(
    backtraceOf(trace, trace.events.stack[1] ?? -1).map((frame) => frame.functionName),
    ['inner', 'outer'],
  );
});

test('csv: names the line, the column and the value that cannot be read, keeping what came before', (t) => {
  const { trace, error } = decodeIn(csvFormat, utf8(`${CSV}malloc,16,here,3,main\n`), { subject: 'x.csv' });
  t.is(trace.eventCount, 3);
  t.is(error?.code, 'HH1453');
  t.is(error?.message, "x.csv: line 5: found 'here' in column Addr, expected a number, decimal or with 0x");
  t.is(decodeIn(csvFormat, utf8('a,b\n1,2\n')).error?.code, 'HH1452');
  t.is(decodeIn(csvFormat, utf8(CSV), { columns: { address: 'nope' } }).error?.code, 'HH1452');
  t.is(decodeIn(csvFormat, utf8(CSV), { columns: { colour: 'Addr' } }).error?.code, 'HH1452');
});

const NDJSON =
  '{"kind":"alloc","address":"0x1000","size":32,"stack":["0x10","0x20"]}\n{"kind":"alloc","address":8192,"size":16}\n{"kind":"realloc","from":4096,"address":"0x3000","size":40}\n';

test('ndjson: objects with usual fields need no mapping', (t) => {
  const trace = decode(ndjsonFormat, NDJSON);
  t.deepEqual(live(trace), { '0x2000': 16, '0x3000': 40 });
  t.deepEqual(
    backtraceOf(trace, trace.events.stack[0] ?? -1).map((frame) => frame.address),
    [0x10, 0x20],
  );
});

test('ndjson: a line that is no object is an error, a torn last line a gap', (t) => {
  t.is(decodeIn(ndjsonFormat, utf8(`${NDJSON}[1]\n`)).error?.offset, 4);
  const { trace, error } = decodeIn(ndjsonFormat, utf8(NDJSON.slice(0, -5)));
  t.is(error, undefined);
  t.is(trace.gaps.length, 1);
});

const anyCut = test.macro({
  exec: (t, format: TraceFormat, text: string) => survivesEveryCut(t, format, utf8(text)),
  title: (name = '') => `${name}: the same however the input is cut`,
});
test('mbed', anyCut, mbedMemTraceFormat, MBED);
test('nuttx', anyCut, nuttxMemdumpFormat, NUTTX);
test('csv', anyCut, csvFormat, CSV);
test('ndjson', anyCut, ndjsonFormat, NDJSON);

test('lines are cut at a bound, whatever the chunks, and multi-byte characters survive', (t) => {
  const text = `ä${'x'.repeat(MAX_LINE_LENGTH + 500)}\r\nö\n`;
  const split = (chunk: number) => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    const bytes = utf8(text);
    for (let at = 0; at < bytes.length; at += chunk) splitter.push(bytes.subarray(at, at + chunk));
    t.false(splitter.end());
    return lines;
  };
  const whole = split(1e9);
  t.deepEqual(
    whole.map((line) => line.length),
    [MAX_LINE_LENGTH, 1],
  );
  t.is(whole[1], 'ö');
  t.deepEqual(split(1), whole);
});
