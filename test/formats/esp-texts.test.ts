import test from 'ava';
import { framesOf, liveBlocks, liveSum, readCase } from '../support/case-trace.js';

const HOOK = `I (1182749) heap: free_internal_heap: 218063 bytes, delta: 0 bytes
W (1223879) alloc: 0x3fcc9258 allocated 124 bytes

Backtrace: 0x40377097:0x3FCB3B80 0x403760E2:0x3FCB3BA0 0x42009abc:0x3FCB3BD0 0x420AF655:0x3FCB3C10 |<-CONTINUES
0x40377097: esp_heap_trace_alloc_hook at C:/src/app/main/mesh_main.c:469
0x403760e2: heap_caps_malloc_base at C:/src/esp-idf/components/heap/heap_caps.c:183 (discriminator 1)
0x42009abc: coex_wrapper at C:/src/esp-idf/components/esp_coex/esp_coex_adapter.c:128
0x420af655: esf_buf_alloc_dynamic at ??:?

W (1223890) free: 0x3fcc9258 freed
W (1223895) alloc: 0x3fcc9300 allocated 16 bytes
I (1223899) heap: free_internal_heap: 218063 bytes, delta: 0 bytes
`;

test('IDF hooks: an allocation with its backtrace, a free, and one without', (t) => {
  const trace = readCase(t, 'idf-hook', HOOK);
  t.deepEqual([...trace.events.kind], [0, 1, 0]);
  t.deepEqual(liveBlocks(trace), { '0x3fcc9300': 16 });
  t.is(trace.events.sizeBytes[0], 124);
  t.deepEqual(framesOf(trace, 0), [
    'esp_heap_trace_alloc_hook@C:/src/app/main/mesh_main.c:469',
    'heap_caps_malloc_base@C:/src/esp-idf/components/heap/heap_caps.c:183',
    'coex_wrapper@C:/src/esp-idf/components/esp_coex/esp_coex_adapter.c:128',
    'esf_buf_alloc_dynamic@:0',
  ]);
  t.deepEqual(framesOf(trace, 2), []);
});

test('IDF hooks: a free that tells its size frees the block, not an address of that size', (t) => {
  const trace = readCase(
    t,
    'idf-hook',
    'Allocated 32 bytes at 0x200001f0\nAllocated 64 bytes @ 0x20000210\nFreed 32 bytes at 0x200001f0\nFreed 0x20000300 (8 bytes)\n',
  );
  t.deepEqual(liveBlocks(trace), { '0x20000210': 64 });
  t.deepEqual([...trace.events.address], [0x200001f0, 0x20000210, 0x200001f0, 0x20000300]);
});

test('IDF hooks: another wording of an event is a gap, figures of the heap are not', (t) => {
  const log =
    '0x3fcc9258 allocated 124 bytes\nallocated 64 bytes for the queue: 0x3fcc9300\nfreed the block 0x3fcc9258\n';
  const trace = readCase(t, 'idf-hook', log);
  t.deepEqual(liveBlocks(trace), { '0x3fcc9258': 124 });
  t.is(trace.gaps.length, 2);
  const plain = '0x3fcc9258 allocated 124 bytes\ngc: 47552 B allocated, freed 192 bytes\n';
  t.true(readCase(t, 'idf-hook', plain).info.complete);
});

const SYSVIEW = `Parse trace from 'heap_log.svdat'...
[0.002244575] LOG: I (59369) example: Created task 0x3ffaf2a4
[0.002272225] HEAP: Allocated 8 bytes @ 0x3ffaff6c from task "main" on core 0 by:
/home/u/esp/app/main/heap_log.c:85
/home/u/esp/esp-idf/components/esp32/cpu_start.c:570

[0.002307300] HEAP: Allocated 2500 bytes @ 0x3ffb580c from task "main" on core 0 by:
/home/u/esp/esp-idf/components/freertos/tasks.c:804
/home/u/esp/app/main/heap_log.c:84 (discriminator 2)

[0.002800000] HEAP: Freed bytes @ 0x3ffaff6c from task "main" on core 0 by:
/home/u/esp/app/main/heap_log.c:90

Processing completed.
Processed 1019 events
=============== HEAP TRACE REPORT ===============
Processed 3 heap events.
[0.002307300] HEAP: Allocated 2500 bytes @ 0x3ffb580c from task "main" on core 0 by:
/home/u/esp/esp-idf/components/freertos/tasks.c:804
/home/u/esp/app/main/heap_log.c:84 (discriminator 2)

Found 2500 leaked bytes in 1 blocks.
`;

test('sysviewtrace: the events once, not again from the report; 2,500 bytes in one block are left', (t) => {
  const trace = readCase(t, 'sysviewtrace', SYSVIEW);
  t.deepEqual([...trace.events.kind], [0, 0, 1]);
  t.deepEqual(liveBlocks(trace), { '0x3ffb580c': 2500 });
  t.is(trace.events.atUs?.[1], 2307.3);
  t.deepEqual(trace.info.taskNames, { 1: 'main' });
  t.deepEqual(framesOf(trace, 1), [
    '@/home/u/esp/esp-idf/components/freertos/tasks.c:804',
    '@/home/u/esp/app/main/heap_log.c:84',
  ]);
  t.deepEqual(trace.gaps, []);
});

