import test, { type ExecutionContext } from 'ava';
import { gdbLog } from '../../lib/formats/gdb-log.js';
import { detectFormat } from '../../lib/formats/registry.js';
import { EndCause, lifespans } from '../../lib/trace/lifespans.js';
import { backtraceOf, eventAt, type Trace } from '../../lib/trace/trace.js';
import { decodeIn, plain, utf8 } from '../support/decode-ways.js';
import { mutate, Random } from '../support/mutate.js';

/*
 * Two allocations of 2 and 4 blocks, then the first is freed: 64 B in 1 block live, taken by mp_map_init at map.c:95, three frames up.
 */
interface Shape {
  /** `Breakpoint 1, gc_log_change (start_block=0, length=2) at ../../py/gc.c:106` in another wording. */
  readonly hit?: (start: number, length: number) => string;
  readonly frame?: (level: number, text: string) => string;
}

const FRAMES = [
  '0x0000a0b4 in gc_alloc (n_bytes=24, has_finaliser=false) at ../../py/gc.c:500',
  '0x0000a1c0 in m_malloc (num_bytes=24) at ../../py/malloc.c:86',
  '0x0000b000 in mp_map_init (map=0x20000060, n=3) at ../../py/map.c:95',
];
const FREE_FRAMES = ['0x0000a0f4 in gc_free (ptr=0x20001000) at ../../py/gc.c:640'];
const PLAIN_HIT = (start: number, length: number) =>
  `Breakpoint 1, gc_log_change (start_block=${start}, length=${length}) at ../../py/gc.c:106`;

function log({ hit = PLAIN_HIT, frame = (level, text) => `#${level}  ${text}` }: Shape = {}): string {
  let values = 0;
  const event = (start: number, length: number, frames: readonly string[]) =>
    [
      '',
      hit(start, length),
      '106\t}',
      ...[start, length, 500].map((value) => `$${++values} = 0x${value.toString(16)}`),
      ...frames.map((text, i) => frame(i + 1, text)),
      '500\t    gc_log_change(start_block, end_block - start_block + 1);',
    ].join('\n');
  return `Breakpoint 1 at 0x8a5c: file ../../py/gc.c, line 106.
Breakpoint 2 at 0x1234: file ../../main.c, line 251.
${event(0, 2, FRAMES)}
${event(2, 4, FRAMES)}
${event(0, 0, FREE_FRAMES)}

Breakpoint 2, main () at ../../main.c:251
251\t        exit_code = run_repl();
`;
}

const styled = (text: string) =>
  text
    .replace(/(0x[0-9a-f]+) in (\w+) /, '\u001b[34m$1\u001b[m in \u001b[33m$2\u001b[m ')
    .replace(/ at (\S+)$/, ' at \u001b[32m$1\u001b[m');

const SHAPES: Readonly<Record<string, string>> = {
  'as gdb 8 writes it': log(),
  CRLF: log().replaceAll('\n', '\r\n'),
  'several locations': log({ hit: (...at) => PLAIN_HIT(...at).replace('Breakpoint 1,', 'Breakpoint 1.2,') }),
  'threads and locations': log({ hit: (...at) => `Thread 1 "a, hit b" hit ${PLAIN_HIT(...at).replace('1,', '1.1,')}` }),
  'arguments in the other order, with @entry': log({
    hit: (start, length) =>
      `Breakpoint 1, gc_log_change (length=${length}, start_block=start_block@entry=${start}) at prog.c:2`,
  }),
  'an address before the function': log({
    hit: (start, length) =>
      `Breakpoint 1, 0x00008a5c in gc_log_change (start_block=start_block@entry=${start}, length=length@entry=${length}) at gc.c:1`,
  }),
  'print entry-values only': log({
    hit: (start, length) =>
      `Breakpoint 1, gc_log_change (start_block@entry=${start}, length@entry=${length}) at gc.c:1`,
  }),
  'print entry-values both': log({
    hit: (start, length) =>
      `Breakpoint 1, gc_log_change (start_block=${start}, start_block@entry=7, length=${length}, length@entry=9) at gc.c:1`,
  }),
  'set output-radix 16': log({
    hit: (start, length) => `Breakpoint 1, gc_log_change (start_block=0x${start}, length=0x${length}) at gc.c:1`,
  }),
  'arguments optimized out': log({
    hit: () => 'Breakpoint 1, gc_log_change (start_block=<optimized out>, length=<optimized out>) at gc.c:1',
  }),
  'set print frame-arguments none': log({
    hit: () => 'Breakpoint 1, gc_log_change (start_block=..., length=...) at gc.c:1',
  }),
  'a wrapped head': log({ hit: (...at) => PLAIN_HIT(...at).replace(', length', ',\n    length') }),
  styled: log({
    hit: (...at) => `\u001b[m\n${PLAIN_HIT(...at)}`,
    frame: (level, text) => `#${level}  ${styled(text)}`,
  }),
  'styled, the escape characters lost': log({
    frame: (level, text) => `#${level}  ${styled(text)}`.replaceAll('\u001b', ''),
  }),
  pagination: log({
    frame: (level, text) =>
      level === 3
        ? `--Type <RET> for more, q to quit, c to continue without paging--#3  ${text}`
        : `#${level}  ${text}`,
  }),
  'older pagination, answered': log({
    frame: (level, text) =>
      level === 2 ? `---Type <return> to continue, or q <return> to quit---\n#2  ${text}` : `#${level}  ${text}`,
  }),
  'a prompt before each line': log().replace(/^/gm, '(gdb) '),
  'a monitor’s time stamps': log().replace(/^/gm, '12:34:56.789 > '),
  'warnings between': log().replaceAll('\n$', '\nwarning: Unable to restore previously selected frame.\n$'),
};

