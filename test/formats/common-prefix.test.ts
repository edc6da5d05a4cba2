import test from 'ava';
import { commonPrefixes } from '../../lib/formats/common-prefix.js';
import { detectFormat } from '../../lib/formats/registry.js';
import { decodeIn, plain, utf8 } from '../support/decode-ways.js';

/** Small texts of formats whose lines begin where the text does. */
const TEXTS: Readonly<Record<string, string>> = {
  'nuttx-gdb':
    'Leak catch!:\n   CNT   PID        Size    Sequence    Address Callstack\n' +
    '     3    30         256        8810 0x3d52f080  [0x00c3210e0] <malloc+12>         kmm_malloc.c:62\nAlloc 3 count, total 768 bytes\n',
  'mem-info':
    'stack: 532 out of 7936\nGC: total: 1024, used: 64, free: 960\n No. of 1-blocks: 2, 2-blocks: 1, max blk sz: 2, max free sz: 60\n' +
    'GC memory layout; from 2000afa0:\n00000: h=hh............................................................\n',
  mtrace:
    '= Start\n@ ./a:(f+0x1c)[0x410a50] + 0xc027b0 0x10\n@ ./a:(f+0x1c)[0x410a50] + 0xc027d0 0x20\n@ ./a:(g+0x2)[0x410b50] - 0xc027b0\n',
  'gdb-log':
    '\nBreakpoint 1, gc_log_change (start_block=0, length=2) at gc.c:106\n106\t}\n$1 = 0x0\n$2 = 0x2\n$3 = 0x1f4\n' +
    '#1  0x0000a0b4 in gc_alloc (n_bytes=24) at gc.c:500\n500\t    x();\n#2  0x0000a1c0 in m_malloc (n=24) at malloc.c:86\n86\t    y();\n',
  csv: 'op,ptr,old,size\nmalloc,0x20001040,,64\nrealloc,0x20001090,0x20001040,128\nfree,0x20001090,,\nmalloc,0x20001100,,8\n',
  ndjson:
    '{"op":"malloc","ptr":"0x20001000","size":64}\n{"op":"malloc","ptr":"0x20001080","size":8}\n{"op":"free","ptr":"0x20001000"}\n',
  json: '{"count":2,"leaks":[\n{"sz":45,"addr":"0x3fcd1a2c"},\n{"sz":2,"addr":"0x3fcd1bc0"}\n]}\n',
  'heap-levels': 'max system bytes =      24576\nsystem bytes     =      24576\nin use bytes     =      13512\n',
  px4: '   TOTAL  CNT SYMBOL                              SIZE(S)\n    4096    2 open              2048 2048\n     120    3 create          40 40 40\n',
};

const PREFIXES: Readonly<Record<string, (line: string, i: number) => string>> = {
  'docker compose': (line) => `esp32-1  | ${line}`,
  'cat -n': (line, i) => `${String(i + 1).padStart(6)}\t${line}`,
  'grep -n': (line, i) => `monitor.log:${i + 1}:${line}`,
  'seconds since the start': (line, i) => `${(i / 100).toFixed(6).padStart(12)}  ${line}`,
  'a port': (line) => `/dev/ttyUSB0: ${line}`,
  'a time and a port': (line) => `12:00:01.123 [COM3] ${line}`,
  'Python logging': (line) => `2026-11-27 13:55:10,123 - dut - INFO - ${line}`,
  'a container runtime': (line) => `2026-11-27T13:55:10.123456789Z stdout F ${line}`,
  'the indent of Markdown': (line) => `    ${line}`,
  'a list': (line) => `- ${line}`,
  'a mail quote without a blank': (line) => `>${line}`,
};

for (const [format, text] of Object.entries(TEXTS)) {
  test(`what stands before all lines hides nothing: ${format}`, (t) => {
    const bare = plain(decodeIn(detectFormat(utf8(text), true), utf8(text)));
    for (const [name, prefix] of Object.entries(PREFIXES)) {
      const bytes = utf8(`${text.trimEnd().split('\n').map(prefix).join('\n')}\n`);
      const found = detectFormat(bytes, true);
      t.is(found.id, format, name);
      for (const chunk of [bytes.length, 1]) {
        const { events, regions, gaps } = plain(decodeIn(found, bytes, {}, chunk));
        // Times that the prefix tells are kept.
        const untimed = events.map((event) => ({ ...event, atUs: undefined }));
        t.deepEqual(
          untimed,
          bare.events.map((event) => ({ ...event, atUs: undefined })),
          name,
        );
        t.deepEqual(regions, bare.regions, name);
        t.deepEqual(gaps, bare.gaps, name);
      }
    }
  });
}

test('what was taken off is said', (t) => {
  const bytes = utf8(TEXTS.mtrace?.replaceAll(/^/gm, 'uart0: ').slice(0, -7) ?? '');
  const { trace } = decodeIn(detectFormat(bytes, true), bytes);
  t.deepEqual(
    trace.notes.map(({ code, text }) => [code, text]),
    [['prefix-assumed', "assumed: 'uart0:' before the lines is no part of them"]],
  );
});

test('words that say what a line is about are not taken off where it is read as it stands', (t) => {
  const text =
    'PSRAM: free heap 5000, largest 400\nPSRAM: free heap 4000, largest 300\nPSRAM: free heap 3000, largest 200\n';
  const { trace } = decodeIn(detectFormat(utf8(text), true), utf8(text));
  t.deepEqual(
    trace.levels.map(({ memory, freeBytes }) => [memory, freeBytes]),
    [
      ['PSRAM', 5000],
      ['PSRAM', 4000],
      ['PSRAM', 3000],
    ],
  );
  t.deepEqual(trace.notes, []);
});

test('the frame of a table is no prefix, and two lines have none', (t) => {
  const table = '| Address | Size |\n|---|---|\n| 0x20001000 | 64 |\n| 0x20001050 | 32 |\n';
  const { trace } = decodeIn(detectFormat(utf8(table), true), utf8(table));
  t.deepEqual([...trace.events.sizeBytes], [64, 32]);
  t.deepEqual(trace.notes, []);
  t.deepEqual(commonPrefixes(['a: 1', 'a: 2']), []);
});

test('numbers differ from line to line, words do not', (t) => {
  const [prefix] = commonPrefixes(['t1: x  9', 't22: y', '', 't333: z']);
  t.is(prefix?.example, 't1:');
  t.deepEqual(
    ['t1: x', 't4444: long', 'u1: x', 't5:'].map((line) => line.slice(prefix?.lengthOn(line))),
    ['x', 'long', 'u1: x', ''],
  );
});

test('an indented log behind a sentence is read, and its lines are no calls of their own', (t) => {
  const log =
    'Breakpoint 1, malloc (size=64) at malloc.c:10\n#0  malloc (size=64) at malloc.c:10\n#1  0x0000a0b4 in open (n=1) at a.c:5\n' +
    'Run till exit from #0  malloc (size=64) at malloc.c:10\nValue returned is $1 = (void *) 0x20001000\n\n' +
    'Breakpoint 2, free (p=0x20001000) at malloc.c:20\n#0  free (p=0x20001000) at malloc.c:20\n#1  0x0000a0c4 in shut (n=1) at a.c:9\n';
  const bare = plain(decodeIn(detectFormat(utf8(log), true), utf8(log)));
  const bytes = utf8(`Hello,\nthis is my log:\n\n${log.replace(/^(?=.)/gm, '    ')}`);
  const found = detectFormat(bytes, true);
  t.is(found.id, 'gdb-log');
  t.deepEqual(plain(decodeIn(found, bytes)).events, bare.events);
  t.is(bare.events.length, 2);
});
