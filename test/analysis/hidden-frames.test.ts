import test from 'ava';
import fc from 'fast-check';
import { isAllocatorFunction } from '../../lib/analysis/allocator-frames.js';
import { callTree } from '../../lib/analysis/call-tree.js';
import { fragmentation } from '../../lib/analysis/fragmentation.js';
import { heapStats } from '../../lib/analysis/heap-stats.js';
import { framesToHide, sourceFrames } from '../../lib/analysis/hidden-frames.js';
import { heapLeaks } from '../../lib/analysis/leaks.js';
import { pathTable } from '../../lib/analysis/path-table.js';
import { callTreeText } from '../../lib/report/call-tree-text.js';
import { frameAt, type Trace } from '../../lib/trace/trace.js';
import { traceFromText } from '../support/trace-from-text.js';

// An ESP-IDF dump of depth 2, outermost first: the caller of pvPortMalloc was not recorded.
const DEPTH_2 = `
  alloc 0x3fca94d8 84 pvPortMalloc@components/freertos/heap_idf.c:58 > heap_caps_malloc@components/heap/heap_caps.c:84
  alloc 0x3fca9530 84 pvPortMalloc@components/freertos/heap_idf.c:58 > heap_caps_malloc@components/heap/heap_caps.c:84
  alloc 0x3fcaa114 12 heap_caps_malloc_default@components/heap/heap_caps.c:110 > heap_caps_malloc@components/heap/heap_caps.c:84
  alloc 0x3fcab000 8 app_main@main.c:7 > malloc@newlib/libc/stdlib/malloc.c:1
`;

test('a block whose every frame is the allocator shows under the outermost of them', (t) => {
  const trace = traceFromText(DEPTH_2);
  t.is(
    callTreeText(callTree(trace), { unit: 'bytes' }),
    [
      'components/freertos/heap_idf.c:58 pvPortMalloc 168 bytes',
      'components/heap/heap_caps.c:110 heap_caps_malloc_default 12 bytes',
      'main.c:7 app_main 8 bytes',
      '188 total bytes',
      '',
    ].join('\n'),
  );
  t.deepEqual(
    heapLeaks(trace).sites.map(({ functionName, bytes }) => [functionName, bytes]),
    [
      ['pvPortMalloc', 168],
      ['heap_caps_malloc_default', 12],
      ['app_main', 8],
    ],
  );
  t.deepEqual(heapLeaks(trace).sites[0]?.frames[0]?.functionName, 'pvPortMalloc');
  t.deepEqual(
    heapStats(trace).sources.map((row) => row.functionName),
    ['pvPortMalloc', 'heap_caps_malloc_default', 'app_main'],
  );
  t.deepEqual([...pathTable(trace).keys()], ['pvPortMalloc', 'heap_caps_malloc_default', 'app_main']);
  t.deepEqual(
    callTree(trace, { invert: true }).root.children.map((node) => [node.functionName, node.live.bytes]),
    [
      ['pvPortMalloc', 168],
      ['heap_caps_malloc_default', 12],
      ['app_main', 8],
    ],
  );
});

test('hiding an outermost function leaves what it calls, and its own blocks', (t) => {
  const trace = traceFromText('alloc 0x10 4 main@m.c:1 > load@l.c:2\nalloc 0x20 8 main@m.c:3\n');
  t.is(
    callTreeText(callTree(trace, { hide: ['main'] }), { unit: 'bytes' }),
    'l.c:2 load 4 bytes\nm.c:3 main 8 bytes\n12 total bytes\n',
  );
});

const NAMES: Readonly<Record<string, readonly string[]>> = {
  'ESP-IDF': ['heap_caps_malloc_base', 'heap_caps_aligned_alloc', 'multi_heap_malloc', 'tlsf_memalign', 'pvPortMalloc'],
  Zephyr: ['sys_heap_alloc', 'k_heap_alloc', 'k_malloc', 'z_thread_malloc'],
  NuttX: ['mm_malloc', 'kmm_zalloc', 'umm_memalign', 'zalloc', 'mempool_multiple_alloc'],
  'RT-Thread': ['rt_malloc', 'rt_smem_alloc', '_rt_memheap_alloc', 'rt_memheap_alloc'],
  ThreadX: ['_tx_byte_allocate', '_txe_byte_allocate', 'tx_block_allocate', '_tx_byte_pool_search'],
  mbed: ['malloc_wrapper', '__wrap__malloc_r'],
  Rust: ['alloc::alloc::alloc', '__rust_alloc', '__rg_alloc', '<alloc::raw_vec::RawVec<T,A>>::grow_one'],
  'C++': [
    'operator new(unsigned int)',
    '_Znwj',
    'std::_Vector_base<int, std::allocator<int> >::_M_allocate(unsigned int)',
  ],
  MicroPython: [
    'mp_obj_malloc_helper',
    'm_new',
    'm_new_obj_with_finaliser',
    'm_malloc0',
    'm_tracked_calloc',
    'gc_alloc',
  ],
};
for (const [family, names] of Object.entries(NAMES)) {
  test(`${family}: its own functions are hidden`, (t) => {
    for (const name of names) t.true(isAllocatorFunction(name), name);
    t.true(isAllocatorFunction(`${names[0]}.constprop.0`));
  });
}

