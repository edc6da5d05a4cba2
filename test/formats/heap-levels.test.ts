import test from 'ava';
import { heapLevels } from '../../lib/analysis/heap-levels.js';
import { heapStats } from '../../lib/analysis/heap-stats.js';
import { heapLeaks } from '../../lib/analysis/leaks.js';
import { parseLevelLine } from '../../lib/formats/levels/level-lines.js';
import { heapStatsText } from '../../lib/report/heap-stats-text.js';
import { leaksText } from '../../lib/report/leaks-text.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import { readJournal } from '../../lib/trace/journal-reader.js';
import type { Trace } from '../../lib/trace/trace.js';
import { TraceBuilder } from '../../lib/trace/trace-builder.js';
import { readCase } from '../support/case-trace.js';

const levels = (trace: Trace) =>
  trace.levels.map(({ memory, freeBytes, largestFreeBytes, minimumFreeBytes }) => [
    memory,
    freeBytes,
    largestFreeBytes,
    minimumFreeBytes,
  ]);

const CAPS = `E:M 68469
Heap summary for capabilities 0x00001800:
  At 0x3ffb2730 len 15448 free 0 allocated 15324 min_free 0
    largest_free_block 0 alloc_blocks 23 free_blocks 0 total_blocks 23
  At 0x3ffe4350 len 113840 free 23256 allocated 90348 min_free 20396
    largest_free_block 22580 alloc_blocks 46 free_blocks 5 total_blocks 51
  Totals:
    free 23256 allocated 105672 min_free 20396 largest_free_block 22580
`;

test('heap_caps_print_heap_info: the regions and the largest free block of each', (t) => {
  const trace = readCase(t, 'heap-levels', CAPS);
  t.is(trace.eventCount, 0);
  t.is(trace.info.contents, 'levels');
  t.deepEqual(levels(trace), [
    ['0x3ffb2730', 0, 0, 0],
    ['0x3ffe4350', 23256, 22580, 20396],
    ['capabilities 0x00001800', 23256, 22580, 20396],
  ]);
  t.deepEqual(
    trace.regions.map(({ baseAddress, sizeBytes }) => [baseAddress, sizeBytes]),
    [
      [0x3ffb2730, 15448],
      [0x3ffe4350, 113840],
    ],
  );
});

test('a CSV of levels is no list of allocations; two readings tell nothing yet', (t) => {
  const trace = readCase(
    t,
    'heap-levels',
    'timestamp,free_heap,largest_block,min_free\n1000,39788,20480,39788\n2000,39700,20480,39700\n',
  );
  t.deepEqual(levels(trace), [
    ['', 39788, 20480, 39788],
    ['', 39700, 20480, 39700],
  ]);
  t.is(heapLevels(trace)[0]?.verdict, 'too-few');
  // The unit of `timestamp` is not told.
  t.is(trace.levels[0]?.atUs, undefined);
});

test('newlib malloc_stats: what the allocator holds and nobody uses', (t) => {
  const trace = readCase(
    t,
    'heap-levels',
    'max system bytes =      24576\nsystem bytes     =      24576\nin use bytes     =      13512\n',
  );
  // By hand: 24576 - 13512.
  t.deepEqual(
    trace.levels.map(({ freeBytes, totalBytes }) => [freeBytes, totalBytes]),
    [[11064, 24576]],
  );
});

test('NuttX free and RT-Thread free', (t) => {
  const nuttx = `             total       used       free    maxused    maxfree  nused  nfree name
      5583024      34224    5548800      34720    5548784     71      2 Umem
`;
  t.deepEqual(levels(readCase(t, 'heap-levels', nuttx)), [['Umem', 5548800, 5548784, undefined]]);
  const older =
    '             total       used       free    largest\nMem:        100000      40000      60000      50000\n';
  t.deepEqual(levels(readCase(t, 'heap-levels', older)), [['Mem', 60000, 50000, undefined]]);
  const rt = 'total    : 131227544\nused     : 33583576\nmaximum  : 33583608\navailable: 97643968\n';
  t.deepEqual(levels(readCase(t, 'heap-levels', rt)), [['', 97643968, undefined, 131227544 - 33583608]]);
});

