import test, { type ExecutionContext } from 'ava';
import { espIdfHeapTraceFormat } from '../../lib/formats/esp-idf-heap-trace.js';
import { detectFormat } from '../../lib/formats/registry.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf } from '../../lib/trace/trace.js';
import { decodeIn, plain, utf8 } from '../support/decode-ways.js';

/*
 * A dump of three records as people paste it. 96 and 64 bytes are freed; 32 bytes that make_buffer took for app_main (main.c:31) live:
 * 32 B in 1 block.
 */
const RECORD = (size: number, address: string, caller: string) =>
  `    ${size} bytes (@ ${address}, Internal) allocated CPU 0 ccount 0x1e7b0d18 caller 0x42007012:${caller}`;
const FREED = 'freed by 0x42007050:0x42007078';
const PLACES: Readonly<Record<string, readonly [string, string, number]>> = {
  '0x42007012': ['make_buffer', '/app/main/buf.c', 12],
  '0x4200703a': ['app_main', '/app/main/main.c', 30],
  '0x4200703c': ['app_main', '/app/main/main.c', 31],
  '0x42007050': ['drop_buffer', '/app/main/buf.c', 20],
  '0x42007078': ['app_main', '/app/main/main.c', 33],
};
const FOOTER = `====== Heap Trace Summary ======
Mode: Heap Trace All
32 bytes alive in trace (1/3 allocations)
records: 3 (100 capacity, 3 high water mark)
total allocations: 3
total frees: 2
================================`;

type Decoded = (address: string, name: string, file: string, line: number) => string;
const oldMonitor: Decoded = (address, name, file, line) => `${address}: ${name} at ${file}:${line}`;
const newMonitor: Decoded = (...place) => `--- ${oldMonitor(...place)}`;

/** The lines of the dump, decoded by a monitor in its own way (or not at all). */
function dump(decoded: Decoded | undefined): string[] {
  const below = (...addresses: string[]) =>
    decoded
      ? [
          ...addresses.map((address) => {
            const [name, file, line] = PLACES[address] ?? ['', '', 0];
            return decoded(address, name, file, line);
          }),
          '',
        ]
      : [];
  return [
    '====== Heap Trace: 3 records (100 capacity) ======',
    RECORD(96, '0x3fcb5000', '0x4200703a'),
    ...below('0x42007012', '0x4200703a'),
    FREED,
    ...below('0x42007050', '0x42007078'),
    RECORD(32, '0x3fcb5080', '0x4200703c'),
    ...below('0x42007012', '0x4200703c'),
    RECORD(64, '0x3fcb50c0', '0x4200703a'),
    ...below('0x42007012', '0x4200703a'),
    FREED,
    ...below('0x42007050', '0x42007078'),
    ...FOOTER.split('\n'),
  ];
}

const before = (prefix: string) => dump(oldMonitor).map((line) => prefix + line);
const text = (lines: readonly string[], end = '\n') => utf8(`${lines.join(end)}${end}`);

function utf16le(lines: readonly string[]): Uint8Array {
  const units = `\ufeff${lines.join('\r\n')}\r\n`;
  return Uint8Array.from({ length: units.length * 2 }, (_, i) => (units.charCodeAt(i >> 1) >> ((i & 1) * 8)) & 0xff);
}

const INPUTS: Readonly<Record<string, Uint8Array>> = {
  plain: text(dump(oldMonitor)),
  CRLF: text(dump(oldMonitor), '\r\n'),
  'carriage returns only': text(dump(oldMonitor), '\r'),
  'UTF-16 of PowerShell': utf16le(dump(oldMonitor)),
  'UTF-8 with a mark': text(dump(oldMonitor).map((line, i) => (i === 0 ? `\ufeff${line}` : line))),
  'the new monitor': text(dump(newMonitor)),
  'the new monitor, whole lines coloured': text(dump((...place) => `\u001b[0;33m${newMonitor(...place)}\u001b[0m`)),
  'the new monitor, parts coloured': text(
    dump(
      (address, name, file, line) =>
        `--- ${address}: \u001b[0;33m${name}\u001b[0m at \u001b[0;32m${file}\u001b[0m:\u001b[0;31m${line}\u001b[0m`,
    ),
  ),
  'colours that lost their escape character': text(dump((...place) => `[0;33m${newMonitor(...place)}[0m`)),
  'log lines between': text(dump(oldMonitor).flatMap((line) => ['\u001b[0;32mI (123) x: y\u001b[0m', line])),
  'esp-idf-monitor --timestamps': text(before('2024-05-15 12:00:01 ')),
  PlatformIO: text(before('12:34:56.789 > ')),
  Arduino: text(before('12:34:56.789 -> ')),
  ESPHome: text(before('[12:34:56]')),
  'ESPHome with level and tag': text(before('[12:34:56][D][heap:042]: ')),
  'minicom or tio': text(before('[2024-05-15 12:00:01.250] ')),
  syslog: text(before('<14>May 15 12:00:01 lab node: ')),
  'ESP-IDF log': text(before('I (4711) heap: ')),
  'a quote in a quote': text(before('> > ')),
  'a quote, its blank lines without blank': text(before('> ').map((line) => line.trimEnd())),
  'Markdown, fenced': text(['The dump:', '```text', ...dump(oldMonitor), '```']),
  'Markdown, indented': text(before('    ')),
  'a quoted fence': text(before('> ').flatMap((line, i) => (i === 0 ? ['> ```', line] : [line]))),
};

