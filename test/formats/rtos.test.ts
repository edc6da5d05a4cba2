import test from 'ava';
import { heapLeaks } from '../../lib/analysis/leaks.js';
import { framesOf, liveBlocks, liveSum, readCase } from '../support/case-trace.js';

const MM_DEBUG = `[    0.000000] Idle_Task: mm_initialize_heap: Heap: name=Umem, start=0x200243c8 size=359480
[    0.000000] Idle_Task: mm_addregion: Region 1: base=0x20024538 size=359112
[    0.000000] Idle_Task: mm_malloc: Allocated 0x20024548, size 72
[    0.000000] Idle_Task: mm_malloc: Allocated 0x20024590, size 48
[    0.010000] nsh_main: mm_free: Freeing 0x20024548
`;

test('NuttX mm debug: two allocations, one free, 48 bytes alive, the region with its bounds', (t) => {
  const trace = readCase(t, 'nuttx-mm', MM_DEBUG);
  t.deepEqual(liveBlocks(trace), { '0x20024590': 48 });
  t.is(trace.eventCount, 3);
  t.deepEqual(
    trace.regions.map(({ name, baseAddress, sizeBytes }) => [name, baseAddress, sizeBytes]),
    [['1', 0x20024538, 359112]],
  );
});

test('NuttX mm debug: a refused request is one', (t) => {
  const trace = readCase(t, 'nuttx-mm', `${MM_DEBUG}nsh_main: mm_malloc: WARNING: Allocation failed, size 4096\n`);
  t.is(trace.events.kind[3], 4);
  t.is(trace.events.sizeBytes[3], 4096);
});

const NOTE = `netinit-5 [0] 0.105984392: tracing_mark_write: C|5|Heap Usage|96|free: heap: 0x606000000020 size:24, address: 0x603000000370
nsh_main-4 [0] 3.825169408: tracing_mark_write: C|4|Heap Usage|2177665|malloc: heap: 0x606000000020 size:424, address: 0x614000000840
nsh_main-4 [0] 3.825298789: tracing_mark_write: C|4|Heap Usage|15189|malloc: heap: 0x606000000020 size:20, address: 0x6030000003a0
nsh_main-4 [0] 3.925298789: tracing_mark_write: C|4|Heap Usage|15169|free: heap: 0x606000000020 size:20, address: 0x6030000003a0
`;

test('NuttX note: two allocations and two frees with time and task', (t) => {
  const trace = readCase(t, 'nuttx-note', NOTE);
  t.deepEqual([...trace.events.kind], [1, 0, 0, 1]);
  t.deepEqual(liveBlocks(trace), { '0x614000000840': 424 });
  t.is(trace.events.atUs?.[1], 3825169.408);
  t.deepEqual([...(trace.events.task ?? [])], [5, 4, 4, 4]);
});

const GDB_LEAK = `Searching for leaked memory, please wait a moment...
Leak catch!, use '*' mark pid is not exist:
   CNT   PID        Size    Sequence    Address Callstack
    34    30         256        8810 0x3d52f080  [0x00c3210e0] <malloc+12>         kmm_malloc.c:62
     1   *31          64        8900 0x3d52f200  [0x00c3210e0] <malloc+12>         kmm_malloc.c:62
Alloc 2 count, total 320 bytes
`;

test('NuttX gdb memleak: a row of 34 blocks is 34 blocks', (t) => {
  const trace = readCase(t, 'nuttx-gdb', GDB_LEAK);
  // By hand: 34 x 256 + 64.
  t.deepEqual(liveSum(trace), [35, 8768]);
  t.is(trace.info.contents, 'leaks');
  t.false(trace.info.hasAddresses);
  t.deepEqual(trace.gaps, []);
  t.deepEqual(framesOf(trace, 0), ['malloc@kmm_malloc.c:62']);
  t.is(trace.events.task?.[34], 31);
});

