/** Inputs of the text readers that are as long as wanted: a head, then lines as a device prints them. */
export interface TextInput {
  readonly name: string;
  readonly format: string;
  readonly head: string;
  line(i: number): string;
}

const at = (i: number) => (0x20000000 + (i % 9999) * 512).toString(16);
/** Rising, as a walk over a heap gives them; a table has so many rows. */
const rising = (i: number) => (0x20000000 + i * 64).toString(16);
const caller = (i: number) => `0x420080${(i % 90) + 10}`;

export const TEXT_INPUTS: readonly TextInput[] = [
  {
    name: 'NuttX memdump',
    format: 'nuttx',
    head: '  PID        Size  Overhead   Sequence    Address Backtrace\n',
    line: (i) => `    4         128         8         ${12 + i} 0x${rising(i)} 0x0800abcd 0x080012${(i % 90) + 10}\n`,
  },
  {
    name: 'NuttX gdb memdump',
    format: 'nuttx-gdb',
    head: '   CNT   PID        Size    Sequence    Address Callstack\n',
    line: (i) =>
      `     1    30         256        ${8810 + i} 0x${rising(i)}  [0x00c3210e0] <malloc+12>         kmm_malloc.c:62\n`,
  },
  {
    name: 'NuttX mm debug',
    format: 'nuttx-mm',
    head: '',
    line: (i) =>
      `[    ${i % 1000}.010000] Idle_Task: mm_malloc: Allocated 0x${at(i)}, size 72\n[    ${i % 1000}.020000] nsh_main: mm_free: Freeing 0x${at(i)}\n`,
  },
  {
    name: 'NuttX note',
    format: 'nuttx-note',
    head: '',
    line: (i) =>
      `netinit-5 [0] ${i % 1000}.105984392: tracing_mark_write: C|5|Heap Usage|96|malloc: heap: 0x606000000020 size:24, address: 0x${at(i)}\n`,
  },
  {
    name: 'RT-Thread memtrace',
    format: 'rt-thread',
    head: 'heap_end: 0x7001fff0\n--memory item information --\n',
    line: (i) => `[0x${rising(i)} -    48] main\n`,
  },
  {
    name: 'TizenRT',
    format: 'tizenrt',
    head: 'Type   |    Addr    | Size(byte) |    Owner   | PID\n',
    line: (i) => `LEAK   | 0x${rising(i)} |        64  |  0xe27085d | 30\n`,
  },
  {
    name: 'Realtek dump',
    format: 'realtek-dump',
    head: '******* Heap Trace Log Count: 999999 records (log buffer capacity: 999999) *******\n',
    line: (i) => `64 bytes (@ 0x${rising(i)}) allocated, caller bakctrace: 0x0e012345 0x0e0123${(i % 90) + 10}\n`,
  },
  {
    name: 'Realtek events',
    format: 'realtek',
    head: '',
    line: (i) =>
      `[trace_malloc] pvAddress:0x${at(i)}, uiSize:0x00000080 \n[trace_free] pvAddress:0x${at(i)}, uiSize:0x00000080 \n`,
  },
  {
    name: 'ESP8266 RTOS',
    format: 'esp8266-rtos',
    head: '',
    line: (i) => `I (${1030 + i}) heap_trace: mem @0x${rising(i)} size 64 caller file mqtt_client.c line ${i % 300}\n`,
  },
  {
    name: 'OVMS',
    format: 'ovms',
    head: 'Free 8-bit 74380/147632, 32-bit 21988/48772, blocks dumped = 99999\n',
    line: (i) => `+ t=tiT s=  16 a=0x${rising(i)}  3FFE369C 00000190 401B5E68 00000000\n`,
  },
  {
    name: 'IDF hooks',
    format: 'idf-hook',
    head: '',
    line: (i) =>
      `W (${i}) alloc: 0x${at(i)} allocated 124 bytes\n\nBacktrace: 0x40377097:0x3FCB3B80 ${caller(i)}:0x3FCB3BA0\n\nW (${i}) free: 0x${at(i)} freed\n`,
  },
  {
    name: 'sysviewtrace',
    format: 'sysviewtrace',
    head: '',
    line: (i) =>
      `[${i % 1000}.002272225] HEAP: Allocated 8 bytes @ 0x${at(i)} from task "main" on core 0 by:\n/app/main/heap_log.c:85\n/idf/components/freertos/tasks.c:${i % 900}\n\n[${i % 1000}.102272225] HEAP: Freed bytes @ 0x${at(i)} from task "main" on core 0 by:\n/app/main/heap_log.c:90\n\n`,
  },
  {
    name: 'glibc mtrace',
    format: 'mtrace',
    head: '= Start\n',
    line: (i) =>
      `@ bin/app:(log_init+0x1c)[0x410a50] + 0x${at(i)} 0x10\n@ bin/app:[0x410b${(i % 90) + 10}] - 0x${at(i)}\n`,
  },
  {
    name: 'heap walk',
    format: 'heap-walk',
    head: 'Used Heap Size: 12524\n',
    line: (i) => `  Chunk: ${i}  Address: 0x${rising(i)}  Size: 32\n`,
  },
  {
    name: 'Rust allocator',
    format: 'rust-alloc',
    head: '',
    line: (i) => `TRACE heap > alloc ${i % 500} bytes (53828 free)\nTRACE heap > free ${i % 500} bytes (53820 free)\n`,
  },
  { name: 'calls', format: 'call-log', head: '', line: (i) => `malloc(64) = 0x${at(i)}\nfree(0x${at(i)})\n` },
  {
    name: 'PX4 table',
    format: 'px4',
    head: ' TOTAL  CNT SYMBOL             SIZE(S)\n',
    line: (i) => `    28    1 store_poll_${i % 5000}(pollfd*) + 63   28\n`,
  },
  {
    name: 'mem_info maps',
    format: 'mem-info',
    head: '',
    line: (i) =>
      i % 100 === 0
        ? `GC: total: 102400, used: 12112, free: 25840\nGC memory layout; from 0x20000000:\n00000: ${'h==DTB.='.repeat(8)}\n`
        : `${((i % 100) * 1024).toString(16).padStart(5, '0')}: ${'h==DTB.='.repeat(8)}\n`,
  },
  {
    name: 'heap levels',
    format: 'heap-levels',
    head: '',
    line: (i) => `I (${i * 10}) app: Free heap: ${39788 + (i % 100)}, largest block: 20480\n`,
  },
  {
    name: 'ESPHome levels',
    format: 'heap-levels',
    head: '',
    line: (i) =>
      `[12:34:56][D][sensor:093]: 'Heap Free': Sending state ${189344 + (i % 100)}.00000 B with 0 decimals of accuracy\n[12:34:57][D][wifi:100]: connected to somewhere, all is well\n`,
  },
  {
    name: 'a pattern',
    format: 'pattern',
    head: '',
    line: (i) => `12:00:01 alloc: got 0x${at(i)} size 64 by 0x08001234\n12:00:01 some other line of the log\n`,
  },
  {
    name: 'ESP-IDF, PlatformIO stamps',
    format: 'esp-idf',
    head: '12:34:56.789 > ====== Heap Trace: 9999 records (9999 capacity) ======\n',
    line: (i) =>
      `12:34:56.789 >     16 bytes (@ 0x${at(i)}, Internal) allocated CPU 0 ccount 0x00001000 caller 0x40376321:${caller(i)}\n12:34:56.789 > freed by 0x403839e4:0x42008096\n`,
  },
  {
    name: 'gdb log',
    format: 'gdb-log',
    head: '',
    line: (i) =>
      `\nBreakpoint 1, gc_log_change (start_block=${i % 9999}, length=${(i >> 4) % 7}) at ../../py/gc.c:106\n106\t}\n$${3 * i + 1} = ${i % 9999}\n$${3 * i + 2} = ${(i >> 4) % 7}\n$${3 * i + 3} = ${i}\n#1  0x0000a0b4 in gc_alloc (n_bytes=${i % 64}, has_finaliser=false) at ../../py/gc.c:500\n#2  0x0000a1c0 in m_malloc (num_bytes=${i % 64}) at ../../py/malloc.c:86\n#3  0x0000b000 in mp_map_init (map=0x20000060, n=3) at ../../py/map.c:95\n`,
  },
];
