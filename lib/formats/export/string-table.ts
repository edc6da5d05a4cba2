/** Strings by number; string 0 is the empty one, as pprof and OTLP want. */
export class StringTable {
  readonly all: string[] = [''];
  private readonly ids = new Map<string, number>([['', 0]]);

  of(text: string): number {
    let id = this.ids.get(text);
    if (id === undefined) {
      id = this.all.length;
      this.ids.set(text, id);
      this.all.push(text);
    }
    return id;
  }
}
