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

/** What scripts inside a debugger print of each call: the address, then what was done with it. */
export const callLogFormat = patternReader({
  id: 'call-log',
  title: 'log of malloc and free calls (0x... <---- malloc of 0x40 bytes; malloc(64) = 0x...)',
  source: 'log of malloc and free calls',
  patterns: [
    'alloc: {address} <---- malloc of {size} bytes',
    'alloc: {address} <---- calloc of {size} bytes',
    'alloc: {address} <---- realloc of {size} bytes',
    'free: {address} <---- free of {any} bytes',
    'alloc: malloc({size}) = {address}',
    'alloc: malloc({size}) -> {address}',
    'free: free({address})',
  ],
  confidence: 0.5,
  remedy: 'print one line a call, or describe other lines with options.patterns',
});