function live(trace: Trace): [number | undefined, number | undefined][] {
  const spans = lifespans(trace);
  const alive = Array.from({ length: spans.count }, (_, i) => i).filter((i) => spans.endCause[i] === EndCause.alive);
  return alive.map((i) => [spans.address[i], spans.sizeBytes[i]]);
}

function readsRight(t: ExecutionContext, text: string): void {
  const whole = decodeIn(gdbLog, utf8(text));
  const { trace } = whole;
  t.is(whole.error, undefined);
  t.is(trace.eventCount, 3);
  t.deepEqual(live(trace), [[32, 64]]);
  const frames = backtraceOf(trace, trace.events.stack[1] ?? -1);
  t.deepEqual(
    frames.map((frame) => `${frame.address.toString(16)} ${frame.functionName} ${frame.file}:${frame.line}`),
    ['a0b4 gc_alloc ../../py/gc.c:500', 'a1c0 m_malloc ../../py/malloc.c:86', 'b000 mp_map_init ../../py/map.c:95'],
  );
  t.true(trace.info.complete);
  t.is(trace.info.endReason, 'reached main');
  t.is(detectFormat(utf8(text), true).id, 'gdb-log');
  for (const chunk of [1, 7]) t.deepEqual(plain(decodeIn(gdbLog, utf8(text), {}, chunk)), plain(whole));
}

for (const [name, text] of Object.entries(SHAPES)) test(`gdb’s own variety: ${name}`, (t) => readsRight(t, text));

test('a breakpoint that was inlined in two places: 2 blocks live, the inlined caller without an address', (t) => {
  const event = (location: number, start: number, length: number, caller: string) => `
Breakpoint 1.${location}, gc_log_change (length=${length}, start_block=start_block@entry=${start}) at prog.c:2
2\t  nop
$1 = 0x${start}
$2 = 0x${length}
#0  gc_log_change (length=${length}, start_block=start_block@entry=${start}) at prog.c:2
#1  ${caller} (n=n@entry=${start}) at prog.c:3
#2  0x0000555555555146 in boot () at prog.c:6
`;
  const text = `Breakpoint 1 at 0x1129: prog.c:2. (2 locations)
${event(1, 0, 2, 'gc_alloc')}${event(1, 2, 2, 'gc_alloc')}${event(2, 0, 0, 'gc_free')}
Breakpoint 2, pyexec_friendly_repl () at prog.c:5
`;
  const { trace, error } = decodeIn(gdbLog, utf8(text));
  t.is(error, undefined);
  t.deepEqual(live(trace), [[32, 32]]);
  t.deepEqual(
    backtraceOf(trace, trace.events.stack[0] ?? -1).map((frame) => frame.functionName),
    ['gc_alloc', 'boot'],
  );
});

