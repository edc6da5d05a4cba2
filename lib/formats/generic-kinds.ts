import { EventKind } from '../trace/trace.js';
import { allocatorCall } from './gdb-hit.js';

const KINDS: Readonly<Record<string, number>> = {
  alloc: EventKind.alloc,
  malloc: EventKind.alloc,
  calloc: EventKind.alloc,
  new: EventKind.alloc,
  allocate: EventKind.alloc,
  allocated: EventKind.alloc,
  a: EventKind.alloc,
  m: EventKind.alloc,
  '+': EventKind.alloc,
  free: EventKind.free,
  freed: EventKind.free,
  dealloc: EventKind.free,
  deallocate: EventKind.free,
  deallocated: EventKind.free,
  delete: EventKind.free,
  release: EventKind.free,
  f: EventKind.free,
  d: EventKind.free,
  '-': EventKind.free,
  sweep: EventKind.sweep,
  gc: EventKind.sweep,
  realloc: EventKind.realloc,
  reallocate: EventKind.realloc,
  reallocated: EventKind.realloc,
  resize: EventKind.realloc,
  r: EventKind.realloc,
  failed: EventKind.failed,
  fail: EventKind.failed,
};

const CALLS = {
  alloc: EventKind.alloc,
  calloc: EventKind.alloc,
  realloc: EventKind.realloc,
  free: EventKind.free,
} as const;

/** The kind of event that a word of somebody's table stands for: `malloc`, `FREE`, `vPortFree`, `+`. Undefined for any other. */
export function kindNamed(text: string): number | undefined {
  const word = text.toLowerCase();
  if (Object.hasOwn(KINDS, word)) return KINDS[word];
  const call = allocatorCall(text) ?? allocatorCall(word);
  return call && CALLS[call];
}

/** Finds the column that tells kinds where none is named for that. */
export class KindSearch {
  /** Columns that had a value which is no kind. */
  private readonly others = new Set<number>();

  /**
   * The column where a row says that it is a free, a reallocation or a failure; -1 for most rows: without kinds, all are allocations. A sign
   * or a letter is no such word.
   */
  look(values: readonly (string | undefined)[], mayBe: (index: number) => boolean): number {
    let found = -1;
    for (let i = 0; i < values.length && found < 0; i++) {
      const word = values[i]?.trim() ?? '';
      if (word === '' || !mayBe(i)) continue;
      const kind = word.length > 2 && word.length < 40 ? kindNamed(word) : undefined;
      if (kind === undefined) this.others.add(i);
      else if (kind !== EventKind.alloc) found = i;
    }
    return found;
  }

  /** Whether all rows before had a kind in this column, too. */
  isSure(index: number): boolean {
    return !this.others.has(index);
  }
}
