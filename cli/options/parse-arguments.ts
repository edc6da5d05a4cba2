import { didYouMean, UsageError } from '../../lib/public/command-line.js';
import { type ArgumentSlot, camelCase, isFlag, type NamedOption } from './option-set.js';
import { type OptionToken, tokensOf } from './tokens.js';

/** What a command takes: its options with those of all commands, its arguments in their order. */
export interface Signature {
  /** `harvest tree`, as errors begin. */
  readonly subject: string;
  readonly options: readonly NamedOption[];
  readonly slots: readonly ArgumentSlot[];
  readonly positionals: readonly NamedOption[];
  /** Values for options that the command line does not mention, from the environment and the settings files, by option name. */
  readonly fallbacks?: ReadonlyMap<string, Fallback>;
}

/** A value from elsewhere than the command line. */
export interface Fallback {
  readonly texts: readonly string[];
  /** Where it is from: `HARVEST_BOARD`. */
  readonly origin: string;
}

export type Values = Readonly<Record<string, unknown>>;

interface Mention {
  readonly option: NamedOption;
  /** As it was written: `-o`, `--out`. */
  readonly written: string;
  /** undefined: a flag without a value. */
  readonly text: string | undefined;
  /** Of `--no-open`. */
  readonly negated: boolean;
}

/**
 * The values of a command line, by camel-case names. The rules, the same in every command: an option takes one value each time
 * it is mentioned, behind a space or `=`; a list is mentioned once a value; anything else may be mentioned once (flags as often as one likes, the
 * last one counts); `-` is a value and an argument like any other; behind `--` there are arguments only.
 * @throws UsageError HH1109 (unknown), HH1116 (no value), HH1117 (twice), HH1118 (of the wrong kind), HH1106 (an
 * argument is missing), HH1119 (standard input twice)
 */
export function parseArguments(args: readonly string[], signature: Signature): Values {
  const { mentions, words } = readTokens(args, signature);
  const values: Record<string, unknown> = {};
  for (const option of signature.options) values[camelCase(option.name)] = optionValue(option, mentions, signature);
  Object.assign(values, argumentValues(words, signature));
  refuseSecondStdin(values, signature);
  return values;
}

/** @throws UsageError HH1119 */
function refuseSecondStdin(values: Values, { subject, options, positionals }: Signature): void {
  const inputs = [...positionals, ...options].filter((each) => each.values === 'input');
  const fromStdin = inputs.flatMap(({ name }) =>
    [values[camelCase(name)]]
      .flat()
      .filter((value) => value === '-')
      .map(() => name),
  );
  if (fromStdin.length < 2) return;
  throw new UsageError(
    'HH1119',
    `${subject}: found - for ${fromStdin.join(' and ')}: standard input can be read once`,
    {
      remedy: 'name a file for the other',
    },
  );
}

function readTokens(
  args: readonly string[],
  { subject, options }: Signature,
): { mentions: Mention[]; words: string[] } {
  const mentions: Mention[] = [];
  const words: string[] = [];
  for (const token of tokensOf(args, options)) {
    if (token.kind === 'word') {
      words.push(token.value);
      continue;
    }
    const { name, negated } = knownName(token, options, subject);
    const option = options.find((each) => each.name === name);
    if (option) mentions.push(mentionOf(option, { ...token, negated }, subject));
  }
  return { mentions, words };
}

/** @throws UsageError HH1109 for an option that is not there */
function knownName(
  { name, written }: OptionToken,
  options: readonly NamedOption[],
  subject: string,
): { name: string; negated: boolean } {
  if (options.some((option) => option.name === name)) return { name, negated: false };
  const positive = name.startsWith('no-') ? name.slice(3) : '';
  if (options.some((option) => option.name === positive && (option.type === 'boolean' || option.negated !== undefined)))
    return { name: positive, negated: true };
  const names = options.map((option) => `--${option.name}`);
  throw new UsageError('HH1109', `${subject}: ${written}: no such option${didYouMean(`--${name}`, names)}`, {
    remedy: `${subject} --help`,
  });
}

