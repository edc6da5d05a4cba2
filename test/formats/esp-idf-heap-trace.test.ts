import test from 'ava';
import { espIdfHeapTraceFormat } from '../../lib/formats/esp-idf-heap-trace.js';
import type { ImportOptions } from '../../lib/formats/format.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf, eventAt, type Trace } from '../../lib/trace/trace.js';
import { decodeIn, survivesEveryCut, utf8 } from '../support/decode-ways.js';
import { ESP_OLD } from '../support/trace-samples.js';

const NEW = `====== Heap Trace: 2 records (8 capacity) ======
    16 bytes (@ 0x3fc9f620, Internal) allocated CPU 0 ccount 0x00001000 caller 0x40376321:0x42008096
freed by 0x403839e4:0x42008096
    24 bytes (@ 0x3fc9f640, Internal) allocated CPU 1 ccount 0x00002000 caller 0x40376321:
====== Heap Trace Summary ======
Mode: Heap Trace All
24 bytes alive in trace (1/2 allocations)
records: 2 (8 capacity, 2 high water mark)
total allocations: 2
total frees: 1
================================
`;

const OLD = `${ESP_OLD}(NB: Buffer has overflowed, so trace data is incomplete.)
`;

function decode(text: string, options?: ImportOptions): Trace {
  const { trace, error } = decodeIn(espIdfHeapTraceFormat, utf8(text), options);
  if (error) throw error;
  return trace;
}

function live(trace: Trace): string[] {
  const spans = lifespans(trace);
  const out: string[] = [];
  for (let i = 0; i < spans.count; i++) {
    if (spans.endCause[i] === EndCause.alive) out.push(`${spans.sizeBytes[i]}@${spans.address[i]?.toString(16)}`);
  }
  return out;
}

const addresses = (trace: Trace, seq: number) =>
  backtraceOf(trace, trace.events.stack[seq] ?? -1).map((f) => f.address);
const codes = (trace: Trace) => trace.notes.map((note) => note.code);

test('reads the v5.1 vector: one freed, one live with a short chain', (t) => {
  const trace = decode(NEW);
  t.deepEqual(live(trace), ['24@3fc9f640']);
  t.deepEqual(addresses(trace, 0), [0x40376321, 0x42008096]);
  t.deepEqual(addresses(trace, 1), [0x40376321]);
  const free = eventAt(trace, 2);
  t.is(free.kind, 'free');
  t.deepEqual(addresses(trace, 2), [0x403839e4, 0x42008096]);
  t.is(eventAt(trace, 1).task, 1);
  t.is(eventAt(trace, 0).atUs, undefined);
  t.deepEqual(trace.notes, []);
  t.true(trace.info.complete);
  t.is(trace.marks[0]?.name, 'dump 1');
});

test('reads the grammar of v3 to v5.0, and an overflow as a gap before the first record', (t) => {
  const trace = decode(OLD);
  t.deepEqual(live(trace), ['8@3ffaf804']);
  t.is(trace.info.source, 'ESP-IDF heap trace (v3 to v5.0)');
  t.deepEqual(addresses(trace, 2), [0x400d27d5]);
  t.is(trace.gaps[0]?.beforeSeq, 0);
  t.false(trace.info.complete);
});

const anyCut = test.macro({
  exec: (t, text: string) => survivesEveryCut(t, espIdfHeapTraceFormat, utf8(text)),
  title: (name = '') => `is the same however it is cut: ${name}`,
});
test('v5.1', anyCut, NEW);
test('v3', anyCut, OLD);
test('CRLF inside console output', anyCut, `I (312) main: boot\n${NEW}I (400) main: done\n`.replaceAll('\n', '\r\n'));

test('CRLF, console output and a blank line between records change nothing', (t) => {
  const noisy = NEW.split('\n')
    .flatMap((line) => [line, 'W (1207) wifi: 42 bytes of nothing', ''])
    .join('\r\n');
  t.deepEqual(live(decode(`ets Jun  8 2016\r\n${noisy}`)), ['24@3fc9f640']);
});

test('v5.5 lines: freed at the end, no caller, PSRAM, no memory kind', (t) => {
  const trace = decode(`====== Heap Trace: 4 records (8 capacity) ======
     4 bytes (@ 0x3fc90000, Internal) allocated CPU 0 ccount 0x00000100 freed
     8 bytes (@ 0x3c800000,    PSRAM) allocated CPU 0 ccount 0x00000200 caller 0x42000001:0x42000002 freed
freed by 0x42000003:0x00000000
    12 bytes (@ 0x3fc90010) allocated CPU 0 ccount 0x00000300
    20 bytes (@ 0x3fc90020, Internal) allocated CPU 1 ccount 0x00000401 caller 0x42000001
====== Heap Trace Summary ======
Mode: Heap Trace All
32 bytes alive in trace (2/4 allocations)
================================
`);
  t.deepEqual(live(trace), ['12@3fc90010', '20@3fc90020']);
  t.deepEqual(addresses(trace, 5), [0x42000003]);
  // Internal and PSRAM are both there.
  t.deepEqual(codes(trace), ['esp-memories']);
});

