import { Parser } from 'yargs/helpers';
import { isFlag, type NamedOption } from './option-set.js';

/** One mention of an option. */
export interface OptionToken {
  readonly kind: 'option';
  /** Without the dashes, of `-o` too: `out`. As it was written when there is no such option, and with the `no-` of `--no-open`. */
  readonly name: string;
  /** As it was written: `-o`, `--out`. */
  readonly written: string;
  /** undefined: there is none. */
  readonly value: string | undefined;
  /** The value stands in the same argument: `--out=x`, `-ox`. */
  readonly inline: boolean;
}

export type Token = OptionToken | { readonly kind: 'word'; readonly value: string };

/**
 * A command line taken apart, in its order. yargs' parser is given one mention of an option at a time: what it returns for a whole
 * line is one object, from which the order and the spelling of the mentions can't be told (docs/decisions/0003-command-line.md).
 */
export function tokensOf(args: readonly string[], options: readonly NamedOption[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return [...tokens, ...args.slice(at + 1).map(wordOf)];
    if (arg === '-' || !arg.startsWith('-')) {
      tokens.push(wordOf(arg));
      continue;
    }
    for (const piece of splitLetters(arg, options)) {
      const behind = args[at + 1];
      const { token, lacksValue } = parse([piece], options);
      if (lacksValue && behind !== undefined) {
        tokens.push(parse([piece, behind], options).token);
        at++;
      } else tokens.push(token);
    }
  }
  return tokens;
}

function wordOf(value: string): Token {
  return { kind: 'word', value };
}

/**
 * `-qvoout` as `-q`, `-v` and `-o=out`; `-o=out` is `-o` with `out` as well. yargs takes every letter of `-oout` for an option.
 */
function splitLetters(arg: string, options: readonly NamedOption[]): string[] {
  if (!/^-[^-]./su.test(arg)) return [arg];
  const pieces: string[] = [];
  const letters = [...arg.slice(1)];
  for (const [at, letter] of letters.entries()) {
    const option = options.find(({ alias }) => alias === letter);
    const next = letters[at + 1];
    if (next === '=' || next === '-' || (next !== undefined && option && !isFlag(option))) {
      const rest = letters.slice(at + 1).join('');
      return [...pieces, `-${letter}=${rest.replace(/^=/, '')}`];
    }
    pieces.push(`-${letter}`);
  }
  return pieces;
}

/** `args`: one mention of an option, and what stands behind it. */
function parse(
  args: [mention: string, behind?: string],
  options: readonly NamedOption[],
): { token: OptionToken; lacksValue: boolean } {
  const [, written = args[0], equals] = /^(--.[^=]*|-[^-])(=?)/su.exec(args[0]) ?? [];
  const inline = equals === '=';
  const bare = written.replace(/^--?/, '');
  // A value in the same argument is kept, of a flag too: what is wrong with it is told with it.
  const valued = inline ? [bare] : options.filter((each) => !isFlag(each)).map(({ name }) => name);
  const { argv, error } = Parser.detailed(args as string[], {
    string: valued,
    narg: Object.fromEntries(valued.map((name) => [name, 1])),
    boolean: inline ? [] : options.filter(isFlag).map(({ name }) => name),
    // `--o` is no option.
    alias: written.startsWith('--') ? {} : Object.fromEntries(options.map(({ name, alias }) => [name, alias ?? []])),
    configuration: {
      // `--no-` has its own rules: it is of flags, and of options that say what it gives.
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      // Else `-` and a negative number would be no values.
      'nargs-eats-options': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    },
  });
  const name = Object.keys(argv).find((key) => key !== '_') ?? bare;
  const value: unknown = argv[name];
  return {
    token: { kind: 'option', name, written, value: typeof value === 'string' ? value : undefined, inline },
    lacksValue: error !== null,
  };
}
