/** A typed array that doubles as it fills. `values` may be longer than `length`: the rest is zeros. */
export class Column<A extends Float64Array | Uint32Array | Int32Array | Uint8Array> {
  values: A;
  length = 0;
  private expected = 0;

  constructor(protected make: (size: number) => A) {
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

  /** Room of somebody else's to begin with, all zeros: it is used until more is needed. */
  beginIn(room: A): void {
    if (this.length === 0) this.values = room;
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
    this.resize(size);
  }

  protected resize(size: number): void {
    const grown = this.make(size);
    grown.set(this.values.length > this.length ? this.values.subarray(0, this.length) : this.values);
    this.values = grown;
  }
}

/** Addresses and sizes: 32 bits each where that holds them all, as it does on a microcontroller. */
export type Numbers = Uint32Array | Float64Array;

/** An array that holds what such a one holds. */
export function numbersOfKind(like: Numbers, length: number): Numbers {
  return like instanceof Uint32Array ? new Uint32Array(length) : new Float64Array(length);
}

/** A column of numbers that takes half the memory as long as all of them are whole and below 2^32. */
export class NumberColumn extends Column<Numbers> {
  constructor() {
    super((size) => new Uint32Array(size));
  }

  /** Whether only numbers of 32 bits fit. */
  get isNarrow(): boolean {
    return this.values instanceof Uint32Array;
  }

  override push(value: number): void {
    if (value >>> 0 !== value && this.isNarrow) this.widen();
    super.push(value);
  }

  /** From now on any number fits. */
  widen(): void {
    if (!this.isNarrow) return;
    this.make = (size) => new Float64Array(size);
    this.resize(this.values.length);
  }
}

export const floatColumn = (): Column<Float64Array> => new Column((size) => new Float64Array(size));
export const intColumn = (): Column<Int32Array> => new Column((size) => new Int32Array(size));
export const byteColumn = (): Column<Uint8Array> => new Column((size) => new Uint8Array(size));
