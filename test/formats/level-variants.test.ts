import test from 'ava';
import { heapDiff } from '../../lib/analysis/diff.js';
import { fragmentation } from '../../lib/analysis/fragmentation.js';
import { heapLevels } from '../../lib/analysis/heap-levels.js';
import { fragmentationSink } from '../../lib/analysis/one-pass/fragmentation.js';
import { bestFit } from '../../lib/analysis/policies/best-fit.js';
import { poolPlan } from '../../lib/analysis/pools/pool-plan.js';
import { whatIf } from '../../lib/analysis/what-if.js';
import { UsageError } from '../../lib/errors/errors.js';
import { parseLevelLine } from '../../lib/formats/levels/level-lines.js';
import { detectFormat } from '../../lib/formats/registry.js';
import { levelLines } from '../../lib/report/contents-text.js';
import type { Trace } from '../../lib/trace/trace.js';
import { readCase } from '../support/case-trace.js';
import { utf8 } from '../support/decode-ways.js';

const levels = (trace: Trace) =>
  trace.levels.map(({ memory, freeBytes, largestFreeBytes, minimumFreeBytes }) => [
    memory,
    freeBytes,
    largestFreeBytes,
    minimumFreeBytes,
  ]);
const freeOf = (trace: Trace) => trace.levels.map(({ freeBytes }) => freeBytes);

const LINES: Readonly<Record<string, Partial<ReturnType<typeof parseLevelLine>>>> = {
  'INFO | Heap: 118432/294912 bytes free (-2144 since last), min 96204, largest block 65524': {
    free: 118432,
    total: 294912,
    minimum: 96204,
    largest: 65524,
  },
  'DEBUG: IntHeapFree:50000 IntMin:40000 MaxIntBlk:30000 PSRAM:4000000': {
    free: 50000,
    minimum: 40000,
    largest: 30000,
  },
  'frag:  30% (freeheap: 45400 - maxblock=24024) <- step': { free: 45400, largest: 24024 },
  'Free heap: 23.456 bytes, largest 9.216 bytes block': { free: 23456, largest: 9216 },
  'free heap = 123 456 bytes': { free: 123456 },
  'free heap: 123\u202f456 B, largest block: 65\u00a0536 B': { free: 123456, largest: 65536 },
  "Free heap: 1'234'567": { free: 1234567 },
  'Free heap: 1,234,567': { free: 1234567 },
  'Free heap: 201.5 KB (62%), max block 110 KB': { free: 206336, largest: 112640 },
  'heap free 23456, uptime min 5': { free: 23456 },
  'heap: free 3404, max. allocated: 4800': { free: 3404 },
  'Largest free block: 110000 bytes': { largest: 110000 },
};
for (const [line, figures] of Object.entries(LINES)) {
  test(`levels of '${line}'`, (t) => {
    const { wording: _, ...told } = parseLevelLine(line) ?? { memory: 'none' };
    t.deepEqual(told, { memory: '', ...figures });
  });
}

test('the largest block on a line of its own that does not name the heap', (t) => {
  const trace = readCase(
    t,
    'heap-levels',
    '[D][debug:151]: Free Heap Size: 201524 bytes\n[D][debug:151]: Largest free block: 110000 bytes\n[D][debug:151]: Free Heap Size: 200524 bytes\n',
  );
  t.deepEqual(levels(trace), [
    ['', 201524, 110000, undefined],
    ['', 200524, undefined, undefined],
  ]);
});

test('Zephyr: kernel heap', (t) => {
  const trace = readCase(
    t,
    'heap-levels',
    'uart:~$ kernel heap\nfree:           3404\nallocated:      4692\nmax. allocated: 4800\n',
  );
  t.deepEqual(levels(trace), [['', 3404, undefined, 3296]]);
  t.is(trace.levels[0]?.totalBytes, 8096);
});

test('RT-Thread: list_memheap, a row a heap', (t) => {
  const trace = readCase(
    t,
    'heap-levels',
    'memheap   pool size  max used size available size\n-------- ---------- ------------- --------------\nsdram    8388608    123456        8300000\nheap     65536      23456         42000\n',
  );
  t.deepEqual(levels(trace), [
    ['sdram', 8300000, undefined, 8265152],
    ['heap', 42000, undefined, 42080],
  ]);
});

