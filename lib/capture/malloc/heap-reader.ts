import { type GcHeap, gcRegions, readGcHeap } from '../../allocators/gc-area.js';
import type { HeapProblem, HeapWalk, ReadTarget } from '../../allocators/heap-walk.js';
import { type CallUnderWay, mallocOracle } from '../../allocators/malloc-oracle.js';
import type { MemoryPiece } from '../../allocators/memory-pieces.js';
import { HEAP_WALKERS } from '../../allocators/walkers/index.js';
import type { Address, Bytes } from '../../base/units.js';
import { errorMessage } from '../../errors/errors.js';
import type { HeapRegion, OracleResult } from '../../trace/heap-event.js';
import type { MallocHook } from '../engine.js';

/** Reads the heap of a halted target as its allocator keeps it. Never throws: what cannot be read is a problem with a text. */
export class HeapReader {
  constructor(
    private readonly hook: MallocHook,
    private readonly read: ReadTarget,
  ) {}

  /** What is read on the way is added to `copies`. */
  async walk(copies: MemoryPiece[] = []): Promise<HeapWalk | HeapProblem> {
    const { heap, profile } = this.hook;
    if (!heap) return { problem: `the profile ${profile} does not say how its heap is read` };
    const read: ReadTarget = async (address, length) => {
      const bytes = await this.read(address, length);
      copies.push({ address, bytes });
      return bytes;
    };
    try {
      return await HEAP_WALKERS[heap.walker](read, heap.places);
    } catch (error) {
      return { problem: `the heap could not be read: ${errorMessage(error)}` };
    }
  }

  /** The end-of-capture check of a heap that was read. */
  oracle(
    walk: HeapWalk | HeapProblem,
    live: ReadonlyMap<Address, Bytes>,
    underWay: readonly CallUnderWay[],
  ): OracleResult {
    const { unitBytes, blockBytes } = this.hook;
    return mallocOracle(walk, live, { underWay, unitBytes, exactSizes: blockBytes !== undefined });
  }

  /** Where the heap's areas lie, as far as that is known before it is used, or (gc) once it was made. */
  async regions(): Promise<readonly HeapRegion[]> {
    if (this.hook.heap?.walker === 'multi-heap') return this.walkedRegions();
    if (!this.isGc) return this.hook.region ? [this.hook.region] : [];
    return gcRegions((await this.gcHeap())?.areas ?? []);
  }

  private async walkedRegions(): Promise<readonly HeapRegion[]> {
    const walk = await this.walk();
    const regions = 'problem' in walk ? [] : (walk.regions ?? []);
    const { unitBytes } = this.hook;
    return regions.map(({ name, start, end }) => ({ name, baseAddress: start, sizeBytes: end - start, unitBytes }));
  }

  /** Whether it is a block heap whose tables can be read. */
  get isGc(): boolean {
    return this.hook.heap?.places.gc !== undefined;
  }

  async gcHeap(): Promise<GcHeap | undefined> {
    return await readGcHeap({ readMemory: this.read }, this.hook.heap?.places.gc).catch(() => undefined);
  }
}