test('frames of Rust, C++, signal handlers and wrapped paths keep their names', (t) => {
  const text = `Breakpoint 1 at 0x8a5c: file ../../py/gc.c, line 106.

Breakpoint 1, gc_log_change (start_block=0, length=2) at ../../py/gc.c:106
#0  gc_log_change (start_block=0, length=2) at ../../py/gc.c:106
#1  0x0000a0b4 in gc_alloc (n_bytes=24) at ../../py/gc.c:500
#2  0x0000c000 in <T as core::convert::Into<U>>::into (self=...) at /rustc/a/mod.rs:716
#3  alloc::vec::Vec<u8, alloc::alloc::Global>::with_capacity_in (capacity=24, alloc=...) at /rustc/a/vec.rs:672
#4  0x0000c100 in app::net::{closure#0} (_1=<optimized out>, msg="bad :) at x:1") at src/net.rs:44
#5  0x0000c200 in std::function<void (int, char const*)>::operator()(int, char const*) const (this=0x2000, a=1) at f.h:591
#6  0x0000c300 in foo<(anonymous namespace)::Bar>(Bar (*)(int)) [clone .isra.0] (f=0x0)
    at ../../very/long
 path/foo.cpp:12
#7  <signal handler called>
#8  0xdeadbeee in ?? ()
Backtrace stopped: previous frame identical to this frame (corrupt stack?)
$1 = 0x0
$2 = 0x2
`;
  const { trace } = decodeIn(gdbLog, utf8(text));
  t.deepEqual(
    backtraceOf(trace, trace.events.stack[0] ?? -1).map((f) => [f.functionName, f.line]),
    [
      ['gc_alloc', 500],
      ['<T as core::convert::Into<U>>::into', 716],
      ['alloc::vec::Vec<u8, alloc::alloc::Global>::with_capacity_in', 672],
      ['app::net::{closure#0}', 44],
      ['std::function<void (int, char const*)>::operator()(int, char const*) const', 591],
      ['foo<(anonymous namespace)::Bar>(Bar (*)(int)) [clone .isra.0]', 12],
      ['<signal handler called>', 0],
      ['', 0],
    ],
  );
});

const MALLOC = (finish: boolean) => `Breakpoint 1 at 0x80012a4: file /src/newlib/malloc.c, line 160.
Breakpoint 2 at 0x80012d0: file /src/newlib/malloc.c, line 180.

Breakpoint 1, malloc (nbytes=64) at /src/newlib/malloc.c:160
160\t  return _malloc_r (_REENT, nbytes);
$1 = 64
$2 = 536877568
#0  malloc (nbytes=64) at /src/newlib/malloc.c:160
#1  0x08000456 in make_buffer (n=64) at src/buf.c:12
${finish ? 'Run till exit from #0  malloc (nbytes=64) at /src/newlib/malloc.c:160\nValue returned is $3 = (void *) 0x20001a40\n' : ''}
Breakpoint 3, _malloc_r (reent_ptr=0x20000100 <impure_data>, nbytes=24) at /src/newlib/mallocr.c:20
#0  _malloc_r (reent_ptr=0x20000100 <impure_data>, nbytes=24) at /src/newlib/mallocr.c:20
#1  0x08000476 in make_node () at src/node.c:9
${finish ? 'Value returned is $4 = (void *) 0x20001a88\n' : ''}
Breakpoint 2, free (addr=0x20001a40) at /src/newlib/malloc.c:180
#0  free (addr=0x20001a40) at /src/newlib/malloc.c:180
#1  0x08000490 in drop_buffer () at src/buf.c:20
`;

test('breakpoints on malloc and free are read as such: sizes from the arguments, never block numbers from the values', (t) => {
  const { trace, error } = decodeIn(gdbLog, utf8(MALLOC(false)));
  t.is(error, undefined);
  const events = [0, 1, 2].map((seq) => eventAt(trace, seq));
  t.deepEqual(
    events.map(({ kind }) => kind),
    ['alloc', 'alloc', 'free'],
  );
  t.deepEqual([...trace.events.sizeBytes.slice(0, 2)], [64, 24]);
  t.false(trace.info.hasAddresses);
  t.is(trace.info.sizeKind, 'requested');
  t.false(trace.info.complete, 'without addresses nobody knows what is alive');
  t.regex(trace.gaps[0]?.reason ?? '', /2 of 2 allocations without the address/);
});

test('what finish prints is the address, and then the live blocks are known', (t) => {
  const { trace } = decodeIn(gdbLog, utf8(MALLOC(true)));
  t.deepEqual(live(trace), [[0x20001a88, 24]]);
  t.true(trace.info.complete);
  t.true(trace.info.hasAddresses);
});

test('malloc that calls _malloc_r is one allocation', (t) => {
  const text = `Breakpoint 1, malloc (size=8) at m.c:1
#1  0x1 in main () at main.c:3
Value returned is $1 = (void *) 0x20001000

Breakpoint 2, _malloc_r (r=0x20000000, n=8) at m.c:9
#1  0x2 in malloc (size=8) at m.c:1
#2  0x1 in main () at main.c:3
`;
  const { trace } = decodeIn(gdbLog, utf8(text));
  t.is(trace.eventCount, 1);
});

test('a log without an event of the heap is an error that names what was hit', (t) => {
  const setOnly = 'Breakpoint 1 at 0x8a5c: file gc.c, line 106.\n[Inferior 1 (Remote target) exited normally]\n';
  t.regex(decodeIn(gdbLog, utf8(setOnly)).error?.message ?? '', /found no breakpoint that was hit/);
  const other = 'Breakpoint 1, my_hook (a=5, b=6) at my.c:3\n$1 = 5\n$2 = 536877568\n#1  0x1 in main () at main.c:3\n';
  const { trace, error } = decodeIn(gdbLog, utf8(other));
  t.is(trace.eventCount, 0);
  t.is(error?.code, 'HH1413');
  t.regex(error?.message ?? '', /my_hook/);
  const noArguments =
    'Breakpoint 1, 0x08000123 in malloc ()\n$1 = 64\n$2 = 536877568\n#1  0x1 in main () at main.c:3\n';
  t.is(decodeIn(gdbLog, utf8(noArguments)).error?.code, 'HH1413');
});

