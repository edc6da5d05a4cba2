import { utf8 } from './decode-ways.js';
import type { TraceSample } from './trace-samples.js';

/** A few lines of each producer whose text is told from the others. */
const SAMPLES: readonly [format: string, text: string][] = [
  [
    'nuttx-mm',
    '[    0.000000] Idle_Task: mm_addregion: Region 1: base=0x20024538 size=359112\n[    0.000000] Idle_Task: mm_malloc: Allocated 0x20024548, size 72\n[    0.010000] nsh_main: mm_free: Freeing 0x20024548\n',
  ],
  [
    'nuttx-note',
    'netinit-5 [0] 0.105984392: tracing_mark_write: C|5|Heap Usage|96|free: heap: 0x606000000020 size:24, address: 0x603000000370\n',
  ],
  [
    'nuttx-gdb',
    '   CNT   PID        Size    Sequence    Address Callstack\n    34    30         256        8810 0x3d52f080  [0x00c3210e0] <malloc+12>         kmm_malloc.c:62\n',
  ],
  [
    'rt-thread',
    'heap_end: 0x2001fff0\n--memory item information --\n[0x20003b58 -   512] NONE\n[0x20003d68 -    1K] main\n[0x20004178 -   48] \n',
  ],
  [
    'tizenrt',
    'Type   |    Addr    | Size(byte) |    Owner   | PID\nLEAK   | 0x63a947c0 |        64  |  0xe27085d | 30\n*** 1 LEAKS, 0 BROKENS.\n',
  ],
  ['px4', ' TOTAL  CNT SYMBOL             SIZE(S)\n    28    7 store_poll(pollfd*) + 63   4\n'],
  [
    'realtek-dump',
    '******* Heap Trace Log Count: 1 records (log buffer capacity: 100) *******\n64 bytes (@ 0x60123500) allocated, caller bakctrace: 0x0e012345 \n64 bytes alive in trace (1 allocations)\n',
  ],
  [
    'realtek',
    '[trace_malloc] pvAddress:0x60123400, uiSize:0x00000080 \n[trace_free] pvAddress:0x60123400, uiSize:0x00000080 \n',
  ],
  [
    'esp8266-rtos',
    'I (1030) heap_trace: mem @0x3fff1a20 size 64 caller file mqtt_client.c line 210\nI (1034) heap_trace: mem @0x3fff1a80 size 132 caller func 0x40213f21\n',
  ],
  [
    'ovms',
    'Free 8-bit 74380/147632, 32-bit 21988/48772, blocks dumped = 1\n+ t=tiT s=  16 a=0x3ffcc3fc  3FFE369C 00000190 401B5E68 00000000\n',
  ],
  [
    'idf-hook',
    'W (1) alloc: 0x3fcc9258 allocated 124 bytes\n\nBacktrace: 0x40377097:0x3FCB3B80 0x403760E2:0x3FCB3BA0\n0x40377097: hook at main.c:4\n\nW (2) free: 0x3fcc9258 freed\n',
  ],
  [
    'sysviewtrace',
    '[0.002272225] HEAP: Allocated 8 bytes @ 0x3ffaff6c from task "main" on core 0 by:\n/app/main/heap_log.c:85\n\nFound 8 leaked bytes in 1 blocks.\n',
  ],
  [
    'sysviewtrace-json',
    '{"events": [{"addr": "0x3ffaff6c", "callers": ["0x400d276d"], "core_id": 0, "ctx_name": "main", "id": 512, "in_irq": false, "size": 8, "ts": 0.002}], "version": "1.0"}',
  ],
  [
    'mtrace',
    '= Start\n@ bin/app:(log_init+0x1c)[0x410a50] + 0xc027b0 0x10\n@ bin/app:[0x410b00] < 0xc027b0\n@ bin/app:[0x410b00] > 0xc02a30 0x40\n',
  ],
  [
    'heap-walk',
    'Used Heap Size: 12524\n  Chunk: 1  Address: 0x10000910  Size: 32\n  Chunk: 2  Address: 0x10000930  Size: 520  CHUNK FREE\n',
  ],
  ['rust-alloc', 'TRACE heap > alloc 7 bytes (53828 free)\nTRACE heap > free 7 bytes (53820 free)\n'],
  [
    'mem-info',
    'GC: total: 37952, used: 12112, free: 25840\n No. of 1-blocks: 286, 2-blocks: 22, max blk sz: 264, max free sz: 1609\nGC memory layout; from 3ffeedc0:\n00000: MDThhhDMhTDhThDTB=TB=BhhTTB=h====h===hh==h======================\n       (25 lines all free)\n',
  ],
  ['call-log', 'malloc(64) = 0x20001000\nmalloc(24) = 0x20001050\nfree(0x20001000)\n'],
  [
    'call-log',
    '0x20001000 <---- malloc of 0x40 bytes\n0x20001050 <---- calloc of 24 bytes\n0x20001000 <---- free of 0x40 bytes\n',
  ],
  [
    'nuttx',
    'nsh> memdump used\nDump all used memory node info:\n   PID        Size    Sequence    Address Callstack\n    12        2064          41 0x20005000  [0x08001234] [0x08002345]\nTotal Blks  Total Size\n         1        2064\nnsh> memdump free\nDump all free memory node info:\n        Size    Address\n       31712 0x20006000\nTotal Blks  Total Size\n         1       31712\n',
  ],
  [
    'json',
    '{"device": "b", "count": 2, "blocks": [{"addr": "0x3fca1000", "size": 45, "callers": ["0x42077b00", "0x42076a1e"]}, {"addr": "0x3fca2000", "size": 170}]}',
  ],
  [
    'gdb-log',
    'Breakpoint 1, malloc (nbytes=64) at m.c:160\n160\t  return f;\n#0  malloc (nbytes=64) at m.c:160\n#1  0x08000456 in make (n=64) at b.c:12\nValue returned is $1 = (void *) 0x20001000\n\nBreakpoint 2, free (addr=0x20001000) at m.c:180\n#1  0x08000490 in drop () at b.c:20\n',
  ],
  [
    'heap-levels',
    'Heap summary for capabilities 0x00001800:\n  At 0x3ffb2730 len 15504 free 0 allocated 15324 min_free 0\n    largest_free_block 0 alloc_blocks 71 free_blocks 0 total_blocks 71\n  Totals:\n    free 23256 allocated 105548 min_free 22752 largest_free_block 22644 alloc_blocks 315 free_blocks 3 total_blocks 318\n',
  ],
  ['heap-levels', 'uptime_s,free_heap,largest_block\n10,39788,20480\n20,39700,20480\n'],
  [
    'allocation-history',
    '[{"start_block":0,"size":2,"start_trace":[["0x100","a.c:1","f"]],"start_time":0,"end_trace":"","end_time":2,"address":"0x1000","bytes":32,"doubts":{"complete":false,"gaps":[{"reason":"x","lostEvents":3}],"notes":[{"code":"n","text":"t"}]}}]\n',
  ],
  [
    'heap-levels',
    'I (10) app: Free heap: 39788, largest block: 20480\nI (20) app: Free heap: 39700, largest block: 20480\n',
  ],
];

export function textSamples(): TraceSample[] {
  return SAMPLES.map(([format, text], i) => ({ name: `text ${i + 1} of ${format}`, format, bytes: utf8(text) }));
}
