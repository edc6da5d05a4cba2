import test from 'ava';
import { fragmentation } from '../../lib/analysis/fragmentation.js';
import { espIdfHeapTraceFormat } from '../../lib/formats/esp-idf-heap-trace.js';
import { fragmentationText } from '../../lib/report/fragmentation-text.js';
import { decodeIn, survivesEveryCut, utf8 } from '../support/decode-ways.js';
import { traceFromText } from '../support/trace-from-text.js';

const record = (size: number, address: number, memory: string) =>
  `    ${size} bytes (@ 0x${address.toString(16)}, ${memory}) allocated CPU 0 ccount 0x00001000 caller 0x42007012:0x4200703a\n`;

// PSRAM: 1,000 B, a hole of 24, 2,000 B. Internal: 64 B, a hole of 192, 32 B. Between them lie 64 MB that belong to neither.
const TWO = `====== Heap Trace: 4 records (64 capacity) ======
${record(64, 0x3fcb5000, 'Internal')}${record(1000, 0x3c100000, '   PSRAM')}${record(32, 0x3fcb5100, 'Internal')}${record(2000, 0x3c100400, '   PSRAM')}====== Heap Trace Summary ======
Mode: Heap Trace Leaks
3096 bytes alive in trace (4/4 allocations)
records: 4 (64 capacity, 9 high water mark)
total allocations: 40
total frees: 36
================================
`;

test('a dump of two memories: a region each, and the largest free block of each', (t) => {
  const { trace } = decodeIn(espIdfHeapTraceFormat, utf8(TWO));
  t.deepEqual(
    trace.regions.map(({ name, baseAddress, sizeBytes }) => [name, baseAddress, sizeBytes]),
    [
      ['PSRAM', 0x3c100000, 3024],
      ['Internal', 0x3fcb5000, 288],
    ],
  );
  t.true(trace.notes.some(({ code }) => code === 'esp-memories'));
  const result = fragmentation(trace);
  t.deepEqual(
    result.regions.map(({ name, liveCount, usedBytes, freeBytes, largestFreeBytes }) => [
      name,
      liveCount,
      usedBytes,
      freeBytes,
      largestFreeBytes,
    ]),
    [
      ['PSRAM', 2, 3000, 24, 24],
      ['Internal', 2, 96, 192, 192],
    ],
  );
  t.is(result.at.largestFreeBytes, 192);
  t.is(result.outsideCount, 0);
  const text = fragmentationText(result);
  t.true(
    text.includes('  PSRAM at 0x3c100000, 3,024 B: 3,000 B used in 2 blocks, 24 B free, largest block 24 B'),
    text,
  );
  survivesEveryCut(t, espIdfHeapTraceFormat, utf8(TWO));
});

test('a dump of one memory has the bounds of its blocks, which stays an assumption', (t) => {
  const one = TWO.replaceAll('   PSRAM', 'Internal').replaceAll('0x3c1', '0x3fcb6');
  const { trace } = decodeIn(espIdfHeapTraceFormat, utf8(one));
  t.deepEqual(trace.regions, []);
  t.true(fragmentation(trace).assumptions.some((text) => text.includes('bounds of the heap are not recorded')));
});

test('blocks in memories that lie far apart make no hole of the space between, whoever traced them', (t) => {
  const trace = traceFromText(
    'alloc 0x10000000 64 a@x.c:1\nalloc 0x10000100 32 a@x.c:1\nalloc 0x20000000 16 b@x.c:2\nalloc 0xc0000000 8 c@x.c:3',
  );
  const { regions, at, assumptions } = fragmentation(trace);
  t.deepEqual(
    regions.map(({ name, baseAddress, sizeBytes, largestFreeBytes }) => [
      name,
      baseAddress,
      sizeBytes,
      largestFreeBytes,
    ]),
    [
      ['heap', 0x10000000, 288, 192],
      ['heap 2', 0x20000000, 16, 0],
      ['heap 3', 0xc0000000, 8, 0],
    ],
  );
  t.is(at.freeBytes, 192);
  t.true(assumptions.some((text) => text.includes('its blocks lie in 3 memories')));
});
