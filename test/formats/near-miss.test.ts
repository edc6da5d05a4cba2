import test from 'ava';
import { TraceFormatError } from '../../lib/errors/errors.js';
import { detectFormat } from '../../lib/formats/registry.js';
import { utf8 } from '../support/decode-ways.js';

const refusal = (text: string) => {
  try {
    return `taken for ${detectFormat(utf8(text), true).id}`;
  } catch (error) {
    if (!(error instanceof TraceFormatError) || error.code !== 'HH1402') throw error;
    return error.message;
  }
};

const nears = test.macro({
  exec: (t, text: string, expected: string | undefined) => {
    const message = refusal(text);
    if (expected === undefined) t.notRegex(message, /came near|taken for/);
    else t.true(message.includes(`came near: ${expected}`), message);
  },
  title: (name = '') => `an input of no known format: ${name}`,
});

test(
  'the line of a dump that its reader refused, and what it lacks',
  nears,
  'boot\n16 bytes (@ 0x3fc9f620, Internal) allocated CPU zero ccount 0x1000\n',
  "esp-idf, line 2 '16 bytes (@ 0x3fc9f620, Internal) allocated CPU zero ccount 0x1000': expected `N bytes (@ 0x...) allocated CPU N ccount 0x... caller 0x...`",
);
test(
  'columns that name no size are quoted with what was found',
  nears,
  'ptr,owner,age\n0x1000,main,5\n',
  "csv, line 1 'ptr,owner,age': expected columns for an address and a size, or a size and a kind (found ptr, owner, age)",
);
test(
  'JSON lines whose members have other names',
  nears,
  '{"where":"0x1000","much":64}\n{"where":"0x1010","much":6}\n',
  'ndjson, line 1 \'{"where":"0x1000","much":64}\': expected an address and a size, or a size and a kind, under usual names (found the members where, much)',
);
test(
  'frames of a gdb log without its breakpoints',
  nears,
  '(gdb) bt\n#0  0x0000a0b4 in gc_alloc (n=1) at gc.c:500\n#1  0x0000a1c0 in m_malloc (n=1) at malloc.c:86\n',
  "gdb-log, line 2 '#0  0x0000a0b4 in gc_alloc (n=1) at gc.c:500': expected a line `Breakpoint N, FUNCTION (...)` before its frames",
);
test(
  'a record that is cut in its middle',
  nears,
  '#m:0x20003080;0x182f\n',
  "mbed, line 1 '#m:0x20003080;0x182f': expected `#m:0x...;0x...-N` (or #c:, #r:, #f:)",
);
test(
  'a log of patterns, with a value that is none',
  nears,
  'I (3) heap_trace: mem @3fff1a20h size 64 caller func 4021\n',
  "esp8266-rtos, line 1 'mem @3fff1a20h size 64 caller func 4021': expected `alloc: mem @{address} size {size} caller func {caller}`",
);
test(
  'a map of a heap without its rows',
  nears,
  'GC: total 37952 used 12112\n',
  "mem-info, line 1 'GC: total 37952 used 12112'",
);
test('nothing came near: nothing is said', nears, 'hello, world\nthis is a letter\n', undefined);
test('the text of a README', nears, '# Title\n\nSome words about a thing, and more of them.\n', undefined);

test('for JSON lines the remedy is to name their members', (t) => {
  const error = t.throws(() => detectFormat(utf8('{"where":"0x1000","much":64}\n'), true));
  t.is(
    error instanceof TraceFormatError && error.remedy,
    "name the fields with options.columns 'address=...,size=...'",
  );
});

test('what is quoted cannot act on a terminal, and is short', (t) => {
  const message = refusal(`#m:\u001b]0;evil\u0007 ${'x'.repeat(500)}\n`);
  t.false(message.includes('\u001b') || message.includes('\u0007'));
  t.true(message.length < 600, message);
});

const suggests = test.macro({
  exec: (t, text: string, pattern: string) => {
    const error = t.throws(() => detectFormat(utf8(text), true), { instanceOf: TraceFormatError });
    t.true(error?.remedy?.includes(`--pattern '${pattern}'`), error?.remedy);
  },
  title: (name = '') => `the pattern that is suggested: ${name}`,
});

test(
  'a caller that is named before the block is no block',
  suggests,
  'ua c:0x08001234 s:32 m:0x200001f0\nua c:0x08001238 s:64 m:0x20000210\n',
  'alloc: ua c:{caller} s:{size} m:{address}',
);
test(
  'a file and its line',
  suggests,
  'alloc: 0x200001f0 (32 bytes) from main.c:31\nalloc: 0x20000210 (64 bytes) from net.c:12\n',
  'alloc: alloc: {address} ({size} bytes) from {file}:{line}',
);

test(
  'a number that counts the lines is no size, and names of functions are fields',
  suggests,
  'No. Total Blocks Where Function\n0 34567 1 0x40411000 foo()\n1 4096 1 0x7bd63000 bar()\n2 1234 1 0x40419710 baz()\n',
  'alloc: {any} {size} {any} {address} {function}',
);
test(
  'words that vary from line to line are fields',
  suggests,
  'mm task=wifi p=0x20001200 n=64 by http_open\nmm task=ble p=0x20001300 n=32 by ble_init\n',
  'alloc: mm task={task} p={address} n={size} by {function}',
);

for (const [name, text, remedy] of [
  ['a size of which nothing is said', 'loop 1 heap=41232 frag=3%\nloop 2 heap=41200 frag=3%\n', "level: heap={free}'"],
  [
    'a crash',
    'Guru Meditation Error\nBacktrace: 0x400d1231:0x3ffb1f30 0x400d5675:0x3ffb1f50\n',
    '`harvest symbolize firmware.elf ',
  ],
] as const)
  test(`what to do with ${name}`, (t) => {
    const error = t.throws(() => detectFormat(utf8(text), true), { instanceOf: TraceFormatError, code: 'HH1402' });
    t.true(error?.remedy?.includes(remedy), error?.remedy);
  });

test('sizes that are hexadecimal on another line are so in the pattern that is suggested', (t) => {
  const walk = '\t0x20001000 used size: 40 (0x20000ff8)\n\t0x20001048 free size: 1f0 (0x20001040)\n';
  const error = t.throws(() => detectFormat(utf8(walk), true), { instanceOf: TraceFormatError });
  t.true(error?.remedy?.includes('size: {size:hex}'), error?.remedy);
});

test('an archive is to be unpacked', (t) => {
  const zip = Uint8Array.of(0x50, 0x4b, 3, 4, 0x14, 0, 0, 0, 8, 0, 0xd2, 0x66, 0x7c, 0x5d);
  const error = t.throws(() => detectFormat(zip, true), { instanceOf: TraceFormatError, code: 'HH1402' });
  t.true(error?.remedy?.includes('unpack it'), error?.remedy);
});
