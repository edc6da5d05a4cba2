import type { Address, Blocks, Bytes } from '../base/units.js';
import type { Backtrace, HeapEvent, HeapRegion } from './heap-event.js';

/** MicroPython's and CircuitPython's block on 32-bit targets: four words. */
export const GC_BLOCK_BYTES: Bytes = 16;

/** The live blocks of a heap whose changes are logged as (start, length), as CircuitPython's `gc_log_change` does. */
export class GcLive {
  /** Address of the first block by the count. */
  readonly blocks = new Map<Address, Blocks>();

  /** A length for a block that is not live is an alloc, for a live one a realloc in place, 0 is a free. */
  change(address: Address, length: Blocks): 'alloc' | 'realloc' | 'free' {
    if (length === 0) {
      this.blocks.delete(address);
      return 'free';
    }
    const known = this.blocks.has(address);
    this.blocks.set(address, length);
    return known ? 'realloc' : 'alloc';
  }

  /** Whether an allocation that is alive begins in this range. */
  overlaps(address: Address, length: Blocks): boolean {
    // A length can be anything where a stack is damaged.
    if (length > this.blocks.size) {
      const end = address + length * GC_BLOCK_BYTES;
      return [...this.blocks.keys()].some((start) => start >= address && start < end);
    }
    for (let i = 0; i < length; i++) if (this.blocks.has(address + i * GC_BLOCK_BYTES)) return true;
    return false;
  }

  clear(): void {
    this.blocks.clear();
  }
}

/** A change as a heap event: a free is a sweep when a function named `gc_sweep*` is in the backtrace. */
export function gcEvent(
  change: 'alloc' | 'realloc' | 'free',
  { address, length }: { readonly address: Address; readonly length: Blocks },
  backtrace: Backtrace,
): HeapEvent {
  const sizeBytes = length * GC_BLOCK_BYTES;
  switch (change) {
    case 'alloc':
      return { kind: 'alloc', address, sizeBytes, backtrace };
    case 'realloc':
      return { kind: 'realloc', address, fromAddress: address, sizeBytes, backtrace };
    case 'free':
      return { kind: isSweep(backtrace) ? 'sweep' : 'free', address, backtrace };
  }
}

/** gc_sweep, gc_sweep_all, gc_sweep_free_blocks: the name has changed over the years, its beginning has not. */
export function isSweep(backtrace: Backtrace): boolean {
  return backtrace.some(({ functionName, kind }) => isSweepName(functionName) && kind !== 'script');
}

export function isSweepName(functionName: string): boolean {
  return functionName.startsWith('gc_sweep');
}

/** The heap region that block numbers count in; of unknown place (base 0, size 0) when the firmware does not tell. */
export function gcRegion(blockBytes: Bytes, poolStart: Address = 0, poolEnd: Address = poolStart): HeapRegion {
  return { name: 'gc', baseAddress: poolStart, sizeBytes: poolEnd - poolStart, unitBytes: blockBytes };
}