function readsRight(t: ExecutionContext, bytes: Uint8Array): void {
  const whole = decodeIn(espIdfHeapTraceFormat, bytes);
  const { trace } = whole;
  t.is(whole.error, undefined);
  const spans = lifespans(trace);
  const live = Array.from({ length: spans.count }, (_, i) => i).filter((i) => spans.endCause[i] === EndCause.alive);
  t.deepEqual(
    live.map((i) => spans.sizeBytes[i]),
    [32],
  );
  const frames = backtraceOf(trace, trace.events.stack[1] ?? -1);
  t.deepEqual(
    frames.map((frame) => `${frame.functionName} ${frame.file}:${frame.line}`),
    ['make_buffer /app/main/buf.c:12', 'app_main /app/main/main.c:31'],
  );
  t.true(trace.info.complete, JSON.stringify(trace.gaps));
  t.deepEqual(trace.notes, []);
  t.is(detectFormat(bytes, true).id, 'esp-idf');
  for (const chunk of [1, 7]) t.deepEqual(plain(decodeIn(espIdfHeapTraceFormat, bytes, {}, chunk)), plain(whole));
}

for (const [name, bytes] of Object.entries(INPUTS)) test(`a dump as pasted: ${name}`, (t) => readsRight(t, bytes));

test('a dump whose monitor decoded nothing is as right, without names', (t) => {
  const { trace, error } = decodeIn(espIdfHeapTraceFormat, text(dump(undefined).map((line) => `[00:12:33] ${line}`)));
  t.is(error, undefined);
  t.true(trace.info.complete);
  t.is(trace.eventCount, 5);
});

test('a function in ROM has a name and no file', (t) => {
  const lines = dump((address, name, file, line) =>
    address === '0x4200703c'
      ? `--- ${address}: ets_run_flash_bootloader in ROM`
      : newMonitor(address, name, file, line),
  );
  const { trace } = decodeIn(espIdfHeapTraceFormat, text(lines));
  const frames = backtraceOf(trace, trace.events.stack[1] ?? -1);
  t.deepEqual(
    frames.map(({ functionName, file }) => [functionName, file]),
    [
      ['make_buffer', '/app/main/buf.c'],
      ['ets_run_flash_bootloader', ''],
    ],
  );
});

const CAPS = (mode: string, alive: string) => `====== Heap Trace: 4 records (256 capacity) ======
${RECORD(96, '0x3fcb5000', '0x4200703a')}
${RECORD(32, '0x3fcb5080', '0x4200703c')}
====== Heap Trace Summary ======
Mode: Heap Trace ${mode}
${alive}
records: 4 (256 capacity, 9 high water mark)
total allocations: 40
total frees: 36
================================
`;

test('heap_trace_dump_caps lists one memory of several: nothing was lost, and what is left out is said', (t) => {
  const { trace } = decodeIn(espIdfHeapTraceFormat, utf8(CAPS('Leaks', "128 bytes 'leaked' in trace (2 allocations)")));
  t.true(trace.info.complete);
  t.deepEqual(trace.gaps, []);
  t.deepEqual(
    trace.notes.map(({ code }) => code),
    ['esp-one-memory'],
  );
  t.regex(trace.notes[0]?.text ?? '', /2 of 4 records, those of Internal memory/);
});

test('records that are missing are a gap where the footer does not vouch for those that are there', (t) => {
  const lost = [
    CAPS('Leaks', "160 bytes 'leaked' in trace (4 allocations)"),
    // A freed record that was lost would change nothing in the footer of mode ALL.
    CAPS('All', '128 bytes alive in trace (2/4 allocations)'),
    CAPS('Leaks', "128 bytes 'leaked' in trace (2 allocations)").replace(
      '0x3fcb5080, Internal',
      '0x3c0a1000,    PSRAM',
    ),
  ];
  for (const input of lost) t.false(decodeIn(espIdfHeapTraceFormat, utf8(input)).trace.info.complete, input);
});