test('the monitor decoding below a line names the frames, inlined calls first', (t) => {
  const trace = decode(
    NEW.replace(
      'caller 0x40376321:\n',
      `caller 0x40376321:
--- 0x40376321: heap_caps_malloc at /idf/components/heap/heap_caps.c:176
--- (inlined by) app_main at /app/main/main.c:31 (discriminator 2)
`,
    ),
  );
  t.deepEqual(backtraceOf(trace, trace.events.stack[1] ?? -1), [
    {
      address: 0,
      inlined: true,
      functionName: 'heap_caps_malloc',
      file: '/idf/components/heap/heap_caps.c',
      line: 176,
    },
    { address: 0x40376321, functionName: 'app_main', file: '/app/main/main.c', line: 31 },
  ]);
});

test('a resolver names the callers', (t) => {
  const resolve = (address: number) =>
    address === 0x40376321 ? [{ address, functionName: 'leaky', file: 'l.c', line: 7 }] : [];
  const trace = decode(NEW, { resolve });
  t.deepEqual(backtraceOf(trace, trace.events.stack[1] ?? -1), [
    { address: 0x40376321, functionName: 'leaky', file: 'l.c', line: 7 },
  ]);
  t.is(backtraceOf(trace, trace.events.stack[0] ?? -1)[1]?.functionName, '');
});

test('ccount becomes time only with a frequency, without the CPU bit, across a wrap', (t) => {
  const text = NEW.replace('CPU 1 ccount 0x00002000', 'CPU 0 ccount 0x00000801');
  const trace = decode(text, { cpuFrequencyHz: 1e6 });
  t.is(eventAt(trace, 0).atUs, 0x1000);
  t.is(eventAt(trace, 1).atUs, 0x800 + 2 ** 32);
});

test('of several records with one address all but the last are freed, and the last is in doubt', (t) => {
  const trace = decode(`====== Heap Trace: 3 records (8 capacity) ======
    16 bytes (@ 0x3fc90000, Internal) allocated CPU 0 ccount 0x00001000 caller 0x42000001:
freed by 0x42000009:
    16 bytes (@ 0x3fc90000, Internal) allocated CPU 0 ccount 0x00002000 caller 0x42000002:
    16 bytes (@ 0x3fc90000, Internal) allocated CPU 0 ccount 0x00003000 caller 0x42000003:
====== Heap Trace Summary ======
Mode: Heap Trace All
32 bytes alive in trace (2/3 allocations)
================================
`);
  t.deepEqual(live(trace), ['16@3fc90000']);
  t.deepEqual(lifespans(trace).findings, []);
  t.deepEqual(codes(trace), ['esp-implied-frees', 'esp-uncertain']);
});

test('a block that is freed before a later one lies over it leaves no overlap', (t) => {
  const trace = decode(`====== Heap Trace: 2 records (8 capacity) ======
    64 bytes (@ 0x3fc90000, Internal) allocated CPU 0 ccount 0x00001000 caller 0x42000001:
freed by 0x42000009:
    16 bytes (@ 0x3fc90020, Internal) allocated CPU 0 ccount 0x00002000 caller 0x42000002:
================================
`);
  t.deepEqual(lifespans(trace).findings, []);
  t.deepEqual(live(trace), ['16@3fc90020']);
});

test('says so when the footer or the header counts otherwise, and when depth is 0', (t) => {
  t.true(codes(decode(NEW.replace('24 bytes alive', '99 bytes alive'))).includes('esp-footer'));
  const short = decode(NEW.replace('2 records (', '5 records ('));
  t.is(short.gaps[0]?.lostEvents, 3);
  const depth0 = decode(`====== Heap Trace: 1 records (8 capacity) ======
    16 bytes (@ 0x3fc90000, Internal) allocated CPU 0 ccount 0x00001000 caller 
====== Heap Trace Summary ======
Mode: Heap Trace All
================================
`);
  t.deepEqual(codes(depth0), ['esp-depth-0']);
});

test('a second dump starts a new epoch, so that what is alive is what the last one shows', (t) => {
  const trace = decode(NEW + NEW);
  t.is(trace.epochs.length, 1);
  t.deepEqual(live(trace), ['24@3fc9f640']);
});

test('a dump cut short is a gap; a text without any is an error', (t) => {
  const trace = decode(NEW.slice(0, 250));
  t.is(trace.eventCount, 2);
  t.regex(trace.gaps[0]?.reason ?? '', /torn tail/);
  const { error } = decodeIn(espIdfHeapTraceFormat, utf8('hello\n'), { subject: 'x.log' });
  t.is(error?.code, 'HH1430');
  t.regex(error?.message ?? '', /^x\.log: found no heap trace dump, expected/);
});

test('is recognised inside console output, and other text is not', (t) => {
  t.true(espIdfHeapTraceFormat.detect(utf8(`boot\n${OLD}`), true) > 0.9);
  t.is(espIdfHeapTraceFormat.detect(utf8('16 bytes (@ home)\n'), true), 0);
});
