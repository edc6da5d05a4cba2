import test from 'ava';
import { espIdfHeapTraceFormat } from '../../lib/formats/esp-idf-heap-trace.js';
import { detectFormat, formatById } from '../../lib/formats/registry.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf, type Trace } from '../../lib/trace/trace.js';
import { decodeIn, survivesEveryCut, utf8 } from '../support/decode-ways.js';

/** `[address, bytes]` of what is alive. */
function live(trace: Trace): [number, number][] {
  const spans = lifespans(trace);
  const alive = Array.from({ length: spans.count }, (_, i) => i).filter((i) => spans.endCause[i] === EndCause.alive);
  return alive.map((i) => [spans.address[i] ?? 0, spans.sizeBytes[i] ?? 0]);
}

function read(text: string, format: string): Trace {
  const bytes = utf8(text);
  const { id } = detectFormat(bytes, true);
  const { trace, error } = decodeIn(formatById(id), bytes);
  if (id !== format || error) throw error ?? new Error(`taken for ${id}, not ${format}`);
  return trace;
}

// One block is freed, one of 32 B is left, taken at main.c:31.
const DUMP = `====== Heap Trace: 2 records (100 capacity) ======
    64 bytes (@ 0x3fcb5000, Internal) allocated CPU 0 ccount 0x1e7b0d18 caller 0x42007012:0x4200703a
freed by 0x42007020:0x42007050
    32 bytes (@ 0x3fcb5080, Internal) allocated CPU 0 ccount 0x1e7b12b8 caller 0x42007012:0x4200703c
--- 0x42007012: make_buffer at /app/main/buf.c:12
--- 0x4200703c: app_main at /app/main/main.c:31
====== Heap Trace Summary ======
Mode: Heap Trace All
32 bytes alive in trace (1/2 allocations)
records: 2 (100 capacity, 2 high water mark)
total allocations: 2
total frees: 1
================================
`;

const PREFIXES: Readonly<Record<string, (line: string, i: number) => string>> = {
  'docker compose': (line) => `esp32-1  | ${line}`,
  'line numbers': (line, i) => `${String(i + 1).padStart(5)}: ${line}`,
  'grep -n': (line, i) => `monitor.log:${i + 1}:${line}`,
  'seconds since the start': (line, i) => `${(i / 100).toFixed(6).padStart(12)}  ${line}`,
  'seconds since 1970': (line, i) => `1715774401.00${i % 10} ${line}`,
  'candump and strace': (line, i) => `(1715774401.00000${i % 10}) ${line}`,
  'a CI job': (line) => `2024-05-15T12:00:01.1234567Z ##[debug] ${line}`,
  'a port behind the time': (line) => `12:00:01.123 [COM3] ${line}`,
  'a direction behind the time': (line) => `12:00:01.123 RX: ${line}`,
  'a terminal of RTT': (line) => `0> ${line}`,
  'a prompt': (line) => `RTT> ${line}`,
  'a bar': (line) => `    | ${line}`,
};
for (const [name, prefix] of Object.entries(PREFIXES)) {
  test(`a dump behind what nobody thought of: ${name}`, (t) => {
    const text = DUMP.trimEnd().split('\n').map(prefix).join('\n').concat('\n');
    const trace = read(text, 'esp-idf');
    t.deepEqual(live(trace), [[0x3fcb5080, 32]]);
    t.true(trace.info.complete);
    t.is(backtraceOf(trace, trace.events.stack[1] ?? -1)[1]?.line, 31);
    const bytes = utf8(text);
    t.deepEqual(live(decodeIn(espIdfHeapTraceFormat, bytes, {}, 1).trace), live(trace));
  });
}

test('ltrace: the realloc moves its block, calloc is a product, 128 B are left', (t) => {
  const text =
    'malloc(64)                                       = 0x55d0c2a0\ncalloc(4, 16)                                    = 0x55d0c300\n' +
    'realloc(0x55d0c2a0, 128)                         = 0x55d0c350\nfree(0x55d0c300)                                 = <void>\n' +
    'malloc(9999999)                                  = 0\n+++ exited (status 0) +++\n';
  const trace = read(text, 'call-log');
  t.deepEqual(live(trace), [[0x55d0c350, 128]]);
  t.is(trace.events.sizeBytes[1], 64);
  survivesEveryCut(t, formatById('call-log'), utf8(text));
});

