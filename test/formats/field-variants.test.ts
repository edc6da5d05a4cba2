import test, { type ExecutionContext } from 'ava';
import { detectFormat, formatById } from '../../lib/formats/registry.js';
import { backtraceOf, EventKind, type Trace } from '../../lib/trace/trace.js';
import { liveBlocks, liveSum, readCase } from '../support/case-trace.js';
import { decodeIn, plain, utf8 } from '../support/decode-ways.js';

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

function callers(trace: Trace, seq: number): number[] {
  return backtraceOf(trace, trace.events.stack[seq] ?? -1).map(({ address }) => address);
}

const codes = (trace: Trace) => trace.notes.map(({ code }) => code);

/** The same without the damage that `readCase` tries: for further inputs of a reader that it tried. */
function read(t: ExecutionContext, id: string, text: string): Trace {
  const bytes = utf8(text);
  const format = detectFormat(bytes, true);
  t.is(format.id, id, 'told by content');
  const decoded = decodeIn(format, bytes);
  t.deepEqual(plain(decodeIn(format, bytes, {}, 1)), plain(decoded));
  t.is(decoded.error, undefined);
  return decoded.trace;
}

/** Breaks every line that is longer, at blanks or anywhere. */
function wrapped(text: string, width: number, atBlanks: boolean): string {
  const pattern = atBlanks ? new RegExp(`(.{1,${width}})(?: +|$)`, 'gm') : new RegExp(`(.{${width}})(?=.)`, 'gm');
  return text.replace(pattern, '$1\n').replace(/\n\n/g, '\n');
}

for (const [how, width, atBlanks] of [
  ['a terminal, anywhere', 80, false],
  ['a narrow terminal, in the middle of the first caller', 91, false],
  ['a terminal, in the middle of the last caller', 97, false],
  ['a mail program, at blanks', 70, true],
  ['a mail program, at blanks', 50, true],
] as const) {
  test(`records that ${how} broke at ${width} keep their callers`, (t) => {
    const trace = read(t, 'esp-idf', wrapped(DUMP, width, atBlanks));
    t.deepEqual(liveBlocks(trace), { '0x3fcb5080': 32 });
    t.true(trace.info.complete);
    t.deepEqual(callers(trace, 0), [0x42007012, 0x4200703a]);
    t.deepEqual(callers(trace, 1), [0x42007012, 0x4200703c]);
  });
}

test('line ends that a terminal writes out, and quotes without a blank', (t) => {
  for (const text of [
    DUMP.replaceAll('\n', '<CR><LF>\n'),
    DUMP.replaceAll('\n', '\u240d\u240a\n'),
    DUMP.replaceAll('\n', '\\r\\n\n'),
    DUMP.replaceAll(/^/gm, '>').slice(0, -1),
    DUMP.replaceAll(/^/gm, 'x | [12:00:01]').slice(0, -14),
  ]) {
    const trace = read(t, 'esp-idf', text);
    t.deepEqual(liveBlocks(trace), { '0x3fcb5080': 32 });
    t.true(trace.info.complete);
  }
});

test('mode LEAKS lists what is left: no history, whatever the version says of it', (t) => {
  const leaks = DUMP.replace('freed by 0x42007020:0x42007050\n', '')
    .replace('Trace All', 'Trace Leaks')
    .replace('32 bytes alive in trace (1/2 allocations)', "96 bytes 'leaked' in trace (2 allocations)");
  t.is(read(t, 'esp-idf', leaks).info.contents, 'leaks');
  const old = `2 allocations trace (100 entry buffer)
64 bytes (@ 0x3ffb5000) allocated CPU 0 ccount 0x1e7b0d18 caller 0x400d7012:0x400d703a
32 bytes (@ 0x3ffb5080) allocated CPU 0 ccount 0x1e7b12b8 caller 0x400d7012:0x400d703c
96 bytes 'leaked' in trace (2 allocations)
total allocations 9 total frees 7
`;
  const trace = readCase(t, 'esp-idf', old);
  t.is(trace.info.contents, 'leaks');
  t.deepEqual(liveSum(trace), [2, 96]);
  // Mode ALL is a history, also where nothing was freed; and so is an input with both.
  const all = old.replace("96 bytes 'leaked' in trace (2 allocations)", '96 bytes alive in trace (2/2 allocations)');
  t.is(read(t, 'esp-idf', all).info.contents ?? 'history', 'history');
  t.is(read(t, 'esp-idf', all + old).info.contents ?? 'history', 'history');
});

test('rows that a program prints itself have no total: that is said, and nothing of a torn dump', (t) => {
  const trace = readCase(
    t,
    'esp-idf',
    '128, 0x3c0a1000, SPIRAM,   1,    3581913036, 0x4038e0c4, 0x42001122, 0x0, 0x0\n16, 0x3fcccd3c, Internal, 0, 1746480696, 0x4038e0c4, 0x0\n',
  );
  t.deepEqual(liveSum(trace), [2, 144]);
  t.deepEqual(
    trace.gaps.map(({ reason }) => reason),
    ['rows that a program printed itself, without a total: whether all are here is not told'],
  );
});

