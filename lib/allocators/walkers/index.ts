import type { WalkerName } from '../allocator-schema.js';
import type { HeapWalker } from '../heap-walk.js';
import { walkGc } from './gc.js';
import { walkHeap4 } from './heap4.js';
import { walkMultiHeap } from './multi-heap.js';
import { walkNewlib } from './newlib.js';
import { walkSizedChunks } from './sized-chunks.js';
import { walkTlsf } from './tlsf.js';
import { walkUmm } from './umm.js';

/** The readers of heaps, by the name that profiles use. */
export const HEAP_WALKERS: Readonly<Record<WalkerName, HeapWalker>> = {
  newlib: walkNewlib,
  'newlib-nano': walkSizedChunks,
  picolibc: walkSizedChunks,
  'heap-4': walkHeap4,
  tlsf: walkTlsf,
  'multi-heap': walkMultiHeap,
  umm: walkUmm,
  gc: walkGc,
};
