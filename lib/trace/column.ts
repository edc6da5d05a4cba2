/** A typed array that doubles as it fills. `values` may be longer than `length`: the rest is zeros. */
export class Column<A extends Float64Array | Int32Array | Uint8Array> {
  values: A;
  length = 0;
  private expected = 0;

  constructor(private readonly make: (size: number) => A) {
    this.values = make(64);
  }

  push(value: number): void {
    if (this.length === this.values.length) this.grow(this.length + 1);
    this.values[this.length++] = value;
  }

  /** Makes room for `count` more values, to be written into `values`, and returns where they begin. */
  extend(count: number): number {
    const from = this.length;
    if (from + count > this.values.length) this.grow(from + count);
    this.length = from + count;
    return from;
  }

  /** Takes back what was added beyond `length`. */
  truncate(length: number): void {
    this.values.fill(0, length, this.length);
    this.length = length;
  }

  /** How many values there will be, as far as is known: a column that grows past doubling grows to this at once. */
  expect(length: number): void {
    this.expected = length;
  }

  /** A view (not a copy) of what is filled; later pushes may or may not show in it. */
  view(): A {
    return this.values.subarray(0, this.length) as A;
  }

  private grow(atLeast: number): void {
    const size = this.expected >= atLeast ? this.expected : Math.max(this.values.length * 2, atLeast);
    const grown = this.make(size);
    grown.set(this.values.length > this.length ? this.values.subarray(0, this.length) : this.values);
    this.values = grown;
  }
}

export const floatColumn = (): Column<Float64Array> => new Column((size) => new Float64Array(size));
export const intColumn = (): Column<Int32Array> => new Column((size) => new Int32Array(size));
export const byteColumn = (): Column<Uint8Array> => new Column((size) => new Uint8Array(size));