test('heap_caps_dump_all: blocks in use of two heaps, free ones are part of the area', (t) => {
  const trace = readCase(
    t,
    'heap-caps-dump',
    'Showing data for heap: 0x3fca0000 \nBlock 0x3fca0310 data, size: 40 bytes, Free: No \nBlock 0x3fca0340 data, size: 100 bytes, Free: No \n' +
      'Block 0x3fca03b0 data, size: 2000 bytes, Free: Yes \nShowing data for heap: 0x3fcb0000 \nBlock 0x3fcb0310 data, size: 8 bytes, Free: No \n',
  );
  t.deepEqual(liveSum(trace), [3, 148]);
  t.is(trace.info.contents, 'snapshot');
});

test('a backtrace that a terminal broke is whole', (t) => {
  const trace = readCase(
    t,
    'nuttx',
    'Dump all used memory node info:\n   PID        Size    Address Backtrace\n    35          64 0x3c55d4d8 0x2c5b0ef6 0x2c5a9bee 0x2c767c40\n' +
      ' 0x2c76dbb6 0x2c777ad4\n    36          64 0x3c55d518 0x2c5b0ef6 0x2c5a\n9bee 0x2c767c40\n  Total Blks  Total Size\n           2         128\n',
  );
  t.deepEqual(callers(trace, 0), [0x2c5b0ef6, 0x2c5a9bee, 0x2c767c40, 0x2c76dbb6, 0x2c777ad4]);
  t.deepEqual(callers(trace, 1), [0x2c5b0ef6, 0x2c5a9bee, 0x2c767c40]);
  t.true(trace.info.complete);
});

test('a table that is cut inside a row is not whole', (t) => {
  const cut = 'Used Heap Size: 12524\n  Chunk: 1  Address: 0x10000910  Size: 32\n  Chunk: 2  Address: 0x10000930  Si';
  const { trace } = decodeIn(formatById('heap-walk'), utf8(cut));
  t.false(trace.info.complete);
  const items = '[0x20003b58 -  512] tidle0\n[0x20003d68 -   1K] main\n[0x20004178 -  4';
  t.false(decodeIn(formatById('rt-thread'), utf8(items)).trace.info.complete);
});

test('a map without its title: the first block lies at offset 0 and is no refused request', (t) => {
  const trace = readCase(t, 'mem-info', `00000: h=BLhhhBDh=TBBhB${'.'.repeat(48)}\n00400: ${'.'.repeat(64)}\n`);
  t.deepEqual(liveSum(trace), [14, 256]);
  t.true([...trace.events.kind].every((kind) => kind === EventKind.alloc));
  t.true(codes(trace).includes('mem-info-offsets'));
});

test('mem_info() without the map is no heap without blocks', (t) => {
  const trace = readCase(t, 'mem-info', 'stack: 424 out of 15360\nGC: total: 102400, used: 8768, free: 93632\n');
  t.is(trace.info.contents, 'levels');
  t.is(trace.levels[0]?.freeBytes, 93632);
});

test('what was refused is no block', (t) => {
  const line =
    'E (1234) app: heap_caps_malloc was called but failed to allocate 4096 bytes with 0x1800 capabilities.\n';
  const trace = readCase(t, 'rust-alloc', line + line.replace('4096', '8192'));
  t.deepEqual(liveSum(trace), [0, 0]);
  t.deepEqual([...trace.events.kind], [EventKind.failed, EventKind.failed]);
});

test('an amount that was freed is no address', (t) => {
  const line = 'Task IGNITION TASK took 142 us, mem free pre gc: 47552 B post gc: 47744 B, freed 192 B\n';
  const trace = readCase(t, 'heap-levels', line + line.replace('47552', '47232'));
  t.deepEqual(
    trace.levels.map(({ freeBytes }) => freeBytes),
    [47552, 47232],
  );
});

test('ltrace: a call that another process interrupted, and one that never returned', (t) => {
  const log =
    'prog->malloc(64)                 = 0x55d0c2a0\nprog->malloc(32 <unfinished ...>\nlibc.so.6->free(0x55d0c2a0)      = <void>\n<... malloc resumed> )           = 0x55d0c300\n';
  const trace = readCase(t, 'call-log', log);
  t.deepEqual(liveBlocks(trace), { '0x55d0c300': 32 });
  t.true(trace.info.complete);
  t.false(readCase(t, 'call-log', `${log}prog->malloc(128 <unfinished ...>\n`).info.complete);
});

test('a list of addresses and sizes is no mtrace file', (t) => {
  t.is(detectFormat(utf8('- Address    Size\n- 0x20001000 64\n- 0x20001050 32\n'), true).id, 'csv');
});

test('a gdb log that is cut inside a backtrace says so', (t) => {
  const log =
    '\nBreakpoint 1, gc_log_change (start_block=0, length=2) at gc.c:106\n$1 = 0x0\n$2 = 0x2\n#1  0x0000a0b4 in gc_alloc (n_bytes=24) at gc.c:500\n#2  0x0000a1c0 in m_mal';
  const { trace } = decodeIn(formatById('gdb-log'), utf8(log));
  t.is(trace.eventCount, 1);
  t.regex(trace.gaps[0]?.reason ?? '', /inside a backtrace/);
  const whole = decodeIn(formatById('gdb-log'), utf8(`${log}loc (n=24) at malloc.c:86`)).trace;
  t.true(whole.info.complete);
});
