import { TraceFormatError } from '../errors/errors.js';

/** Reads the members of an untrusted JSON object one by one, each checked. Every method throws TraceFormatError HH1491. */
export class JsonFields {
  private readonly members: Readonly<Record<string, unknown>>;

  /** `where` names the object in messages: `http://board/trace: events[3]`. */
  constructor(
    value: unknown,
    private readonly where: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong('', value, 'an object');
    this.members = { ...value };
  }

  has(name: string): boolean {
    const value = this.members[name];
    return value !== undefined && value !== null;
  }

  /** A finite number that is not negative. */
  number(name: string): number {
    const value = this.members[name];
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
      throw this.wrong(name, value, 'a number that is not negative');
    return value;
  }

  optionalNumber(name: string): number | undefined {
    return this.has(name) ? this.number(name) : undefined;
  }

  /** A whole number from 0 to 2^53 - 1. */
  integer(name: string, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.members[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max)
      throw this.wrong(name, value, `a whole number from 0 to ${max}`);
    return value;
  }

  optionalInteger(name: string): number | undefined {
    return this.has(name) ? this.integer(name) : undefined;
  }

  boolean(name: string): boolean {
    const value = this.members[name];
    if (typeof value !== 'boolean') throw this.wrong(name, value, 'true or false');
    return value;
  }

  optionalBoolean(name: string): boolean | undefined {
    return this.has(name) ? this.boolean(name) : undefined;
  }

  string(name: string): string {
    const value = this.members[name];
    if (typeof value !== 'string') throw this.wrong(name, value, 'a string');
    return value;
  }

  optionalString(name: string): string | undefined {
    return this.has(name) ? this.string(name) : undefined;
  }

  choice<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.members[name];
    const found = allowed.find((one) => one === value);
    if (found === undefined) throw this.wrong(name, value, allowed.join(' or '));
    return found;
  }

  /** An array of at most `max` elements; empty when the member is absent. */
  list(name: string, max: number): readonly unknown[] {
    const value = this.members[name];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value) || value.length > max)
      throw this.wrong(name, value, `an array of at most ${max} elements`);
    return value;
  }

  /** Unchecked: for a reader of its own. */
  value(name: string): unknown {
    return this.members[name];
  }

  object(name: string): JsonFields {
    return new JsonFields(this.members[name], `${this.where}.${name}`);
  }

  optionalObject(name: string): JsonFields | undefined {
    return this.has(name) ? this.object(name) : undefined;
  }

  private wrong(name: string, value: unknown, expected: string): TraceFormatError {
    const found = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value).slice(0, 60);
    return new TraceFormatError('HH1491', `${this.where}${name && `.${name}`}: found ${found}, expected ${expected}`);
  }
}

/** An array of whole numbers that are not negative. @throws TraceFormatError HH1491 */
export function integerList(values: unknown, where: string, max: number): readonly number[] {
  const fine =
    Array.isArray(values) &&
    values.length <= max &&
    values.every((value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0);
  if (!fine)
    throw new TraceFormatError(
      'HH1491',
      `${where}: found ${(JSON.stringify(values) ?? 'nothing').slice(0, 60)}, expected at most ${max} whole numbers`,
    );
  return values;
}
