import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { callsIn } from '../../lib/formats/host/call-line.js';
import { detectFormat } from '../../lib/formats/registry.js';
import type { Trace } from '../../lib/trace/trace.js';
import { framesOf, liveBlocks, readCase } from '../support/case-trace.js';
import { utf8 } from '../support/decode-ways.js';

const read = (t: ExecutionContext, text: string): Trace => readCase(t, 'call-log', text);
const lost = (trace: Trace) => trace.gaps.reduce((sum, { lostEvents = 0 }) => sum + lostEvents, 0);

test('RIOT malloc_tracing: the place of a call stands before its result, and is the caller', (t) => {
  const trace = read(
    t,
    `main(): This is RIOT!
calloc(1, 36) @0x8001737 returned 0x20001cf0
.calloc(1, 36) @0x8001737 returned 0x20001d18
.malloc(100) @0x8001741 returned 0x20001e00
free(0) @0x80017f7)
free(0x20001d18) @0x80017fd)
realloc(0x20001e00, 200) @0x8001739 returned 0x20001f00
`,
  );
  t.deepEqual(liveBlocks(trace), { '0x20001cf0': 36, '0x20001f00': 200 });
  t.deepEqual([...trace.events.kind], [0, 0, 0, 1, 3]);
  t.deepEqual(framesOf(trace, 2), ['0x8001741']);
  t.deepEqual(framesOf(trace, 3), ['0x80017fd']);
  t.true(trace.info.complete);
});

test('the result may stand before the call', (t) => {
  const trace = read(
    t,
    '0x200001f0 = malloc(32) [main.c:31]\n0x20000210 = malloc(64) [net.c:12]\nfree(0x200001f0) [main.c:40]\n',
  );
  t.deepEqual(liveBlocks(trace), { '0x20000210': 64 });
});

test('addresses without 0x have eight digits, as %p of ARM and IAR, and a note says so', (t) => {
  const trace = read(t, 'malloc(32)=200001f0\nmalloc(64)=20000210\nrealloc(20000210, 128)=20000400\nfree(200001f0)\n');
  t.deepEqual(liveBlocks(trace), { '0x20000400': 128 });
  t.deepEqual(
    trace.notes.map(({ code }) => code),
    ['call-log-bare'],
  );
});

test('a size is what the signature says: not the line, the capabilities or the heap behind or before it', (t) => {
  const trace = read(
    t,
    `malloc(32, "main.c", 31) = 0x20000100
heap_caps_malloc(48, 0x1800) = 0x20000200
_malloc_r(0x20000010, 64) = 0x20000300
tlsf_malloc(0x20000020, 80) = 0x20000400
malloc(size=96, caller=0x08001234) = 0x20000500
_calloc_r(0x20000010, 4, 28) = 0x20000600
_realloc_r(0x20000010, 0x20000300, 128) = 0x20000700
malloc("net", 144) = 0x20000800
_free_r(0x20000010, 0x20000600)
tlsf_free(0x20000020, 0x20000400)
operator new[](160) = 0x20000900
`,
  );
  t.deepEqual(liveBlocks(trace), {
    '0x20000100': 32,
    '0x20000200': 48,
    '0x20000500': 96,
    '0x20000700': 128,
    '0x20000800': 144,
    '0x20000900': 160,
  });
  t.true(trace.info.complete);
});

test('realloc of (nil) is an allocation, and (nil) as a result a refused one', (t) => {
  const trace = read(
    t,
    'realloc((nil), 64) = 0x20000100\nmalloc(16) = 0x20000200\nmalloc(99) = (nil)\nmalloc(98) failed\nfree((nil))\n',
  );
  t.deepEqual(liveBlocks(trace), { '0x20000100': 64, '0x20000200': 16 });
  t.deepEqual([...trace.events.kind], [0, 0, 4, 4]);
});

const LOG = 'malloc(32) = 0x20000100\nmalloc(64) = 0x20000200\n';

