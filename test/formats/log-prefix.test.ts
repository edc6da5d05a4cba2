import test from 'ava';
import fc from 'fast-check';
import { ByteLines } from '../../lib/formats/byte-lines.js';
import { LineSplitter } from '../../lib/formats/line-splitter.js';
import { logPrefixLength } from '../../lib/formats/log-prefix.js';
import { utf8 } from '../support/decode-ways.js';

/** Each line is what a tool puts before a text, then `#` for where the text begins. */
const PREFIXES = `
12:34:56.789 > #
12:34:56.789 -> #
12:34:56:789 -> #
[12:34:56]#
[12:34:56.123] #
[12:34:56][D][sensor:093]: #
[12:34:56][W][component:237]: #
[2024-05-15 12:00:01] #
[2024-05-15 12:00:01.250] #
[2024-05-15T12:00:01.250Z] #
[Wed May 15 12:00:01.123 2024] #
2024-05-15 12:00:01 #
2024-05-15 12:00:01.123 #
2024-05-15T12:00:01Z #
2024/05/15 12:00:01 #
May 15 12:00:01 #
Nov 27 07:04:19 lab picocom[812]: #
Nov 27 07:04:19 lab kernel: #
<13>Nov 27 07:04:19 lab app: #
<13>Nov 27 07:04:19 app[12]: #
<14>1 2024-05-15T12:00:01.003Z lab app 1234 ID47 - #
<6>[    5.123456] #
[ 5286.767232] [ 9] [  INFO] [ap] #
[01/30 02:18:32.741630] [ 7] [ap] #
[    1.230000] [CPU0] #
[CPU1] [   12.340000] [ 3] #
[  123.456789] #
[12.345678 0.000123] #
[00:00:01.123,000] <inf> main: #
<wrn> heap_mon: #
I (5535) wifi: #
W (12:00:01.123) heap: #
12:34:56.789 > I (5535) heap: #
[  1234][E][main.cpp:123] setup(): #
[DBG ][app ]: #
[I/heap] #
I/heap: #
D/NO_TAG tshell: #
01-30 02:18:32.741  1234  1250 D heap : #
01-30 02:18:32 I/heap tshell: #
> #
> > #
>> #
>>> #
00> #
(gdb) #
(gdb) (gdb) #
--Type <RET> for more, q to quit, c to continue without paging--#
---Type <return> to continue, or q <return> to quit---#
12:34:56.789 > (gdb) #
`
  .trim()
  .split('\n');

const TEXTS = [
  '    96 bytes (@ 0x3fcb5000, Internal) allocated CPU 0 ccount 0x1e7b0d18 caller 0x42007012:0x4200703a',
  'freed by 0x42007050:0x42007078',
  '0x42007012: make_buffer at /app/main/buf.c:12',
  '--- 0x42007012: make_buffer at /app/main/buf.c:12',
  '====== Heap Trace Summary ======',
  'Mode: Heap Trace All',
  'total allocations: 3',
  'records: 3 (100 capacity, 3 high water mark)',
  '#1  0x0000a0b4 in gc_alloc (n_bytes=24) at ../../py/gc.c:500',
  '$1 = 0x1f4',
  '106\t}',
  'Breakpoint 1, gc_log_change (start_block=0, length=2) at ../../py/gc.c:106',
  'Thread 2 "main" hit Breakpoint 1, gc_log_change (start_block=0, length=2) at ../../py/gc.c:106',
  '   PID        Size    Sequence    Address Backtrace',
  '     4        2064         120 0x20004ba8 0x08001234',
  '#m:0x20003080;0x182f-50',
  'malloc,0x20001040,64',
  '1.5,alloc,0x20001000,64,0x08001235',
  '12.5;alloc;0x20001000;64',
  '2024-05-15,alloc,0x20001000,64',
  '12:34:56.789,alloc,0x20001000,64',
  '{"kind":"alloc","address":"0x20001000","size":16}',
  'ap> echo 35 > /proc/memdump',
  'nsh> memdump used',
  'Start of the run',
];

test('what monitors and loggers put before a text is told from it', (t) => {
  for (const line of PREFIXES) {
    const prefix = line.slice(0, -1);
    // Where no blank parts it, one of the text's own may go with it.
    for (const text of prefix.endsWith(' ') ? TEXTS : TEXTS.map((one) => one.trimStart()))
      t.is(logPrefixLength(prefix + text), prefix.length, prefix + text);
    if (prefix.endsWith(' ')) t.is(logPrefixLength(prefix), prefix.length, `'${prefix}' before nothing`);
  }
});

test('texts that look a little like a prefix are left whole', (t) => {
  for (const text of TEXTS) t.is(logPrefixLength(text), 0, text);
  for (const text of ['', ' ', '[', '[]', '<unknown>', '1:2', '12:34', '--', '`', '[0x20001000] 64', '["alloc",1]'])
    t.is(logPrefixLength(text), 0, text);
  // A second bracket may be what the line is about.
  t.is(logPrefixLength('[123456] [ALLOC] ptr=0x20001000'), '[123456] '.length);
  t.is(logPrefixLength('[123456] [0x20001000] 64'), '[123456] '.length);
});

