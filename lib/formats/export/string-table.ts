/** Strings by number, in the order in which they were first asked for. */
export class StringTable {
  private readonly ids = new Map<string, number>();

  /** `first` have the numbers from 0 on: pprof and OTLP want the empty string there. */
  constructor(...first: readonly string[]) {
    for (const text of first) this.of(text);
  }

  get count(): number {
    return this.ids.size;
  }

  get all(): Iterable<string> {
    return this.ids.keys();
  }

  of(text: string): number {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    this.ids.set(text, this.ids.size);
    return this.ids.size - 1;
  }
}
