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
  private readonly others = new Set<number | string>();

  /**
   * The column where a row says that it is a free, a reallocation or a failure; undefined for most rows: without kinds, all are allocations. A sign
   * or a letter is no such word.
   */
  look<K extends number | string>(columns: Iterable<K>, value: (column: K) => string | undefined): K | undefined {
    for (const column of columns) {
      const word = value(column)?.trim() ?? '';
      if (word === '') continue;
      const kind = word.length > 2 && word.length < 40 ? kindNamed(word) : undefined;
      if (kind === undefined) this.others.add(column);
      else if (kind !== EventKind.alloc) return column;
    }
    return undefined;
  }

  /** Whether all rows before had a kind in this column, too. */
  isSure(column: number | string): boolean {
    return !this.others.has(column);
  }
}
