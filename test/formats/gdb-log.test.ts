import test from 'ava';
import { allocationHistory, type HistoryRecord } from '../../lib/formats/allocation-history.js';
import { decodeAll } from '../../lib/formats/format.js';
import { parseFrameLine } from '../../lib/formats/gdb-frame-line.js';
import { gdbLog } from '../../lib/formats/gdb-log.js';
import { detectFormat } from '../../lib/formats/registry.js';
import { backtraceOf, EVENT_KINDS, eventAt, type Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { fixture } from '../support/fixture.js';
import { historyText } from '../support/history-text.js';

function read(text: string | Uint8Array, piece = Number.POSITIVE_INFINITY): Trace {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const builder = new TraceBuilder();
  const decoder = gdbLog.open(builder, {});
  for (let at = 0; at < bytes.length; at += piece) decoder.push(bytes.subarray(at, at + piece));
  decoder.end();
  return builder.build();
}

/** What the original writes, without our additional fields. */
function asOriginal({ address: _, bytes: __, ...record }: HistoryRecord): unknown {
  return record;
}

/** The original knows only a function named exactly gc_sweep; this firmware's is gc_sweep_free_blocks. */
function withSweeps(record: HistoryRecord): HistoryRecord {
  const swept = record.end_trace !== '' && record.end_trace.some(([, , name]) => name === 'gc_sweep_free_blocks');
  return swept ? { ...record, end_cause: 'sweep' } : record;
}

test('the fixture gives the lifespans that CircuitPython’s own analysis gives, but for the sweeps it does not know', (t) => {
  const trace = read(fixture('micropython-microbit/mylog.txt.gz'));
  const written = JSON.parse(fixture('micropython-microbit/allocation_history.json.gz').toString()) as HistoryRecord[];
  const original = written.map(withSweeps);
  t.is(original.filter((record, i) => record !== written[i]).length, 54);
  const ours = JSON.parse(JSON.stringify([...allocationHistory(trace)].map(asOriginal))) as unknown[];
  t.is(trace.eventCount, 486);
  t.deepEqual(ours, original);
  t.is(trace.info.endReason, 'reached pyexec_friendly_repl');
  t.true(trace.info.complete);
});

test('the fixture ends with 111 allocations in 204 blocks', (t) => {
  const alive = [...allocationHistory(read(fixture('micropython-microbit/mylog.txt.gz')))].filter(
    (r) => r.end_trace === '',
  );
  t.is(alive.length, 111);
  t.is(
    alive.reduce((sum, record) => sum + record.size, 0),
    204,
  );
});

test('a line an event, as in the original’s output', (t) => {
  const trace = read(fixture('micropython-microbit/mylog.txt.gz'));
  const lines = fixture('micropython-microbit/gc_activity-output.txt').toString().split('\n');
  for (let seq = 0; seq < 20; seq++) {
    const event = eventAt(trace, seq);
    const [ordinal, kind, block] = (lines[seq] ?? '').split(' ');
    t.is(ordinal, String(seq));
    t.is(kind, event.kind);
    t.is(Number(block), (event.kind === 'failed' ? -1 : event.address) / 16);
  }
});

test('the text of the history is the JSON of its records', (t) => {
  const trace = read(fixture('micropython-microbit/mylog.txt.gz'));
  const text = historyText(trace);
  t.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify([...allocationHistory(trace)])));
});

test('the log may come in pieces of any size', (t) => {
  const bytes = fixture('micropython-microbit/mylog.txt.gz').subarray(0, 20_000);
  const whole = historyText(read(bytes));
  for (const piece of [1, 7, 4096]) t.is(historyText(read(bytes, piece)), whole);
});

test('a log cut at any byte keeps the events before, and a cut event is a gap', (t) => {
  const bytes = fixture('micropython-microbit/mylog.txt.gz').subarray(0, 4_000);
  let most = 0;
  for (let cut = 300; cut < bytes.length; cut++) {
    const trace = read(bytes.subarray(0, cut));
    t.true(trace.eventCount >= most - 1);
    most = Math.max(most, trace.eventCount);
  }
  t.true(most >= 3);
  const torn = read(bytes.subarray(0, 1_500));
  t.deepEqual(
    torn.gaps.map((gap) => gap.reason),
    ['the log ends inside an event'],
  );
  t.false(torn.info.complete);
});

