import { lastAtOrBefore } from '../base/sorted.js';

/** Address ranges flattened to steps: from `starts[i]` to `starts[i + 1]` the value is `values[i]`, -1 for none. */
export class IntervalMap {
  private constructor(
    private readonly starts: Float64Array,
    private readonly values: Int32Array,
  ) {}

  /**
   * Builds it from ranges (low, high excluded, value >= 0) that nest. Where ranges overlap the one that starts later wins, then the
   * higher value; a range that reaches out of the one it starts in is cut there.
   */
  static build(lows: readonly number[], highs: readonly number[], owners: readonly number[]): IntervalMap {
    const order = lows.map((_, index) => index);
    order.sort((a, b) => (lows[a] ?? 0) - (lows[b] ?? 0) || (owners[a] ?? 0) - (owners[b] ?? 0));
    const starts: number[] = [];
    const values: number[] = [];
    const emit = (start: number, value: number) => {
      if (starts.at(-1) === start) values[values.length - 1] = value;
      else {
        starts.push(start);
        values.push(value);
      }
    };
    const open: { readonly high: number; readonly value: number }[] = [];
    const close = (until: number) => {
      for (let top = open.at(-1); top && top.high <= until; top = open.at(-1)) {
        open.pop();
        emit(top.high, open.at(-1)?.value ?? -1);
      }
    };
    for (const index of order) {
      const low = lows[index] ?? 0;
      close(low);
      const value = owners[index] ?? -1;
      const high = Math.min(highs[index] ?? 0, open.at(-1)?.high ?? Number.POSITIVE_INFINITY);
      if (high <= low) continue;
      emit(low, value);
      open.push({ high, value });
    }
    close(Number.POSITIVE_INFINITY);
    return new IntervalMap(Float64Array.from(starts), Int32Array.from(values));
  }

  /** The step that an address lies in; -1 before the first. Equal steps have equal values. */
  step(address: number): number {
    return lastAtOrBefore(this.starts, address);
  }

  /** The value at an address; -1 for none. */
  at(address: number): number {
    return this.values[this.step(address)] ?? -1;
  }

  /** The steps that have a value, as pairs of low and high. */
  ranges(): number[] {
    const pairs: number[] = [];
    this.values.forEach((value, step) => {
      if (value >= 0) pairs.push(this.starts[step] ?? 0, this.starts[step + 1] ?? 0);
    });
    return pairs;
  }

  valueOfStep(step: number): number {
    return this.values[step] ?? -1;
  }
}
