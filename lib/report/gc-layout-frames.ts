import type { GcHeapLayout } from '../interpreters/micropython/gc-dump.js';
import { gcMapCharacters } from './gc-layout-text.js';

/** One dump of a sequence, for the viewer. */
export interface GcFrame {
  readonly name: string;
  /** Runs of equal characters of the map (see gcLayoutText): `h1=3.60`. */
  readonly map: string;
  readonly headCount: number;
  readonly usedBlocks: number;
  readonly freeBlocks: number;
  readonly longestFreeBlocks: number;
  readonly longestFreeStart: number;
  /** Of a heap in several areas: where this one begins, when that is not the sequence's own. */
  readonly poolAddress?: number;
  /** Blocks whose kind differs from the frame before of the same area; 0 for the first. */
  readonly changedBlocks: number;
}

/** A sequence of dumps of one heap. */
export interface GcFrames {
  readonly version: 1;
  readonly poolAddress: number;
  readonly blockBytes: number;
  readonly blockCount: number;
  readonly frames: readonly GcFrame[];
}

/** Dumps in the order in which they were taken, as plain JSON. The geometry is that of the first; empty without any. */
export function gcFrames(dumps: readonly { readonly name: string; readonly layout: GcHeapLayout }[]): GcFrames {
  const first = dumps[0]?.layout.geometry;
  const before = new Map<number, Uint8Array>();
  return {
    version: 1,
    poolAddress: first?.poolAddress ?? 0,
    blockBytes: first?.blockBytes ?? 0,
    blockCount: first?.blockCount ?? 0,
    frames: dumps.map(({ name, layout }) => {
      const { poolAddress } = layout.geometry;
      const changedBlocks = changes(before.get(poolAddress), layout.kinds);
      before.set(poolAddress, layout.kinds);
      return {
        name,
        ...(poolAddress === first?.poolAddress ? {} : { poolAddress }),
        map: runLengths(gcMapCharacters(layout)),
        headCount: layout.headCount,
        usedBlocks: layout.usedBlocks,
        freeBlocks: layout.freeBlocks,
        longestFreeBlocks: layout.longestFreeBlocks,
        longestFreeStart: layout.longestFreeStart,
        changedBlocks,
      };
    }),
  };
}

function runLengths(text: string): string {
  return text.replace(/(.)\1*/g, (run, character: string) => `${character}${run.length}`);
}

function changes(before: Uint8Array | undefined, now: Uint8Array): number {
  if (!before) return 0;
  let count = Math.abs(before.length - now.length);
  for (let i = 0; i < Math.min(before.length, now.length); i++) if (before[i] !== now[i]) count++;
  return count;
}
