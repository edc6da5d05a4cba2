/** Numbers in ascending order. */
export type Sorted = Float64Array | Uint32Array | Int32Array;

/** The index of the last value that is at or before `wanted` in a sorted array; -1 when all are after it. `count`: of the first so many. */
export function lastAtOrBefore(sorted: Sorted, wanted: number, count = sorted.length): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The index of the first value that is not before `wanted` in a sorted array; its length when all are. */
export function firstAtOrAfter(sorted: Sorted, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

const MANY = 64;

/** What `[...items].sort(compare).slice(0, limit)` gives, without sorting the rest: for a few of many. */
export function firstSorted<T>(items: readonly T[], limit: number, compare: (a: T, b: T) => number): T[] {
  if (limit > MANY) return [...items].sort(compare).slice(0, limit);
  const first: T[] = [];
  for (const item of items) keepFirst(first, item, limit, compare);
  return first;
}

/** Puts an item into a list that is sorted and has the first `limit` of all, behind those that are equal to it, where it is one of them. */
export function keepFirst<T>(list: T[], item: T, limit: number, compare: (a: T, b: T) => number): void {
  const isFull = list.length >= limit;
  if (isFull && (list.length === 0 || compare(item, list.at(-1) as T) >= 0)) return;
  let at = list.length;
  while (at > 0 && compare(item, list[at - 1] as T) < 0) at--;
  list.splice(at, 0, item);
  if (list.length > limit) list.pop();
}

/** Of whole numbers below this each has a place of its own. */
const MAX_EXACT = 2 ** 53;

/** Indices in ascending order of their keys; those of equal keys as they were. */
export function sortedByKey(indices: Int32Array, keyOf: (index: number) => number): Int32Array {
  // Numbers are sorted without a function in the engine itself, ten times as fast: the place of each stands in its last bits.
  const places = 2 ** Math.ceil(Math.log2(Math.max(1, indices.length)));
  const keys = new Float64Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const key = keyOf(indices[i] as number);
    if (!(Number.isInteger(key) && key >= 0 && key < MAX_EXACT / places))
      return indices.slice().sort((a, b) => keyOf(a) - keyOf(b));
    keys[i] = key * places + i;
  }
  keys.sort();
  const sorted = new Int32Array(indices.length);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number;
    sorted[i] = indices[key - Math.floor(key / places) * places] as number;
  }
  return sorted;
}