test('sysviewtrace: a report without the events is a snapshot, and its total is checked', (t) => {
  const report = SYSVIEW.slice(SYSVIEW.indexOf('======='));
  const trace = readCase(t, 'sysviewtrace', report);
  t.is(trace.info.contents, 'leaks');
  t.deepEqual(liveBlocks(trace), { '0x3ffb580c': 2500 });
  t.deepEqual(trace.gaps, []);
  t.is(readCase(t, 'sysviewtrace', report.replace('Found 2500', 'Found 9999')).gaps.length, 1);
});

test('sysviewtrace JSON: the same events', (t) => {
  const event = (size: number, addr: string, ts: number) => ({
    addr,
    callers: ['0x400d276d', '0x400d27c1'],
    core_id: 0,
    ctx_name: 'main',
    id: size > 0 ? 512 : 513,
    in_irq: false,
    size,
    ts,
  });
  const log = { ctx_name: 'main', in_irq: false, id: 26, core_id: 0, ts: 0.001, msg: 'hello', lvl: 0 };
  const events = [
    log,
    event(8, '0x3ffaff6c', 0.002272225),
    event(2500, '0x3ffb580c', 0.0023073),
    event(0, '0x3ffaff6c', 0.0028),
  ];
  const trace = readCase(
    t,
    'sysviewtrace-json',
    JSON.stringify({ events, streams: { heap: { alloc: 512 } }, version: '1.0' }, undefined, 4),
  );
  t.deepEqual([...trace.events.kind], [0, 0, 1]);
  t.deepEqual(liveBlocks(trace), { '0x3ffb580c': 2500 });
  t.deepEqual(framesOf(trace, 0), ['0x400d276d', '0x400d27c1']);
  t.is(Math.round(trace.events.atUs?.[1] ?? 0), 2307);
});

const ESP8266 = `I (1024) heap_trace: 

I (1030) heap_trace: mem @0x3fff1a20 size 64 caller file mqtt_client.c line 210
I (1034) heap_trace: mem @0x3fff1a80 size 132 caller func 0x40213f21
I (1040) heap_trace: mem @0x3fff1b40 size 24 caller file transport.c line 77
`;

test('ESP8266_RTOS_SDK: 220 bytes in three blocks, by file and line or by function', (t) => {
  const trace = readCase(t, 'esp8266-rtos', ESP8266);
  t.deepEqual(liveSum(trace), [3, 220]);
  t.is(trace.info.contents, 'snapshot');
  t.deepEqual([framesOf(trace, 0), framesOf(trace, 1)], [['@mqtt_client.c:210'], ['0x40213f21']]);
});

test('ESP8266_RTOS_SDK: freed pieces are no allocations, and a block that is listed again is another dump', (t) => {
  const all = ESP8266.replaceAll(/size (\d+) caller/g, 'size $1 is used caller');
  const trace = readCase(t, 'esp8266-rtos', `${all}heap_trace: mem @0x3fff1c00 size 512 is freed\n${all}`);
  t.deepEqual(liveSum(trace), [3, 220]);
  t.is(trace.epochs.length, 1);
  t.deepEqual(trace.regions[0]?.baseAddress, 0x3fff1a20);
});

const OVMS = `OVMS > module memory tiT
============================
Free 8-bit 74380/147632, 32-bit 21988/48772, blocks dumped = 3
task=tiT             total=    108   1436      0 change=    +76  +1184     +0
============================
+ t=tiT s=  16 a=0x3ffcc3fc  3FFE369C 00000190 401B5E68 00000000 BAAD5678 3FFCC434 ABBA1234 3FFCD394
+ t=tiT s=  16 a=0x3ffcc420  3FFE5E74 00000064 401B5E28 00000000 BAAD5678 3FFCC454 ABBA1234 3FFCD394
+ t=tiT s=  12 a=0x3ffcc444  3FFE5FF0 3FFE5FF0 00000000 BAAD5678
`;

test('OVMS: three blocks of 44 bytes of task tiT, and how full the memories are', (t) => {
  const trace = readCase(t, 'ovms', OVMS);
  t.deepEqual(liveSum(trace), [3, 44]);
  t.deepEqual(trace.info.taskNames, { 1: 'tiT' });
  t.deepEqual(
    trace.levels.map(({ memory, freeBytes, totalBytes }) => [memory, freeBytes, totalBytes]),
    [
      ['8-bit', 74380, 147632],
      ['32-bit', 21988, 48772],
    ],
  );
});

test('sysviewtrace: output without the report that ends it is incomplete', (t) => {
  const trace = readCase(t, 'sysviewtrace', SYSVIEW.slice(0, SYSVIEW.indexOf('Processing completed.')));
  t.is(trace.eventCount, 3);
  t.false(trace.info.complete);
});

test('IDF hooks and sysviewtrace: an event that was damaged on its way is a gap', (t) => {
  const log =
    'W (1) alloc: 0x3fcc9258 allocated 124 bytes\nW (2) alloc: 0x3fcc9300 allocI (3) wifi: x\nated 16 bytes\nW (4) free: 0x3fcc9258 freed\nW (5) free: 0x3fcc93\n';
  t.is(readCase(t, 'idf-hook', log).gaps.length, 2);
  t.true(readCase(t, 'idf-hook', HOOK).info.complete);
  const cut = SYSVIEW.replace('Allocated 2500 bytes @ 0x3ffb580c from task "main" on core 0 by:', 'Allocated 25');
  t.true(readCase(t, 'sysviewtrace', cut).gaps.some(({ reason }) => reason.startsWith('an event that cannot be read')));
});