test('a prefix keeps the indentation behind it, loses the one before it', (t) => {
  t.is(logPrefixLength('[12:34:56]    96 bytes'), '[12:34:56] '.length);
  t.is(logPrefixLength('    12:34:56.789 >     96 bytes'), '    12:34:56.789 > '.length);
  t.is(logPrefixLength('    96 bytes'), 0);
});

test('a Markdown fence is no text at all', (t) => {
  for (const fence of ['```', '```text', '  ~~~']) t.is(logPrefixLength(fence), fence.length);
});

function split(bytes: Uint8Array, chunk: number): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((text, number, prefix) => lines.push(`${number}|${prefix}|${text}`));
  for (let at = 0; at < bytes.length; at += chunk) splitter.push(bytes.slice(at, at + chunk));
  splitter.end();
  return lines;
}

function splitBytes(bytes: Uint8Array, chunk: number): string[] {
  const lines: string[] = [];
  const decoder = new TextDecoder();
  const splitter = new ByteLines((line, from, to) => lines.push(decoder.decode(line.subarray(from, to))));
  for (let at = 0; at < bytes.length; at += chunk) splitter.push(bytes.slice(at, at + chunk));
  splitter.end();
  return lines;
}

function utf16(text: string, bigEndian: boolean, mark: boolean): Uint8Array {
  const units = mark ? `\ufeff${text}` : text;
  const view = new DataView(new ArrayBuffer(units.length * 2));
  for (let i = 0; i < units.length; i++) view.setUint16(i * 2, units.charCodeAt(i), !bigEndian);
  return new Uint8Array(view.buffer);
}

test('UTF-16 of both orders and UTF-8, with a mark or without, are the same lines', (t) => {
  const text = 'one\n  two \u00e9\u{1f40d}\nthree';
  const expected = ['1||one', '2||  two \u00e9\u{1f40d}', '3||three'];
  const inputs = [utf8(text), utf8(`\ufeff${text}`)];
  for (const bigEndian of [false, true]) for (const mark of [false, true]) inputs.push(utf16(text, bigEndian, mark));
  for (const bytes of inputs) {
    for (const chunk of [1, 2, 3, 5, bytes.length]) {
      t.deepEqual(split(bytes, chunk), expected);
      t.deepEqual(splitBytes(bytes, chunk), ['one', '  two \u00e9\u{1f40d}', 'three']);
    }
  }
});

test('line ends of every kind end a line once', (t) => {
  const expected = ['1||a', '2||', '3||b'];
  for (const end of ['\n', '\r\n', '\r\r\n']) {
    const bytes = utf8(`a${end}${end}b${end}`);
    for (const chunk of [1, 2, 100]) t.deepEqual(split(bytes, chunk), expected, JSON.stringify(end));
  }
  for (const end of ['\r', '\n\r']) {
    for (const chunk of [1, 2, 100]) t.deepEqual(split(utf8(`a${end}b${end}`), chunk), ['1||a', '2||b']);
  }
  for (const chunk of [1, 2, 100]) t.deepEqual(splitBytes(utf8('a\r\r\nx\rb\r\n\r\n'), chunk), ['a', 'x', 'b', '']);
});

test('colours, cursor moves and hyperlinks are taken out, also where only their letters are left', (t) => {
  const colours = [
    '\u001b[0;33m--- 0x42: \u001b[0;33mf\u001b[0m at \u001b[0;32m/a.c\u001b[0m:\u001b[0;31m12\u001b[0m',
    '\u001b[m--- 0x42: f at /a.c:12\u001b[K',
    '\u001b]8;;file:///a.c\u001b\\--- 0x42: f\u001b]8;;\u0007 at /a.c:12',
    '\u001b(B--- 0x42: f at /a.c:12',
    '[0;33m--- 0x42: f at /a.c:12[0m',
    '^[[0;33m--- 0x42: f at /a.c:12^[[0m',
    '\\033[0;33m--- 0x42: f at /a.c:12\\033[0m',
  ];
  for (const line of colours) {
    for (const chunk of [1, 3, 1000]) t.deepEqual(split(utf8(`${line}\n`), chunk), ['1||--- 0x42: f at /a.c:12'], line);
  }
  t.deepEqual(split(utf8('buf[m] = a[0];\nx[12]\n'), 1000), ['1||buf[m] = a[0];', '2||x[12]']);
});

const piece = fc.oneof(
  fc.constantFrom('\r', '\n', '\r\n', '\u001b[0;32m', '\u001b', '[0m', '> ', '[12:34:56] ', 'I (1) a: ', ' ', '(gdb) '),
  fc.constantFrom(...PREFIXES.map((line) => line.slice(0, -1))),
  fc.constantFrom(...TEXTS),
  fc.string({ maxLength: 12 }),
);

test('any cut gives the same lines, and both cutters the same texts', (t) => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1, max: 40 }), (pieces, chunk) => {
      const bytes = utf8(pieces.join(''));
      t.deepEqual(split(bytes, chunk), split(bytes, bytes.length + 1));
      t.deepEqual(splitBytes(bytes, chunk), splitBytes(bytes, bytes.length + 1));
    }),
  );
});
