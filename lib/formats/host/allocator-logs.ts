import { patternReader } from '../pattern/pattern-format.js';

/** What Rust allocators with a logging wrapper print: sizes only, as Layout has them. */
export const rustAllocatorFormat = patternReader({
  id: 'rust-alloc',
  title: 'Rust allocator log (alloc N bytes, free N bytes)',
  source: 'Rust allocator log',
  patterns: [
    'alloc: alloc {size} bytes',
    'alloc: allocate {size} bytes',
    'free: free {size} bytes',
    'free: dealloc {size} bytes',
    'free: deallocate {size} bytes',
  ],
  confidence: 0.5,
  remedy: 'log `alloc N bytes` and `free N bytes` in your GlobalAlloc, or describe other lines with options.patterns',
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
  confidence: 0.84,
  remedy: 'print the walk again and keep all of it',
});