const LINES: readonly [line: string, free: number | undefined, largest: number | undefined, memory: string][] = [
  ['Free heap: 123456', 123456, undefined, ''],
  ['ESP.getFreeHeap() = 39788', 39788, undefined, ''],
  ['Heap free=39788 largest_free_block=20480', 39788, 20480, ''],
  ['heap: free_internal_heap: 218063 bytes, delta: 0 bytes', 218063, undefined, 'internal'],
  ['Heap status: 123456/234567 bytes free (-123), running 9/10 threads', 123456, undefined, ''],
  ['Free PSRAM: 4192123 bytes, largest free PSRAM block: 4128768 bytes', 4192123, 4128768, 'PSRAM'],
  ["'Heap Free': Sending state 189344.00000 B with 0 decimals of accuracy", 189344, undefined, ''],
  ["'Heap Max Block': Sending state 110580.00000 B with 0 decimals of accuracy", undefined, 110580, ''],
  ['HEAP: Allocated: 107264 bytes, Free: 16576 bytes', 16576, undefined, ''],
  ['xPortGetFreeHeapSize: 8192', 8192, undefined, ''],
  ['{"freeHeap": 39788, "maxFreeBlockSize": 20480}', 39788, 20480, ''],
  ['Heap: 12.5 KB free', 12800, undefined, ''],
  ['Minimum free heap: 1000, free heap: 2000, heap size: 8000', 2000, undefined, ''],
  ['memory free blocks: 12', undefined, undefined, ''],
  ['stack free: 512, heap', undefined, undefined, ''],
  ['nothing of the kind 12', undefined, undefined, ''],
];
for (const [line, free, largest, memory] of LINES) {
  test(`a line of a log: ${line}`, (t) => {
    const level = parseLevelLine(line);
    t.deepEqual(
      [level?.free, level?.largest, level?.memory ?? ''],
      [free, largest, free === undefined && largest === undefined ? '' : memory],
    );
  });
}

const log = (free: (i: number) => number, largest: (i: number) => number) =>
  Array.from(
    { length: 40 },
    (_, i) => `I (${i * 60000}) app: Free heap: ${free(i)}, largest block: ${largest(i)}\n`,
  ).join('');

test('a leak is told from fragmentation', (t) => {
  const verdict = (text: string) => heapLevels(readCase(t, 'heap-levels', text)).map((series) => series.verdict);
  t.deepEqual(
    verdict(
      log(
        (i) => 40000 - i * 500,
        (i) => Math.floor((40000 - i * 500) / 2),
      ),
    ),
    ['leak'],
  );
  t.deepEqual(
    verdict(
      log(
        (i) => 40000 + (i % 3) * 100,
        (i) => 30000 - i * 500,
      ),
    ),
    ['fragmentation'],
  );
  t.deepEqual(
    verdict(
      log(
        (i) => 40000 - i * 400,
        (i) => 30000 - i * 700,
      ),
    ),
    ['both'],
  );
  t.deepEqual(
    verdict(
      log(
        (i) => 40000 + (i % 5) * 200,
        () => 30000,
      ),
    ),
    ['steady'],
  );
});

test('a restart begins a new series', (t) => {
  const run = log(
    (i) => 40000 - i * 500,
    () => 20000,
  );
  const series = heapLevels(readCase(t, 'heap-levels', `${run}rst:0x1 (POWERON_RESET),boot:0x13\n${run}`));
  t.deepEqual(
    series.map(({ run: number, readings, verdict }) => [number, readings, verdict]),
    [
      [0, 40, 'leak'],
      [1, 40, 'leak'],
    ],
  );
});

test('levels go through a journal, and every command says that there are no events', (t) => {
  const builder = new TraceBuilder({ contents: 'levels' });
  for (let i = 0; i < 10; i++)
    builder.add({
      kind: 'level',
      memory: 'internal',
      freeBytes: 9000 - i * 500,
      largestFreeBytes: 4000,
      atUs: i * 60e6,
    });
  const back = readJournal(Buffer.concat(journalBytes(builder.build())), 'journal').build();
  t.deepEqual(back.levels, builder.build().levels);
  t.is(back.info.contents, 'levels');
  for (const text of [heapStatsText(heapStats(back)), leaksText(heapLeaks(back))]) {
    t.true(text.includes('No events: the log only says how full the heap was.'), text);
    t.true(text.includes('internal: 9,000 B -> 4,500 B free, lowest 4,500 B'), text);
    // By hand: 500 bytes a minute.
    t.true(text.includes('a leak, or a heap that still fills, about 29.3 KiB an hour'), text);
  }
});

test('a snapshot is not called a history', (t) => {
  const trace = readCase(t, 'heap-walk', 'Chunk: 1  Address: 0x1000  Size: 32\nChunk: 2  Address: 0x1020  Size: 64\n');
  const [stats, leaks] = [heapStatsText(heapStats(trace)), leaksText(heapLeaks(trace))];
  for (const text of [stats, leaks]) {
    t.true(text.startsWith('A snapshot'), text);
    t.false(/peak:|Temporary|Lifetimes|Left behind|Window/.test(text), text);
  }
  t.true(leaks.includes('Alive: 96 B in 2 blocks'), leaks);
});