test('heap_caps_print_heap_info in Markdown: the emphasis of the totals hides nothing', (t) => {
  const trace = readCase(
    t,
    'heap-levels',
    '**Heap summary for capabilities 0x00000004:**\n  At 0x3ffe0440 len 129984 free 20836 allocated 107524 min_free 20836\n' +
      '    largest_free_block 16384 alloc_blocks 1 free_blocks 1 total_blocks 2\n  Totals:\n    **free 20836 allocated 107524 min_free 20836 largest_free_block 16384**\n',
  );
  t.deepEqual(levels(trace)[1], ['capabilities 0x00000004', 20836, 16384, 20836]);
});

test('CSV of levels with units in its names and decimal commas', (t) => {
  const trace = readCase(t, 'heap-levels', 'time (s);free (KB);largest (KB)\n0,5;120,5;100\n1,5;110,5;99\n');
  t.deepEqual(levels(trace), [
    ['', 123392, 102400, undefined],
    ['', 113152, 101376, undefined],
  ]);
  t.is(trace.levels[1]?.atUs, 1.5e6);
});

test('what is free in several wordings may be several counters: a note names them', (t) => {
  const lines = [
    '6555 : Free Heap: 299148',
    'Free heap: 253436 :: ESP Free Heap: 299068',
    'ESP Free Heap before HTTP POST: 252736',
  ];
  const trace = readCase(t, 'heap-levels', `${lines.join('\n')}\n`);
  t.deepEqual(freeOf(trace), [299148, 253436, 252736]);
  const [note] = trace.notes.filter(({ code }) => code === 'levels-wordings');
  t.regex(note?.text ?? '', /in 2 wordings \('free heap', 'esp free heap before http post'\)/);
});

test('a refused request in a log of levels is told, and makes no other format of it', (t) => {
  const lines = [
    'Task base took 138 us, mem free pre gc: 47616 B post gc: 47744 B, freed 128 B',
    'Task link took 116 us, mem free pre gc: 48800 B post gc: 48928 B, freed 128 B',
    'MemoryError: memory allocation failed, allocating 582 bytes',
  ];
  const trace = readCase(t, 'heap-levels', `${lines.join('\n')}\n`);
  t.deepEqual(freeOf(trace), [47616, 48800]);
  t.true(trace.notes.some(({ text }) => text === 'a request was refused, of 582 bytes'));
});

test('a total that is at times less than what is free is not the size of the heap', (t) => {
  const lines = [
    'I (3060657) app_main: Free internal 42476 biggest block 23552 total 42476',
    'I (3220657) app_main: Free internal 41568 biggest block 20480 total 41568',
  ];
  const trace = readCase(t, 'heap-levels', `${lines.join('\n')}\n`);
  const [series] = heapLevels(trace);
  t.is(series?.totalBytes, undefined);
  t.is(series?.lastFreeBytes, 41568);
});

for (const line of [
  'assert failed: multi_heap_free multi_heap_poisoning.c:259 (head != NULL)',
  'heap: free list corrupt at index 12',
  'free heap task started 3 times',
  'Heap free: 45%',
  'free heap 45 %',
  'Free heap changed by -128 bytes',
  'memory free slots: 3',
  'heap has 12 free blocks',
  'pbuf pool memory avail 16 used 3',
])
  test(`a number that is no size makes no level: ${line}`, (t) => {
    t.is(parseLevelLine(line), undefined);
  });

for (const [line, free] of [
  ['Free heap after 10 s: 41232', 41_232],
  ['free heap at loop 12: 41232', 41_232],
  ['[MEM] free=41232 min=40000 largest=20000', 41_232],
  ['Heap free 41232 B / min 40000 B / largest 20000 B', 41_232],
  ['heap: 45.5% used, free 41232 bytes', 41_232],
] as const)
  test(`the size is read, not the number of what it follows: ${line}`, (t) => {
    t.is(parseLevelLine(line)?.free, free);
    t.is(parseLevelLine(line)?.largest, line.includes('largest') ? 20_000 : undefined);
  });

