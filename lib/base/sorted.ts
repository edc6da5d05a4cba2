/** The index of the last value that is at or before `wanted` in a sorted array; -1 when all are after it. */
export function lastAtOrBefore(sorted: Float64Array, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The index of the first value that is not before `wanted` in a sorted array; its length when all are. */
export function firstAtOrAfter(sorted: Float64Array | Int32Array, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