for (const [line, count] of [
  ['malloc(16)=0x200malloc(8)=0x20000400', 1],
  ['malloc(16', 1],
  ['malloc(16)', 1],
  ['malloc(16) ok, block 0x20000300', 1],
  ['free(0x2000 0100)', 1],
  ['malloc(size) = 0x20000300', 1],
  ['realloc(0x20000100, 64) =', 1],
  ['[task] malloc(16) calloc(2, 8)', 2],
] as const)
  test(`a call that was logged and cannot be read is a gap: ${line}`, (t) => {
    const trace = read(t, `${LOG}${line}\nfree(0x20000200)\n`);
    t.is(lost(trace), count);
    t.false(trace.info.complete);
    t.deepEqual(liveBlocks(trace), { '0x20000100': 32 });
  });

for (const line of [
  'char *p = malloc(16);',
  'if (malloc(16) == NULL) {',
  'out of memory in malloc(size)',
  'the call malloc(16) comes from the driver',
  'heap: free(12000) total(34000)',
])
  test(`a call that a text only mentions is no event and no gap: ${line}`, (t) => {
    const trace = read(t, `${LOG}${line}\nfree(0x20000200)\n`);
    t.deepEqual(liveBlocks(trace), { '0x20000100': 32 });
    t.true(trace.info.complete);
  });

test('several calls on a line are several events; an outer call has the result of its inner one', (t) => {
  const trace = read(
    t,
    `${LOG}free(0x20000100) malloc(16) = 0x20000100\npvPortMalloc(24) -> malloc(24) = 0x20000300\n`,
  );
  t.deepEqual(liveBlocks(trace), { '0x20000100': 16, '0x20000200': 64, '0x20000300': 24 });
  t.true(trace.info.complete);
});

test('requests that were refused make no log of calls: the levels of such a log are what it tells', (t) => {
  const log = Array.from({ length: 8 }, (_, i) => `Free heap: ${9000 - i}\nmalloc(512) failed\n`).join('');
  t.is(detectFormat(utf8(log), true).id, 'heap-levels');
});

test('wrappers of the linker, aligned blocks, and what does not say how large its block is', (t) => {
  const trace = read(
    t,
    `__wrap_malloc(64) => 0x20001000
__wrap__malloc_r(12) => 0x20001040
aligned_alloc(16, 80) = 0x20002000
heap_caps_aligned_alloc(4, 24, 0x1800) = 0x20003000
__wrap__free_r(0x20000010, 0x20001040)
`,
  );
  t.deepEqual(liveBlocks(trace), { '0x20001000': 64, '0x20002000': 80, '0x20003000': 24 });
  t.true(trace.info.complete);
  t.is(lost(read(t, `${LOG}strdup("abc") = 0x20004000\n`)), 1);
});

test('a damaged call is no wrapper by a name of its own', (t) => {
  t.deepEqual(read(t, `${LOG}malloc(64) = 0x3ffI (3) wifi: x\n`).notes, []);
});

test('wrappers by a name of their own are not read, and that is said', (t) => {
  const trace = read(t, `${LOG}net_alloc_buf(64) = 0x20001000\n`);
  t.is(trace.eventCount, 2);
  t.true(trace.info.complete);
  t.true(trace.notes.some(({ code, text }) => code === 'call-log-others' && text.includes('net_alloc_buf')));
});

test('a plain line is read as the same line with a blank behind it, which is read in the general way', (t) => {
  const name = fc.constantFrom(
    'malloc',
    'free',
    'pvPortMalloc',
    'vPortFree',
    '_free_r',
    '_malloc_r',
    'realloc',
    'calloc',
    'strdup',
    'f',
  );
  const number = fc.oneof(
    fc.constantFrom('0', '0x0', '64', '12000'),
    fc.integer({ min: 1, max: 2 ** 32 }).map((n) => `0x${n.toString(16)}`),
  );
  const result = fc.oneof(
    fc.constantFrom('', ' = 0x0', ' -> 0x20001000', ' = 12'),
    number.map((n) => ` = ${n}`),
  );
  fc.assert(
    fc.property(name, number, result, (function_, list, behind) => {
      const line = `${function_}(${list})${behind}`;
      t.deepEqual(callsIn(line), callsIn(`${line} `), line);
    }),
  );
});
