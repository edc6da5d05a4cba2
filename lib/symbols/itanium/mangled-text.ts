/** Thrown inside the demangler: a name that is damaged, or too large. The name then stays as it is. */
export class NotMangled extends Error {}

const MAX_DEPTH = 256;

/** A mangled name and the place that is read next. */
export class MangledText {
  at = 0;
  private depth = 0;

  constructor(readonly text: string) {}

  /** The next character, or the one `ahead` of it; empty at the end. */
  peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? '';
  }

  next(): string {
    const character = this.peek();
    this.at++;
    return character;
  }

  starts(prefix: string): boolean {
    return this.text.startsWith(prefix, this.at);
  }

  /** Passes over a prefix; whether it was there. */
  take(prefix: string): boolean {
    if (!this.starts(prefix)) return false;
    this.at += prefix.length;
    return true;
  }

  expect(prefix: string): void {
    if (!this.take(prefix)) throw new NotMangled();
  }

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** Decimal digits; undefined when there are none. */
  digits(): string | undefined {
    const from = this.at;
    while (/[0-9]/.test(this.peek())) this.at++;
    return this.at === from ? undefined : this.text.slice(from, this.at);
  }

  /** A number that stands for its value plus 1, and nothing for 0, up to `_`: the index of a substitution, parameter or lambda. */
  index(radix: 10 | 36): number {
    if (this.take('_')) return 0;
    const from = this.at;
    while (/[0-9A-Z]/.test(this.peek())) this.at++;
    const value = Number.parseInt(this.text.slice(from, this.at), radix);
    this.expect('_');
    if (!(value >= 0)) throw new NotMangled();
    return value + 1;
  }

  /** Length and characters. */
  sourceName(): string {
    const length = Number(this.digits() ?? Number.NaN);
    const name = this.text.slice(this.at, this.at + length);
    if (!(length > 0) || name.length !== length) throw new NotMangled();
    this.at += length;
    return name;
  }

  /** Runs a rule one level deeper; a name that nests without end is damaged. */
  nested<T>(rule: () => T): T {
    if (++this.depth > MAX_DEPTH) throw new NotMangled();
    const result = rule();
    this.depth--;
    return result;
  }
}