test('a log of assertions in the allocator says nothing of how full the heap is', (t) => {
  const log = 'assert failed: multi_heap_free multi_heap_poisoning.c:259 (head != NULL)\nRebooting...\n'.repeat(9);
  t.throws(() => detectFormat(utf8(log), true), { code: 'HH1402' });
});

const CAPS = (free: number, largest: number, minimum: number) => `Heap summary for capabilities 0x00001800:
  At 0x3fca0000 len 131072 free ${free} allocated 30000 min_free ${minimum}
    largest_free_block ${largest} alloc_blocks 120 free_blocks 3 total_blocks 123
  Totals:
    free ${free} allocated 30000 min_free ${minimum} largest_free_block ${largest}
`;

test('a log of levels has no fragmentation, no pools and no policies, and is not called free in one piece', (t) => {
  const trace = readCase(t, 'heap-levels', CAPS(100_000, 65_536, 90_000) + CAPS(99_000, 64_000, 80_000));
  for (const analyse of [
    () => fragmentation(trace),
    () => poolPlan(trace, { pools: 4 }),
    () => whatIf(trace, bestFit),
    () => heapDiff(trace, trace),
  ]) {
    const error = t.throws(analyse, { instanceOf: UsageError, code: 'HH2130' });
    t.true(error?.message.includes('at last 99000 bytes were free, the largest free block 64000'));
  }
  t.is(fragmentationSink(trace, {}), undefined);
});

test('what the device counts as its lowest is told where no reading was as low', (t) => {
  const trace = readCase(t, 'heap-levels', CAPS(100_000, 65_536, 90_000) + CAPS(99_000, 64_000, 80_000));
  const [area] = heapLevels(trace);
  t.is(area?.lowestFreeBytes, 99_000);
  t.is(area?.deviceLowestBytes, 80_000);
  // 80,000 / 1024 = 78.1
  t.true(
    levelLines(heapLevels(trace)).some((line) => line.includes("78.1 KiB at the lowest by the device's own count")),
  );
});

test('a call at a prompt and the value below it are a reading', (t) => {
  const lua = readCase(
    t,
    'heap-levels',
    '> =node.heap() \n\n41232\n> print(node.heap())\n40980\n> =tmr.now()\n12345678\n> ',
  );
  t.deepEqual(freeOf(lua), [41_232, 40_980]);
  const python = readCase(
    t,
    'heap-levels',
    '>>> gc.mem_free()\n94208\n>>> gc.mem_alloc()\n8192\n>>> gc.mem_free()\n95000\n',
  );
  t.deepEqual(freeOf(python), [94_208, 95_000]);
  const torn = readCase(t, 'heap-levels', '>>> gc.mem_free()\n94208\n>>> gc.mem_free()\n950');
  t.deepEqual(freeOf(torn), [94_208]);
  t.false(torn.info.complete);
});

test('a second memory of a line is not read, and that is said', (t) => {
  const trace = readCase(
    t,
    'heap-levels',
    'free internal: 100000 free spiram: 4000000\nfree internal: 99000 free spiram: 4000000\n',
  );
  t.deepEqual(
    levels(trace).map(([memory, free]) => [memory, free]),
    [
      ['internal', 100_000],
      ['internal', 99_000],
    ],
  );
  t.true(trace.notes.some(({ code, text }) => code === 'levels-one-memory' && text.includes('PSRAM')));
});

test('free of RT-Thread before 4.1, and the heap statistics of FreeRTOS by their own names', (t) => {
  const old = readCase(
    t,
    'heap-levels',
    'msh >free\ntotal memory: 23456\nused memory : 12345\nmaximum allocated memory: 15000\n',
  );
  // 23456 - 12345 and 23456 - 15000
  t.deepEqual(levels(old), [['', 11_111, undefined, 8456]]);
  const stats = readCase(
    t,
    'heap-levels',
    'xAvailableHeapSpaceInBytes: 12345\nxSizeOfLargestFreeBlockInBytes: 10000\nxSizeOfSmallestFreeBlockInBytes: 16\nxMinimumEverFreeBytesRemaining: 9000\n',
  );
  t.deepEqual(levels(stats), [['', 12_345, 10_000, 9000]]);
});
