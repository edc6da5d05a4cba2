import type { Address, Blocks, Bytes } from '../base/units.js';
import type { Backtrace, HeapEvent, HeapRegion } from './heap-event.js';

/** MicroPython's and CircuitPython's block on 32-bit targets: four words. */
export const GC_BLOCK_BYTES: Bytes = 16;

/**
 * Turns the arguments of `gc_log_change(start_block, length)` into heap events (CircuitPython's py/gc.c with LOG_HEAP_ACTIVITY):
 * a length for a block that is not live is an alloc, for a live one a realloc in place, 0 is a free, or a sweep when
 * a function named `gc_sweep*` is in the backtrace.
 */
export class GcLog {
  /** Live blocks: the number of the first by the count. */
  readonly live = new Map<Blocks, Blocks>();

  constructor(
    readonly blockBytes: Bytes,
    private poolStart: Address = 0,
  ) {}

  /** Begins a new epoch: every block is free again, and the pool may lie elsewhere. */
  reset(poolStart: Address): void {
    this.live.clear();
    this.poolStart = poolStart;
  }

  event(startBlock: Blocks, length: Blocks, backtrace: Backtrace): HeapEvent {
    const address = this.poolStart + startBlock * this.blockBytes;
    const sizeBytes = length * this.blockBytes;
    const kind = this.change(startBlock, length, length === 0 && isSweep(backtrace));
    switch (kind) {
      case 'alloc':
        return { kind, address, sizeBytes, backtrace };
      case 'realloc':
        return { kind, address, fromAddress: address, sizeBytes, backtrace };
      default:
        return { kind, address, backtrace };
    }
  }

  /** The same for callers that keep events in columns: follows the live blocks and says which kind of event it is. */
  change(startBlock: Blocks, length: Blocks, swept: boolean): 'alloc' | 'realloc' | 'free' | 'sweep' {
    if (length === 0) {
      this.live.delete(startBlock);
      return swept ? 'sweep' : 'free';
    }
    const known = this.live.has(startBlock);
    this.live.set(startBlock, length);
    return known ? 'realloc' : 'alloc';
  }
}

/** gc_sweep, gc_sweep_all, gc_sweep_free_blocks: the name has changed over the years, its beginning has not. */
export function isSweep(backtrace: Backtrace): boolean {
  return backtrace.some((frame) => isSweepName(frame.functionName));
}

export function isSweepName(functionName: string): boolean {
  return functionName.startsWith('gc_sweep');
}

/** The heap region that block numbers count in; of unknown place (base 0, size 0) when the firmware does not tell. */
export function gcRegion(blockBytes: Bytes, poolStart: Address = 0, poolEnd: Address = poolStart): HeapRegion {
  return { name: 'gc', baseAddress: poolStart, sizeBytes: poolEnd - poolStart, unitBytes: blockBytes };
}
