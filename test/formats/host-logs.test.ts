import test from 'ava';
import { framesOf, liveBlocks, liveSum, readCase } from '../support/case-trace.js';

const MTRACE = `= Start
@ bin/app:(log_init+0x1c)[0x410a50] + 0xc027b0 0x10
@ /lib/libc.so.6:(__strdup+0x22)[0x81022] + 0xc027d0 0xf
@ /lib/libc.so.6:[0x66e8b] + 0xc027f0 0x238
@ bin/app:(log_grow+0x30)[0x410b00] < 0xc027b0
@ bin/app:(log_grow+0x30)[0x410b00] > 0xc02a30 0x40
@ /lib/libc.so.6:[0x66e8b] - 0xc027f0
@ ./app:[0x400cdf] - 0x1
= End
`;

test('mtrace: what was not freed, with the function that asked for it', (t) => {
  const trace = readCase(t, 'mtrace', MTRACE);
  t.deepEqual(liveBlocks(trace), { '0xc027d0': 15, '0xc02a30': 64 });
  t.deepEqual([...trace.events.kind], [0, 0, 0, 3, 1, 1]);
  t.deepEqual(framesOf(trace, 0), ['log_init@:0']);
  t.deepEqual(framesOf(trace, 2), ['libc.so.6@:0']);
  t.deepEqual(framesOf(trace, 5), ['0x400cdf']);
});

test('mtrace: an offset in a library is not given a name of the firmware', (t) => {
  const resolve = (address: number) => [{ address, functionName: 'wrong', file: '', line: 0 }];
  const trace = readCase(t, 'mtrace', MTRACE, { resolve });
  t.deepEqual(framesOf(trace, 2), ['libc.so.6@:0']);
  t.deepEqual(framesOf(trace, 5), ['wrong@:0']);
});

const RUST = `TRACE pal_nrf::heap > alloc 7 bytes (53828 free)
TRACE pal_nrf::heap > alloc 3 bytes (53820 free)
TRACE pal_nrf::heap > alloc 164 bytes (53812 free)
TRACE pal_nrf::heap > free 3 bytes (53648 free)
TRACE pal_nrf::heap > free 7 bytes (53656 free)
`;

test('Rust allocator log: 164 bytes are alive', (t) => {
  const trace = readCase(t, 'rust-alloc', RUST);
  t.deepEqual(liveSum(trace), [1, 164]);
  t.false(trace.info.hasAddresses);
});

test('Rust allocator log: what is resized or zeroed counts, another wording of it is a gap', (t) => {
  const trace = readCase(
    t,
    'rust-alloc',
    'alloc 7 bytes\nalloc_zeroed 16 bytes\nrealloc 7 to 128 bytes\nfree 16 bytes\n',
  );
  t.deepEqual(liveSum(trace), [1, 128]);
  t.true(trace.info.complete);
  t.false(readCase(t, 'rust-alloc', 'alloc 7 bytes\nalloc 8 bytes\nrealloc old=7 new=128\n').info.complete);
});

test('gcc4mbed heap walk: two used chunks, the free one is part of the heap and no allocation', (t) => {
  const text = `Used Heap Size: 12524
  Chunk: 1  Address: 0x10000910  Size: 32  
  Chunk: 2  Address: 0x10000930  Size: 520  CHUNK FREE
  Chunk: 3  Address: 0x10000b38  Size: 188  
`;
  const trace = readCase(t, 'heap-walk', text);
  t.deepEqual(liveBlocks(trace), { '0x10000910': 32, '0x10000b38': 188 });
  t.is(trace.info.contents, 'snapshot');
  // By hand: 0x10000b38 + 188 - 0x10000910 = 740 bytes, 520 of which are free.
  t.deepEqual(
    trace.regions.map(({ baseAddress, sizeBytes }) => [baseAddress, sizeBytes]),
    [[0x10000910, 740]],
  );
});

const LTRACE = `malloc(64) = 0x55d0c2a0
12 malloc(32 <unfinished ...>
13 free(0x55d0c2a0) = <void>
`;

