import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { utf8 } from './decode-ways.js';
import { g0, g1, g2, itmPackets, tpiuFrames } from './drone-bytes.js';
import { textSamples } from './text-samples.js';

/** One input of each format that the registry must tell apart. */
export interface TraceSample {
  readonly name: string;
  /** The id of the format that it is. */
  readonly format: string;
  readonly bytes: Uint8Array;
}

const DRONE = 'a12 a12 a12 f12 a12 f12 a12 f12 a12 a1 a28 f28 a28 a32 f12 a12 a128 f128 a128';

const ESP_NEW = `I (312) main_task: Calling app_main()
====== Heap Trace: 2 records (8 capacity) ======
    16 bytes (@ 0x3fc9f620, Internal) allocated CPU 0 ccount 0x00001000 caller 0x40376321:0x42008096
freed by 0x403839e4:0x42008096
    24 bytes (@ 0x3fc9f640, Internal) allocated CPU 1 ccount 0x00002000 caller 0x40376321:
--- 0x40376321: heap_caps_malloc at /idf/components/heap/heap_caps.c:176
====== Heap Trace Summary ======
Mode: Heap Trace All
24 bytes alive in trace (1/2 allocations)
records: 2 (8 capacity, 2 high water mark)
total allocations: 2
total frees: 1
================================
`;

/** ESP-IDF before 5.1. */
export const ESP_OLD = `2 allocations trace (100 entry buffer)
32 bytes (@ 0x3ffaf214) allocated CPU 0 ccount 0x2e9b7384 caller 0x400d276d:0x400d27c1
freed by 0x400d27d5:0x0
8 bytes (@ 0x3ffaf804) allocated CPU 0 ccount 0x2e9b79c1 caller 0x400d2776:0x400d27c1
8 bytes 'leaked' in trace (1 allocations)
total allocations 2 total frees 1
`;

const MBED =
  '#m:0x20003080;0x182f-50\n#c:0x200030c0;0x1841-4;25\n#r:0x20003200;0x1850-0x20003080;80\n#f:0x0;0x1862-0x200030c0\n#m:0x0;0x1870-4096\n';

const NUTTX = `nsh> memdump used
  PID        Size  Overhead   Sequence    Address Backtrace
    4         128         8         12 0x20001000 0x0800abcd
Total Blks  Total Size
         1         128
`;

export const ALLOCTRACE = JSON.stringify({
  header: {
    anchorWallMs: 1_700_000_000_000,
    ring: { count: 2, capacity: 8 },
    captured: 2,
    overwritten: 0,
    collapsed: 0,
    stopOnFull: true,
    regions: [{ name: 'heap', baseAddress: 0x20001000, sizeBytes: 8192 }],
    caps: { freeBytes: 8000, largestFreeBytes: 8000 },
    truncated: false,
  },
  events: [
    { seq: 0, kind: 'alloc', address: 0x20001000, sizeBytes: 32, atUs: 10, pc: 257, backtrace: [257, 513] },
    { seq: 1, kind: 'free', address: 0x20001000, sizeBytes: 0, atUs: 20, pc: 261, backtrace: [261] },
  ],
});
const CSV = 'event,time,address,size,function\nmalloc,10,0x1000,32,main\nfree,15,0x1000,,main\n';
const NDJSON = '{"kind":"alloc","address":"0x1000","size":32}\n{"kind":"free","address":"0x1000"}\n';

/** A SystemView file with ESP-IDF's published alloc and free. */
export function systemViewSample(): Uint8Array {
  const module = [22, 0, 0x80, 4, 36, ...utf8('ESP32 SystemView Heap Tracing Module'), 0];
  const alloc = [0x80, 4, 0x0c, 0xb4, 0xfe, 0xed, 0xff, 3, 8, 0xbb, 0xf7, 0xb4, 0x80, 4, 0, 0xe8, 7];
  const free = [0x81, 4, 0x0b, 0xb4, 0xfe, 0xed, 0xff, 3, 0xbb, 0xf7, 0xb4, 0x80, 4, 0, 0x28];
  const zeros = new Array<number>(10).fill(0);
  return Uint8Array.from([...utf8(';\n; Version x\n; ESP_Extension\n;\n'), ...zeros, ...module, ...alloc, ...free]);
}

export function traceSamples(): TraceSample[] {
  const log = new URL('../../../test/fixtures/micropython-microbit/mylog.txt.gz', import.meta.url);
  const dso = (bytes: Uint8Array) =>
    Uint8Array.from(
      Array.from({ length: bytes.length / 4 }, (_, i) => [0x97, 0xf3, ...bytes.subarray(i * 4, i * 4 + 4)]).flat(),
    );
  const text = (name: string, format: string, value: string) => ({ name, format, bytes: utf8(value) });
  return [
    { name: 'a gdb log', format: 'gdb-log', bytes: new Uint8Array(gunzipSync(readFileSync(log))) },
    { name: 'Drone G0', format: 'drone', bytes: g0(DRONE) },
    { name: 'Drone G0, big-endian', format: 'drone', bytes: g0(DRONE, true) },
    { name: 'Drone G1', format: 'drone', bytes: g1(DRONE) },
    { name: 'Drone G1 with the firmware bug', format: 'drone', bytes: g1('a300 f300 g12-300 f300 a7', true) },
    { name: 'Drone G2', format: 'drone', bytes: g2(DRONE) },
    { name: 'ITM', format: 'swo', bytes: itmPackets(g1(DRONE)) },
    { name: 'ITM with a G2 trace', format: 'swo', bytes: itmPackets(g2(DRONE)) },
    { name: 'TPIU', format: 'swo', bytes: tpiuFrames(itmPackets(g1(DRONE))) },
    { name: 'DSO', format: 'swo', bytes: dso(g1(DRONE)) },
    { name: 'Drone Stream', format: 'swo', bytes: Uint8Array.from([0x1f, g2(DRONE).length, ...g2(DRONE)]) },
    { name: 'SystemView', format: 'svdat', bytes: systemViewSample() },
    text('ESP-IDF v5.1', 'esp-idf', ESP_NEW),
    text('ESP-IDF v3', 'esp-idf', ESP_OLD),
    text('mbed', 'mbed', MBED),
    text('NuttX', 'nuttx', NUTTX),
    text('alloctrace', 'alloctrace', ALLOCTRACE),
    text('CSV', 'csv', CSV),
    text('NDJSON', 'ndjson', NDJSON),
    ...textSamples(),
  ];
}
