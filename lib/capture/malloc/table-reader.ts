import { type GcHeap, readAllocations, readGcHeap, sameArea, type TargetMemory } from '../../allocators/gc-area.js';
import type { Address, Bytes } from '../../base/units.js';
import { errorMessage } from '../../errors/errors.js';
import type { MallocHook } from '../engine.js';
import type { CallEvent } from './call-hook.js';
import type { TableEvent } from './event-writer.js';
import { tableChanges } from './table-changes.js';

/** What happened since the last look at the table. */
export interface TableNews {
  readonly events: readonly (TableEvent | { readonly kind: 'sweep' | 'free'; readonly address: Address })[];
  /** Why the heap is a new one; absent when it is not. */
  readonly restarted?: string;
  /** Blocks that no call was seen to allocate. */
  readonly missed: number;
}

/** Reads from a block heap's allocation table what no breakpoint has seen: deaths, changes of size, restarts. */
export class TableReader {
  private heap: GcHeap | undefined;
  private readonly seesFrees: boolean;

  constructor(
    private readonly memory: TargetMemory,
    private readonly hook: MallocHook,
  ) {
    this.seesFrees = hook.calls.some(({ kind }) => kind === 'free');
  }

  /** The heap was made anew, which was seen. */
  forget(): void {
    this.heap = undefined;
  }

  /** `own` is what the call did that ends here; it tells that itself. */
  async changes(
    live: ReadonlyMap<Address, Bytes>,
    own: CallEvent | undefined,
  ): Promise<TableNews | { readonly problem: string }> {
    const before = this.heap;
    try {
      this.heap = await readGcHeap(this.memory, this.hook.heap?.places.gc);
      if (this.heap?.unseen !== undefined) return { problem: this.heap.unseen };
      const [was] = before?.areas ?? [];
      const [now] = this.heap?.areas ?? [];
      if (was && now && !sameArea(was, now)) {
        return { events: [], missed: 0, restarted: 'the heap lies elsewhere: it was made anew' };
      }
      const table = await readAllocations(this.memory, this.heap?.areas ?? []);
      const { blockBytes = 1 } = this.hook;
      const found = tableChanges(live, table, { blockBytes, ...blocksOfEvent(own) });
      if (found.restarted) return { events: [], missed: 0, restarted: 'the allocation table was cleared' };
      const death = this.seesFrees || own ? 'sweep' : 'free';
      return {
        events: [
          ...found.gone.map((address) => ({ kind: death, address }) as const),
          ...found.resized.map(
            ({ address, sizeBytes }) =>
              ({ kind: 'realloc', address, fromAddress: address, blockSizeBytes: sizeBytes }) as const,
          ),
          ...found.unknown.map(
            ({ address, sizeBytes }) => ({ kind: 'alloc', address, blockSizeBytes: sizeBytes }) as const,
          ),
        ],
        missed: found.unknown.length,
      };
    } catch (error) {
      return { problem: errorMessage(error) };
    }
  }
}

function blocksOfEvent(event: CallEvent | undefined): { kept?: Address; made?: Address } {
  switch (event?.kind) {
    case 'alloc':
      return { made: event.address };
    case 'realloc':
      return { kept: event.fromAddress, ...(event.address === event.fromAddress ? {} : { made: event.address }) };
    case 'free':
      return { kept: event.address };
    default:
      return {};
  }
}