test('a log that ends inside its first event has no event of an absurd size', (t) => {
  const first = log().slice(0, log().indexOf('\n\nBreakpoint 1, gc_log_change (start_block=2'));
  const longest = 2 * 16;
  for (let end = 0; end < first.length; end++) {
    const { trace } = decodeIn(gdbLog, utf8(first.slice(0, end)));
    for (const size of trace.events.sizeBytes) t.is(size, longest, first.slice(0, end).slice(-60));
    if (trace.eventCount === 0 && trace.gaps.length > 0) t.false(trace.info.complete);
  }
  const absurd = decodeIn(
    gdbLog,
    utf8('Breakpoint 1, gc_log_change (start_block=0, length=536877568) at gc.c:1\n#1  0x1 in f () at a.c:1\n'),
  );
  t.is(absurd.trace.eventCount, 0);
  t.false(absurd.trace.info.complete);
});

test('mutated logs never crash the reader', (t) => {
  const random = new Random(24);
  const inputs = [...Object.values(SHAPES), MALLOC(true)].map(utf8);
  for (let i = 0; i < 600; i++) {
    const { trace } = decodeIn(gdbLog, mutate(inputs[i % inputs.length] ?? utf8(''), random));
    t.true(trace.eventCount <= 40);
  }
});

/** `[start, length]` as gdb's own line shows them, and as the script printed them. */
type Shown = readonly [shown: readonly [number, number], printed: readonly [number, number]];

const printedLog = (events: readonly Shown[]) =>
  events
    .map(
      ([[start, length], printed], i) =>
        `Breakpoint 1, gc_log_change (start_block=${start}, length=${length}) at gc.c:106\n$${2 * i + 1} = ${printed[0]}\n$${2 * i + 2} = ${printed[1]}\n#1  0x0000a0b4 in gc_alloc (n=1) at gc.c:500\n`,
    )
    .join('');
const placesOf = (text: string) => {
  const { trace } = decodeIn(gdbLog, utf8(text));
  const { address, sizeBytes } = trace.events;
  return {
    places: Array.from({ length: trace.eventCount }, (_, i) => [(address[i] ?? 0) / 16, (sizeBytes[i] ?? 0) / 16]),
    notes: trace.notes.map(({ code }) => code),
  };
};

test('wrong arguments in gdb’s line, right printed values: one that happens to be the other way round changes nothing', (t) => {
  // The second event is printed as 3 blocks from block 2; gdb's line says, wrongly, 2 blocks from block 3.
  const events: Shown[] = [
    [
      [7, 7],
      [0, 2],
    ],
    [
      [3, 2],
      [2, 3],
    ],
    [
      [2, 0],
      [5, 1],
    ],
  ];
  t.deepEqual(placesOf(printedLog(events)), {
    places: [
      [0, 2],
      [2, 3],
      [5, 1],
    ],
    notes: ['gdb-printed-values'],
  });
});

test('a script that prints the length first is one that does so in every event', (t) => {
  const events: Shown[] = [
    [
      [0, 2],
      [2, 0],
    ],
    [
      [2, 3],
      [3, 2],
    ],
    // Wrong in gdb's line, and printed like the others: length 1, start 5.
    [
      [9, 9],
      [1, 5],
    ],
  ];
  t.deepEqual(placesOf(printedLog(events)), {
    places: [
      [0, 2],
      [2, 3],
      [5, 1],
    ],
    notes: ['gdb-printed-values'],
  });
});

test('a log of malloc is told from heap levels by its hits, also where free is called with an address', (t) => {
  const text = readsMalloc();
  t.is(detectFormat(utf8(text), true).id, 'gdb-log');
});

function readsMalloc(): string {
  return (
    'Breakpoint 1, malloc (nbytes=64) at /src/newlib/malloc.c:160\n160\t  return _malloc_r (_REENT, nbytes);\n' +
    '#0  malloc (nbytes=64) at /src/newlib/malloc.c:160\n#1  0x08000456 in make_buffer (n=64) at src/buf.c:12\n\n' +
    'Breakpoint 2, free (addr=0x20001a40) at /src/newlib/malloc.c:180\n180\t  _free_r (_REENT, aptr);\n' +
    '#0  free (addr=0x20001a40) at /src/newlib/malloc.c:180\n#1  0x08000490 in drop_buffer () at src/buf.c:20\n'
  );
}