test('functions of the application are not taken for the allocator', (t) => {
  const names = [
    ...['app_alloc', 'mem_malloc', 'lv_mem_alloc', 'free_list_init', 'memory_dump', 'rt_thread_create', 'm_counter'],
    ...['std::vector<int>::push_back', '<alloc::boxed::Box<F> as core::ops::FnOnce>::call_once', 'tx_queue_send', ''],
  ];
  for (const name of names) t.false(isAllocatorFunction(name), name);
});

const SQLITE = `
  alloc 0x1000 400 main@m.c:1 > open_db@d.c:2 > sqlite3Malloc@q.c:9 > sqlite3MemMalloc@q.c:5 > malloc@x.c:1
  alloc 0x2000 300 main@m.c:1 > insert@d.c:3 > sqlite3Malloc@q.c:9 > sqlite3MemMalloc@q.c:5 > malloc@x.c:1
  alloc 0x3000 200 main@m.c:1 > select@d.c:4 > sqlite3Malloc@q.c:9 > sqlite3MemMalloc@q.c:5 > malloc@x.c:1
  alloc 0x4000 70 main@m.c:1 > vacuum@d.c:5 > sqlite3Malloc@q.c:9 > sqlite3MemMalloc@q.c:5 > malloc@x.c:1
  alloc 0x5000 30 main@m.c:1 > log@l.c:5
`;

const sources = (trace: Trace, hidden: Uint8Array) =>
  Array.from(trace.events.stack, (stack) => frameAt(trace, sourceFrames(trace, hidden)[stack] ?? -1).functionName);

test('a wrapper that nearly all bytes pass through is looked through, and said', (t) => {
  const trace = traceFromText(SQLITE);
  // By hand: 970 of 1000 bytes; a chain of two functions, the outer of which has four callers.
  const said =
    '97 % of the bytes pass through sqlite3Malloc > sqlite3MemMalloc: looking through it (options.lookThrough=false shows it)';
  const { hidden, assumptions } = framesToHide(trace);
  t.deepEqual(assumptions, [said]);
  t.deepEqual(sources(trace, hidden), ['open_db', 'insert', 'select', 'vacuum', 'log']);
  for (const result of [callTree(trace), heapStats(trace), heapLeaks(trace), fragmentation(trace)]) {
    t.true(result.assumptions.includes(said));
  }
  t.deepEqual(
    heapLeaks(trace).sites.map((site) => [site.functionName, site.bytes]),
    [
      ['open_db', 400],
      ['insert', 300],
      ['select', 200],
      ['vacuum', 70],
      ['log', 30],
    ],
  );
});

test('looking through is switched off by one option, and never done where traces are compared', (t) => {
  const trace = traceFromText(SQLITE);
  t.deepEqual(heapLeaks(trace, { lookThrough: false }).sites[0]?.functionName, 'sqlite3MemMalloc');
  t.deepEqual(heapLeaks(trace, { lookThrough: false }).assumptions, []);
  t.true([...pathTable(trace).keys()][0]?.endsWith('sqlite3Malloc > sqlite3MemMalloc'));
});

test('a function that allocates most, called from few places, is no wrapper', (t) => {
  const trace = traceFromText(`
    alloc 0x1000 4000 main@m.c:1 > frame_buffers@d.c:2
    alloc 0x3000 4000 main@m.c:1 > resize@m.c:2 > frame_buffers@d.c:2
    alloc 0x5000 30 main@m.c:1 > log@l.c:5
    alloc 0x6000 30 main@m.c:1 > boot@l.c:5
  `);
  t.deepEqual(framesToHide(trace).lookedThrough, []);
});

test('a function with many callers, one of which has nearly all the bytes, is no wrapper', (t) => {
  const lines = ['a', 'b', 'c', 'd', 'e'].map(
    (name, i) => `alloc ${0x1000 * (i + 1)} ${i ? 1 : 900} main@m.c:1 > ${name}@d.c:2 > xmalloc@x.c:3`,
  );
  t.deepEqual(framesToHide(traceFromText(lines.join('\n'))).lookedThrough, []);
});

test('whatever is hidden, the figures of a tree add up to the whole', (t) => {
  const name = fc.constantFrom('main', 'malloc', 'xmalloc', 'f', 'g', 'gc_alloc', 'heap_caps_malloc', 'h');
  const stack = fc.array(name, { minLength: 0, maxLength: 5 });
  const adds = () =>
    fc.assert(
      fc.property(fc.array(stack, { minLength: 1, maxLength: 30 }), fc.boolean(), (stacks, invert) => {
        const lines = stacks.map(
          (names, i) => `alloc ${(i + 1) * 256} ${i + 1} ${names.map((n) => `${n}@${n}.c:1`).join(' > ')}`,
        );
        const trace = traceFromText(lines.join('\n'));
        const { root } = callTree(trace, { invert });
        const without = stacks.reduce((sum, names, i) => sum + (names.length === 0 ? i + 1 : 0), 0);
        const shown = root.children.reduce((sum, child) => sum + child.live.bytes, 0);
        return shown + without === root.live.bytes;
      }),
    );
  t.notThrows(adds);
});