function mentionOf(
  option: NamedOption,
  { written, negated, inline, value: text }: OptionToken & { readonly negated: boolean },
  subject: string,
): Mention {
  if (negated && option.negated !== undefined && text === undefined)
    return { option, written, text: option.negated, negated };
  if (isFlag(option)) {
    if (text === undefined || (option.type === 'boolean' && !negated && /^(true|false)$/.test(text)))
      return { option, written, text, negated };
    throw new UsageError('HH1118', `${subject}: ${written}=${text}: found a value, expected none: it is a flag`);
  }
  if (text === undefined || text === '')
    throw new UsageError('HH1116', `${subject}: ${written}: found no value, expected one behind it`, {
      remedy: `${subject} --help shows what it takes`,
    });
  const isNumber = option.type === 'number' && /^-[\d.]/.test(text);
  if (!inline && text.length > 1 && text.startsWith('-') && !isNumber)
    throw new UsageError('HH1116', `${subject}: ${written}: found ${text} behind it, expected a value`, {
      remedy: `a value that begins with a dash is written ${written.startsWith('--') ? `${written}=${text}` : `${written}${text}`}`,
    });
  return { option, written, text, negated };
}

function optionValue(option: NamedOption, all: readonly Mention[], { subject, fallbacks }: Signature): unknown {
  const mentions = all.filter((mention) => mention.option === option);
  if (option.type === 'count') return mentions.length;
  const last = mentions.at(-1);
  if (!last) {
    const fallback = fallbacks?.get(option.name);
    if (fallback) return fromFallback(option, fallback);
    if (option.demandOption !== true) return option.default;
    throw new UsageError('HH1116', `${subject}: --${option.name}: not given, expected: ${option.describe}`, {
      remedy: `${subject} --help`,
    });
  }
  if (option.type === 'boolean') return last.text === undefined ? !last.negated : last.text === 'true';
  if (option.array) return mentions.map(({ text = '', written }) => typedValue(option, text, `${subject}: ${written}`));
  if (mentions.length > 1)
    throw new UsageError(
      'HH1117',
      `${subject}: ${last.written}: found ${mentions.map(({ text }) => text).join(' and ')}, expected one value`,
      { remedy: 'name it once' },
    );
  return typedValue(option, last.text ?? '', `${subject}: ${last.written}`);
}

function fromFallback(option: NamedOption, { texts, origin }: Fallback): unknown {
  if (option.array) return texts.map((text) => typedValue(option, text, origin));
  const [text = '', ...more] = texts;
  if (more.length > 0) throw new UsageError('HH1117', `${origin}: found ${texts.join(' and ')}, expected one value`);
  if (option.type !== 'boolean') return typedValue(option, text, origin);
  if (/^(true|false|1|0)$/.test(text)) return text === 'true' || text === '1';
  throw new UsageError('HH1118', `${origin}: found ${text}, expected true or false`);
}

/** @throws UsageError HH1118 */
function typedValue({ type, choices, array }: NamedOption, text: string, subject: string): unknown {
  if (type === 'number') {
    const number = Number(text);
    if (text.trim() !== '' && Number.isFinite(number)) return number;
    throw new UsageError('HH1118', `${subject} ${text}: found no number, expected one`);
  }
  if (choices && !choices.includes(text))
    throw new UsageError(
      'HH1118',
      `${subject} ${text}: expected ${array ? 'some' : 'one'} of ${choices.join(', ')}${didYouMean(text, choices)}`,
    );
  return text;
}

function argumentValues(words: readonly string[], { subject, slots, positionals }: Signature): Values {
  const values: Record<string, unknown> = {};
  let at = 0;
  for (const { name, required, many } of slots) {
    const spec = positionals.find((each) => each.name === name);
    const taken = words.slice(at, many ? undefined : at + 1);
    at += taken.length;
    if (taken.includes(''))
      throw new UsageError('HH1116', `${subject}: ${name}: found an empty text, expected: ${spec?.describe ?? name}`);
    if (taken.length === 0 && required)
      throw new UsageError('HH1106', `${subject}: found no ${name}, expected: ${spec?.describe ?? name}`, {
        remedy: `${subject} --help shows examples`,
      });
    const typed = spec ? taken.map((text) => typedValue(spec, text, `${subject}: ${name}`)) : taken;
    values[camelCase(name)] = many ? typed : typed[0];
  }
  if (at < words.length)
    throw new UsageError('HH1109', `${subject}: ${words[at]}: found one argument more than it takes`, {
      remedy: `${subject} --help`,
    });
  return values;
}
