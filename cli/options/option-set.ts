/** What values an option takes: for the completion of command lines; an `input` is a file that is read, `-` standard input. */
export type ValueKind = 'allocator' | 'board' | 'code' | 'format' | 'import-format' | 'input';

/**
 * One option or positional argument. How values are taken is the same everywhere (parse-arguments.ts): each mention takes one value,
 * `--name VALUE` or `--name=VALUE`; only an `array` may be mentioned more than once; flags take none and have a `--no-` form.
 */
export interface OptionSpec {
  /** Default: string. A count is a flag whose mentions are counted. */
  readonly type?: 'string' | 'number' | 'boolean' | 'count';
  readonly array?: boolean;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  /** What `--no-NAME` gives, of an option that is no flag. */
  readonly negated?: string;
  /** An option without which the command can't run. */
  readonly demandOption?: boolean;
  /** One letter. */
  readonly alias?: string;
  readonly describe: string;
  /** Only in the help of --show-hidden. */
  readonly hidden?: boolean;
  readonly values?: ValueKind;
}

/** An option with its name, as the parser, the help and the completion read it. */
export interface NamedOption extends OptionSpec {
  /** Without the dashes: `at-peak`. */
  readonly name: string;
}

export function isFlag({ type }: OptionSpec): boolean {
  return type === 'boolean' || type === 'count';
}

type Camel<N extends string> = N extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : N;

type Single<S extends OptionSpec> = S extends { readonly choices: readonly (infer C)[] }
  ? C
  : S extends { readonly type: 'number' | 'count' }
    ? number
    : S extends { readonly type: 'boolean' }
      ? boolean
      : string;
type Value<S extends OptionSpec> = S extends { readonly array: true } ? Single<S>[] : Single<S>;
type Held<S extends OptionSpec> = S extends { readonly default: unknown } | { readonly demandOption: true }
  ? Value<S>
  : Value<S> | undefined;

/** The options and positional arguments of a command; `T` is what parsing gives, by camel-case names. */
export class OptionSet<T> {
  /** What parsing gives: for the type only. */
  declare readonly values: T;

  private constructor(
    readonly options: readonly NamedOption[],
    readonly positionals: readonly NamedOption[],
  ) {}

  static readonly empty: OptionSet<Readonly<Record<never, never>>> = new OptionSet([], []);

  option<const N extends string, const S extends OptionSpec>(
    name: N,
    spec: S,
  ): OptionSet<T & { readonly [K in N as Camel<K>]: Held<S> }> {
    return new OptionSet([...this.options, { ...spec, name }], this.positionals);
  }

  /** A positional argument, which the command's name has in brackets. */
  positional<const N extends string, const S extends OptionSpec>(
    name: N,
    spec: S,
  ): OptionSet<T & { readonly [K in N as Camel<K>]: Held<S> }> {
    return new OptionSet(this.options, [...this.positionals, { ...spec, name }]);
  }
}

/** `at-peak` as `atPeak`. */
export function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** An argument of a command, by its name `import <file>`, `symbolize <elf> <addresses..>`. */
export interface ArgumentSlot {
  readonly name: string;
  readonly required: boolean;
  /** Takes all that is left. */
  readonly many: boolean;
}

/** The arguments that stand behind a command's word. */
export function argumentSlots(commandName: string): ArgumentSlot[] {
  return [...commandName.matchAll(/([<[])([\w-]+)(\.\.)?[>\]]/g)].map(([, bracket, name = '', dots]) => ({
    name,
    required: bracket === '<',
    many: dots !== undefined,
  }));
}