test('call log: a call that never returned is told once, also before a last line that is torn', (t) => {
  const { gaps } = readCase(t, 'call-log', `${LTRACE}malloc(16) = 0x55d`);
  t.deepEqual(
    gaps.map(({ reason, lostEvents }) => [reason, lostEvents]),
    [
      ['calls that never returned', 1],
      ['torn tail: the last line has no end, its numbers may be cut', 1],
    ],
  );
});

test('call log: the result of a resumed call is not believed when its line is torn', (t) => {
  const whole = readCase(t, 'call-log', `${LTRACE}12 <... malloc resumed> ) = 0x55d0c300\n`);
  t.deepEqual(liveBlocks(whole), { '0x55d0c300': 32 });
  t.deepEqual(whole.gaps, []);
  const torn = readCase(t, 'call-log', `${LTRACE}12 <... malloc resumed> ) = 0x55d0`);
  t.deepEqual(liveBlocks(torn), {});
  t.false(torn.info.complete);
  // Of another function than an allocator's nothing is lost.
  const other = readCase(
    t,
    'call-log',
    `${LTRACE}12 <... malloc resumed> ) = 0x55d0c300\n13 <... write resumed> ) = 5`,
  );
  t.deepEqual(other.gaps, []);
});

test('mtrace: names that a demangler wrote are read, a line that lost its end is a gap', (t) => {
  const names = readCase(
    t,
    'mtrace',
    '= Start\n@ ./app:(std::vector<int>::reserve(unsigned long)+0x18)[0x7f01] + 0x1020 0x20\n@ ./app:(put(char const*)+0x18)[0x7f05] + 0x1040 0x8\n@ ./app:(drop(void*)+0x1)[0x7f09] - 0x1020\n= End\n',
  );
  t.deepEqual(liveBlocks(names), { '0x1040': 8 });
  t.deepEqual(framesOf(names, 0), ['std::vector<int>::reserve(unsigned long)@:0']);
  t.true(names.info.complete);
  const cut = readCase(
    t,
    'mtrace',
    '@ ./a:[0x4] + 0x1000 0x10\n@ ./a:[0x4] + 0x1020 0x\n@ ./a:[0x4] - 0x1000\n@ ./a:[0x4] + 0x10\n@ ./a:[0x4] - 0x1000\n',
  );
  t.is(cut.gaps.length, 2);
});

for (const [id, text, damaged] of [
  [
    'heap-caps-dump',
    'Block 0x3ffae6f0 data, size: 196 bytes, Free: No\nBlock 0x3ffae7b8 data, size: 6 bytes, Free: Yes\n',
    'Block 0x3ffae7c8 data, size: 6 byI (123) wifi: x\nes, Free: No\n',
  ],
  [
    'heap-walk',
    'Used Heap Size: 12524\n  Chunk: 1  Address: 0x10000910  Size: 32  \n  Chunk: 2  Address: 0x10000930  Size: 520  CHUNK FREE\n',
    '  Chunk: 3  Address: 0x10000b38  Si\n',
  ],
  [
    'nuttx-mm',
    'mm_malloc: Allocated 0x20024300, size 64\nmm_free: Freeing 0x20024300\n',
    'mm_malloc: Allocated 0x20024380, si\n',
  ],
  [
    'realtek',
    '[trace_malloc] pvAddress:0x10001000, uiSize:64\n[trace_free] pvAddress:0x10001000, uiSize:64\n',
    '[trace_malloc] pvAddress:0x100[trace_free] pvAddress:\n',
  ],
] as const)
  test(`a record that was damaged on its way is a gap: ${id}`, (t) => {
    const whole = readCase(t, id, text);
    t.true(whole.info.complete);
    const [first = '', ...rest] = text.split(/(?<=\n)/);
    const trace = readCase(t, id, first + (id === 'heap-walk' ? rest.shift() : '') + damaged + rest.join(''));
    t.is(trace.eventCount, whole.eventCount);
    t.is(trace.gaps.length, 1);
    t.false(trace.info.complete);
  });
