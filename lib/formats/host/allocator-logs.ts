import { patternReader } from '../pattern/pattern-format.js';
import { REFUSALS } from '../pattern/refusals.js';

/** What Rust allocators with a logging wrapper print: sizes only, as Layout has them. */
export const rustAllocatorFormat = patternReader({
  id: 'rust-alloc',
  title: 'Rust allocator log (alloc N bytes, free N bytes)',
  source: 'Rust allocator log',
  patterns: [
    // What was refused is no block.
    ...REFUSALS,
    'realloc: realloc {fromSize} to {size} bytes',
    'realloc: realloc {fromSize} -> {size} bytes',
    'realloc: realloc {fromSize} bytes to {size} bytes',
    'realloc: realloc {fromSize} bytes -> {size} bytes',
    'alloc: alloc {size} bytes',
    'alloc: alloc_zeroed {size} bytes',
    'alloc: allocate {size} bytes',
    'free: free {size} bytes',
    'free: dealloc {size} bytes',
    'free: deallocate {size} bytes',
  ],
  damaged: /\b(?:alloc|allocate|alloc_zeroed|dealloc|deallocate) \d|\brealloc\b.{0,40}\d/,
  confidence: 0.5,
  remedy: 'log `alloc N bytes` and `free N bytes` in your GlobalAlloc, or describe other lines with options.patterns',
});

/** Every block of every heap, as ESP-IDF's heap_caps_dump and heap_caps_dump_all print them. */
export const heapCapsDumpFormat = patternReader({
  id: 'heap-caps-dump',
  title: 'ESP-IDF heap_caps_dump_all (blocks, free ones too)',
  source: 'ESP-IDF heap_caps_dump',
  info: { contents: 'snapshot', sizeKind: 'block', unitBytes: 4 },
  patterns: [
    'mark: Showing data for heap: {name}',
    'hole: Block {address} data, size: {size} bytes, Free: Yes',
    'alloc: Block {address} data, size: {size} bytes, Free: No',
  ],
  damaged: /\bBlock 0x[0-9a-f]/i,
  confidence: 0.8,
  remedy: 'call heap_caps_dump_all() and keep all that it prints',
});

/** A walk over newlib's chunks, as gcc4mbed prints it. */
export const heapWalkFormat = patternReader({
  id: 'heap-walk',
  title: 'gcc4mbed heap walk (chunks of newlib)',
  source: 'gcc4mbed heap walk',
  info: { contents: 'snapshot', sizeKind: 'block', unitBytes: 8 },
  patterns: [
    'snapshot(heap walk): Used Heap Size: {any}',
    'hole: Chunk: {any} Address: {address} Size: {size} CHUNK FREE',
    'hole: Chunk: {any} Address: {address} Size: {size} FREE',
    'alloc: Chunk: {any} Address: {address} Size: {size}',
  ],
  damaged: /\bChunk: \d/,
  confidence: 0.84,
  remedy: 'print the walk again and keep all of it',
});