test('NuttX gdb memdump: rows of one block each keep their addresses', (t) => {
  const text = `  PID        Size    Sequence    Address Callstack
    4          64         120 0x20004ba8  [0x08001234] <malloc+12> kmm_malloc.c:62
                                          [0x08002345] <app_main+20> app.c:7
    4          32         121 0x20004be8  [0x08001234] <malloc+12> kmm_malloc.c:62
`;
  const trace = readCase(t, 'nuttx-gdb', text);
  t.deepEqual(liveBlocks(trace), { '0x20004ba8': 64, '0x20004be8': 32 });
  t.deepEqual(framesOf(trace, 0), ['malloc@kmm_malloc.c:62', 'app_main@app.c:7']);
});

const TIZEN = `TASH>>mem_leak
Type   |    Addr    | Size(byte) |    Owner   | PID
---------------------------------------------------
LEAK   | 0x63a947c0 |        64  |  0xe27085d | 30
LEAK   | 0x63a94810 |        16  |  0xe270877 | 30
LEAK   | 0x63a94830 |       128  |  0xe270891 | 30
*** 3 LEAKS, 0 BROKENS.
`;

test('TizenRT: three leaks of 208 bytes by owner', (t) => {
  const trace = readCase(t, 'tizenrt', TIZEN);
  t.deepEqual(liveBlocks(trace), { '0x63a947c0': 64, '0x63a94810': 16, '0x63a94830': 128 });
  t.deepEqual(framesOf(trace, 2), ['0xe270891']);
  t.is(trace.events.task?.[0], 30);
  t.deepEqual(trace.gaps, []);
  t.is(readCase(t, 'tizenrt', TIZEN.replace('3 LEAKS', '4 LEAKS')).gaps[0]?.lostEvents, 1);
});

test('TizenRT: the older table with a prefix, and without a last line', (t) => {
  const text = `print_info: Type   |    Addr   |   Size   |  Owner  | PID
print_info: ---------------------------------------------------
print_info: LEAK   |  0x10062760  |      512 | 0xe002f97 | 0
print_info: LEAK   |  0x10062970  |      256 | 0xe002fa1 | 0
`;
  t.deepEqual(liveSum(readCase(t, 'tizenrt', text)), [2, 768]);
});

const MEMTRACE = `msh />memtrace

memory heap address:
name    : heap
total   : 0x120000
used    : 0x2600
max_used: 0x2b00
heap_ptr: 0x20003b58
lfree   : 0x20005d18
heap_end: 0x2001fff0

--memory item information --
[0x20003b58 -  512] NONE
[0x20003d68 -   1K] main
[0x20004178 -  48] tshell
[0x200041b8 - 107K]
`;

test('RT-Thread memtrace: three used blocks by thread, the free one is none; sizes above 1 KiB by their addresses', (t) => {
  const trace = readCase(t, 'rt-thread', MEMTRACE);
  // By hand: 0x20003d68 - 0x20003b58 - 512 = 16 is the header; 0x20004178 - 0x20003d68 - 16 = 1024.
  t.deepEqual(liveBlocks(trace), { '0x20003b68': 512, '0x20003d78': 1024, '0x20004188': 48 });
  t.deepEqual(trace.info.taskNames, { 1: 'NONE', 2: 'main', 3: 'tshell' });
  t.deepEqual(
    trace.regions.map(({ name, baseAddress, sizeBytes }) => [name, baseAddress, sizeBytes]),
    [['heap', 0x20003b58, 0x2001fff0 - 0x20003b58]],
  );
  t.deepEqual(trace.notes, []);
});

test('RT-Thread memtrace: a size that is not 1024 exactly is told by the next address', (t) => {
  const trace = readCase(
    t,
    'rt-thread',
    '--memory item information --\n[0x20000000 -    16] main\n[0x20000020 -    1K] main\n[0x20000730 -    12] idle\n',
  );
  // By hand: 0x730 - 0x20 - 16 = 1792.
  t.deepEqual(Object.values(liveBlocks(trace)), [16, 1792, 12]);
});