const secondGeneration = `Breakpoint 1 at 0x23a: file ../../py/gc.c, line 139.

Thread 1 hit Breakpoint 1, gc_log_change (start_block=5, length=2) at ../../py/gc.c:139
139\t  (the log point)
$1 = 0x5
$2 = 0x2
$3 = 1234
#1  0x000009d6 in gc_alloc (n_bytes=24) at ../../py/gc.c:1009
1009\t    gc_log_change(start_block, n);
#2  0x0000011e in m_malloc (num_bytes=24) at ../../py/malloc.c:86
86\t    x

Thread 1 hit Breakpoint 1, gc_log_change (start_block=5, length=0) at ../../py/gc.c:139
139\t  (the log point)
$4 = 0x5
$5 = 0x0
$6 = 1300
#1  0x0000038c in gc_sweep (x=1) at ../../py/gc.c:500
500\t  y

Thread 1 hit Breakpoint 2, main_loop () at main.c:7
`;

test('the later scripts print the values before the frames', (t) => {
  const trace = read(secondGeneration);
  t.deepEqual(
    [0, 1].map((seq) => EVENT_KINDS[trace.events.kind[seq] ?? 9]),
    ['alloc', 'sweep'],
  );
  t.is(trace.events.address[0], 80);
  t.is(trace.events.sizeBytes[0], 32);
  t.is(trace.events.atUs?.[1], 1_300_000);
  t.deepEqual(
    backtraceOf(trace, trace.events.stack[0] ?? -1).map((frame) => frame.functionName),
    ['gc_alloc', 'm_malloc'],
  );
  t.is(trace.info.source, 'gdb log (values first)');
  t.is(trace.info.endReason, 'reached main_loop');
});

const frameLine = test.macro((t, line: string, expected: [number, number, string, string, number] | undefined) => {
  const parsed = parseFrameLine(line);
  const found = parsed && [
    parsed.level,
    parsed.frame.address,
    parsed.frame.functionName,
    parsed.frame.file,
    parsed.frame.line,
  ];
  t.deepEqual(found, expected);
});

test('frame: a plain call', frameLine, '#1  0x09d6 in gc_alloc (n=1) at ../py/gc.c:9', [
  1,
  0x9d6,
  'gc_alloc',
  '../py/gc.c',
  9,
]);
test('frame: no address', frameLine, '#12 gc_free (p=0x1 <x+4>) at gc.c:10', [12, 0, 'gc_free', 'gc.c', 10]);
test('frame: no symbol', frameLine, '#2  0x0000001a in ?? ()', [2, 0x1a, '', '', 0]);
test('frame: an exception', frameLine, '#3  <signal handler called>', [3, 0, '<signal handler called>', '', 0]);
test('frame: a path with spaces', frameLine, '#1  0x1 in f (a=2) at my files/a b.c:3', [
  1,
  1,
  'f',
  'my files/a b.c',
  3,
]);
test('frame: a string argument with parentheses', frameLine, '#1  0x1 in f (s=0x2 ":) at x") at a.c:3', [
  1,
  1,
  'f',
  'a.c',
  3,
]);
test('frame: C++', frameLine, '#1  0x1 in std::f<int (*)(int)> (a=2) at a.cpp:3', [
  1,
  1,
  'std::f<int (*)(int)>',
  'a.cpp',
  3,
]);
test('frame: operator()', frameLine, '#1  0x1 in A::operator() (this=0x2) at a.cpp:3', [
  1,
  1,
  'A::operator()',
  'a.cpp',
  3,
]);
test('frame: from a library', frameLine, '#1  0x1 in malloc () from libc.so', [1, 1, 'malloc', '', 0]);
test('frame: not one', frameLine, '139\t  (the log point)', undefined);

test('a frame line that gdb wrapped is one line', (t) => {
  const trace = read(secondGeneration.replace(' at ../../py/gc.c:1009', '\n    at ../../py/gc.c:1009'));
  t.is(backtraceOf(trace, trace.events.stack[0] ?? -1)[0]?.line, 1009);
});

test('a free of an unknown block does not become an allocation of size zero', (t) => {
  const trace = read(
    'Breakpoint 1, gc_log_change (start_block=5, length=0) at gc.c:1\n#1  0x1 in gc_free () at gc.c:5\n$1 = 0x5\n$2 = 0x0\n',
  );
  t.deepEqual([...allocationHistory(trace)], []);
});

test('is recognised by content', (t) => {
  t.is(detectFormat(fixture('micropython-microbit/mylog.txt.gz').subarray(0, 65536), false), gdbLog);
});

test('garbage is no log', (t) => {
  const builder = new TraceBuilder();
  const garbage = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 0xff);
  t.throws(() => decodeAll(gdbLog, garbage, builder), { code: 'HH1413' });
  t.is(builder.eventCount, 0);
});
