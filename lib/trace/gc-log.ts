import type { Address, Blocks, Bytes } from '../units.js';
import type { Backtrace, HeapEvent, HeapRegion } from './heap-event.js';

/** MicroPython's and CircuitPython's block on 32-bit targets: four words. */
export const GC_BLOCK_BYTES: Bytes = 16;

/**
 * Turns the arguments of `gc_log_change(start_block, length)` into heap events (capture.md, section 1):
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
    if (length === 0) {
      this.live.delete(startBlock);
      return { kind: isSweep(backtrace) ? 'sweep' : 'free', address, backtrace };
    }
    const sizeBytes = length * this.blockBytes;
    const known = this.live.has(startBlock);
    this.live.set(startBlock, length);
    if (known) return { kind: 'realloc', address, fromAddress: address, sizeBytes, backtrace };
    return { kind: 'alloc', address, sizeBytes, backtrace };
  }
}

/** gc_sweep, gc_sweep_all, gc_sweep_free_blocks: the name has changed over the years, its beginning has not. */
export function isSweep(backtrace: Backtrace): boolean {
  return backtrace.some((frame) => frame.functionName.startsWith('gc_sweep'));
}

/** The heap region that block numbers count in; of unknown place (base 0, size 0) when the firmware does not tell. */
export function gcRegion(blockBytes: Bytes, poolStart: Address = 0, poolEnd: Address = poolStart): HeapRegion {
  return { name: 'gc', baseAddress: poolStart, sizeBytes: poolEnd - poolStart, unitBytes: blockBytes };
}