const REALTEK = `********** Heap Trace Log Count: 2 records (log buffer capacity: 100) **********
128 bytes (@ 0x60123400) allocated, caller bakctrace: 0x0e012345 0x0e0123ff 
64 bytes (@ 0x60123500) allocated, caller bakctrace: 0x0e012345 
========================= Heap Trace Summary =========================
Mode: Heap Trace All
192 bytes alive in trace (2 allocations)
records: 2 (100 capacity, 2 high water mark)
`;

test('Realtek: 192 bytes in two blocks with their backtraces', (t) => {
  const trace = readCase(t, 'realtek-dump', REALTEK);
  t.deepEqual(liveBlocks(trace), { '0x60123400': 128, '0x60123500': 64 });
  t.deepEqual(framesOf(trace, 0), ['0xe012345', '0xe0123ff']);
  t.deepEqual(trace.gaps, []);
});

test('Realtek events: sizes in hexadecimal, the freed block is gone', (t) => {
  const text = `[trace_malloc] pvAddress:0x60123400, uiSize:0x00000080 
[trace_malloc] pvAddress:0x60123500, uiSize:0x00000040 
[trace_free] pvAddress:0x60123400, uiSize:0x00000080 
`;
  t.deepEqual(liveBlocks(readCase(t, 'realtek', text)), { '0x60123500': 64 });
});

const PX4 = ` TOTAL  CNT SYMBOL                                                                 SIZE(S)
    15    1 setenv + 115                                                           15
    24    1 SENSOR::init() + 39                                                    24
    28    7 device::CDev::store_poll_waiter(pollfd*) + 63                          4
    48    2 ftl_initialize + 15                                                    24
`;

test('PX4: a table of callers has sums and no blocks of its own', (t) => {
  const trace = readCase(t, 'px4', PX4);
  t.is(trace.info.contents, 'totals');
  t.false(trace.info.hasAddresses);
  t.deepEqual(liveSum(trace), [11, 115]);
  t.deepEqual(
    heapLeaks(trace).sites.map(({ functionName, count, bytes }) => [functionName, count, bytes]),
    [
      ['ftl_initialize', 2, 48],
      ['device::CDev::store_poll_waiter(pollfd*)', 7, 28],
      ['SENSOR::init()', 1, 24],
      ['setenv', 1, 15],
    ],
  );
});

test('NuttX 12 memdump: the last column is called Callstack, and the table is a snapshot', (t) => {
  const text = `nsh> memdump used
Dump all used memory node info:
   PID        Size    Sequence    Address Callstack
     0         576           1 0x20003b58 0x08001234 0x08002345
     4        2064         120 0x20004ba8 0x08001234
  Total Blks  Total Size
           2        2640
`;
  const trace = readCase(t, 'nuttx', text);
  t.deepEqual(liveBlocks(trace), { '0x20003b58': 576, '0x20004ba8': 2064 });
  t.deepEqual(framesOf(trace, 0), ['0x8001234', '0x8002345']);
  t.is(trace.info.contents, 'snapshot');
  t.deepEqual(trace.gaps, []);
});

test('rt-thread: what is no name of a thread is no allocation, and the table is incomplete', (t) => {
  const text =
    '--memory item information --\n[0x20003b58 -   512] main |\n[0x20003d68 -    64] init\n[0x20003db8 -  1000] |\n';
  const trace = readCase(t, 'rt-thread', text);
  t.deepEqual(liveBlocks(trace), { '0x20003d68': 64 });
  t.false(trace.info.complete);
});

test('rt-thread: an item into which another thread wrote makes the table incomplete', (t) => {
  const text =
    '--memory item information --\n[0x20003b58 -   512] main\n[0x20003d6[I/net] up\n0 -    64] init\n[0x20003db0 -   100] tshe\n';
  const trace = readCase(t, 'rt-thread', text);
  t.is(trace.eventCount, 2);
  t.false(trace.info.complete);
});
