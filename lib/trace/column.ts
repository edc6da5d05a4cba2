/** A typed array that doubles as it fills. `values` may be longer than `length`: the rest is zeros. */
export class Column<A extends Float64Array | Int32Array | Uint8Array> {
  values: A;
  length = 0;

  constructor(private readonly make: (size: number) => A) {
    this.values = make(64);
  }

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = this.make(this.length * 2);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length++] = value;
  }

  /** A view (not a copy) of what is filled; later pushes may or may not show in it. */
  view(): A {
    return this.values.subarray(0, this.length) as A;
  }
}

export const floatColumn = (): Column<Float64Array> => new Column((size) => new Float64Array(size));
export const intColumn = (): Column<Int32Array> => new Column((size) => new Int32Array(size));
export const byteColumn = (): Column<Uint8Array> => new Column((size) => new Uint8Array(size));
