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