test('FreeRTOS calls in a log, with the task that made them', (t) => {
  const trace = read(
    '[INFO] 00:00:01.200 heap: pvPortMalloc(64) -> 0x20001000 task=IDLE\n[INFO] 00:00:01.250 heap: pvPortMalloc(128) -> 0x20001048 task=net\n' +
      '[INFO] 00:00:01.300 heap: vPortFree(0x20001000) task=IDLE\n',
    'call-log',
  );
  t.deepEqual(live(trace), [[0x20001048, 128]]);
  t.deepEqual(Object.values(trace.info.taskNames ?? {}), ['IDLE', 'net']);
});

test('a table below a title and above a sum', (t) => {
  const trace = read(
    'Heap dump of device 7\ngenerated 2024-05-01\n\nAddress;Size (bytes);Owner\n0x20001000;64;main\n0x20001050;32;net\n\n2 blocks, 96 bytes\n',
    'csv',
  );
  t.deepEqual(live(trace), [
    [0x20001000, 64],
    [0x20001050, 32],
  ]);
  t.true(trace.info.complete);
  t.deepEqual(
    trace.notes.map(({ code }) => code),
    ['csv-other-lines'],
  );
});

test('columns between blanks below a title', (t) => {
  const text = 'Live allocations:\nAddress    Size\n0x20001000 64\n0x20001050 32\n2 blocks\n';
  t.deepEqual(live(read(text, 'csv')), [
    [0x20001000, 64],
    [0x20001050, 32],
  ]);
});

test('a table with bars on both sides and a ruler', (t) => {
  const text =
    '| address    | size | caller     |\n|------------|------|------------|\n| 0x20001000 | 64   | 0x08001234 |\n| 0x20001050 | 32   | 0x08001240 |\n';
  t.deepEqual(live(read(text, 'csv')), [
    [0x20001000, 64],
    [0x20001050, 32],
  ]);
});

test('lines between the rows that are none may have been some: the trace is not complete', (t) => {
  const trace = read('op,ptr,size\nmalloc,0x1000,8\n<garbled\nmalloc,0x1010,8\n', 'csv');
  t.is(trace.eventCount, 2);
  t.false(trace.info.complete);
});

test('levels: thousands with commas, the figure before its word, and a memory that is named behind is another figure’s', (t) => {
  const trace = read(
    'Free memory: 12,345 bytes\nMem: 45.2 KB free, largest 20 KB\nHeap: free=123456 total=234567 psram=0\nPSRAM heap: free=4000000\n',
    'heap-levels',
  );
  t.deepEqual(
    trace.levels.map(({ memory, freeBytes }) => [memory, freeBytes]),
    [
      ['', 12345],
      ['', 46285],
      ['', 123456],
      ['PSRAM', 4000000],
    ],
  );
});

test('mtrace lines of programs of their own have decimal sizes', (t) => {
  t.deepEqual(live(read('+ 0x20001000 64\n+ 0x20001050 32\n- 0x20001000\n', 'mtrace')), [[0x20001050, 32]]);
});

test('the pattern that is proposed for unknown lines fits the other lines, too', (t) => {
  const line = (at: string, size: number, task: string) =>
    `ALLOC addr=0x${at} size=${size} caller=0x0800${at} task=${task}\n`;
  const error = t.throws(() => detectFormat(utf8(line('20001000', 64, 'net') + line('20001050', 32, 'main')), true));
  t.regex(
    String((error as unknown as { remedy: string }).remedy),
    /'alloc: ALLOC addr=\{address\} size=\{size\} caller=\{caller\} task=\{task\}'/,
  );
});

test('NuttX rows whose callers stand in brackets', (t) => {
  const trace = read(
    'nsh> memdump used\n   PID        Size    Sequence    Address Callstack\n    12        2064          41 0x20005000  [0x08001234] [0x08002345]\nTotal Blks  Total Size\n         1        2064\n',
    'nuttx',
  );
  t.deepEqual(live(trace), [[0x20005000, 2064]]);
  t.is(backtraceOf(trace, trace.events.stack[0] ?? -1).length, 2);
});
