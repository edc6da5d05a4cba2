import { type LevelValues, levelPairs, valuesOfPairs } from './level-lines.js';

/** One line of a log, its numbers taken out: a device says the same few things again and again. */
interface Form {
  /** The texts around the runs of digits: one more than there are runs. */
  readonly texts: readonly string[];
  /** What each run that counts is: its key, and bytes of 1. */
  readonly figures: readonly { readonly run: number; readonly key: string; readonly scale: number }[];
}

const MAX_FORMS = 8;
/** Longer ones are no sizes. */
const MAX_DIGITS = 12;
const MAX_RUNS = 16;

/** Reads lines that differ from one before in their numbers only, without looking for words and units again. */
export class LevelForms {
  private readonly forms: Form[] = [];

  /** Undefined for a line of a form that is not known. */
  read(line: string): LevelValues | undefined {
    for (const form of this.forms) {
      const values = readForm(form, line);
      if (values) return values;
    }
    return undefined;
  }

  /** Takes note of the form of a line that told levels. */
  learn(line: string): void {
    const form = formOf(line);
    if (!form) return;
    if (this.forms.length >= MAX_FORMS) this.forms.pop();
    this.forms.unshift(form);
  }
}

function readForm({ texts, figures }: Form, line: string): LevelValues | undefined {
  const starts: number[] = [];
  let at = 0;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] ?? '';
    if (!line.startsWith(text, at)) return undefined;
    at += text.length;
    if (i === texts.length - 1) break;
    const start = at;
    while (isDigit(line.charCodeAt(at))) at++;
    if (at === start || at - start > MAX_DIGITS) return undefined;
    starts.push(start, at);
  }
  if (at !== line.length) return undefined;
  const pairs = figures.map(({ run, key, scale }): [string, number] => [
    key,
    Number(line.slice(starts[run * 2], starts[run * 2 + 1])) * scale,
  ]);
  return valuesOfPairs(pairs, line);
}

/** Undefined where what a number is depends on more than its place: fractions, thousands, shares of a total. */
function formOf(line: string): Form | undefined {
  if (/["/]/.test(line) || /\d[ ,.'\u2019_\u00a0\u202f]\d/.test(line)) return undefined;
  const texts = line.split(/\d+/);
  if (texts.length < 2 || texts.length > MAX_RUNS) return undefined;
  const starts: number[] = [];
  for (const match of line.matchAll(/\d+/g)) starts.push(match.index);
  const figures = levelPairs(line).flatMap(({ key, at, scale }) => {
    const run = starts.indexOf(at);
    return run < 0 ? [] : [{ run, key, scale }];
  });
  // Only what is told by pairs of a key and a number: the other wordings are rarer.
  const told = valuesOfPairs(
    figures.map(({ key, run, scale }): [string, number] => [
      key,
      Number(/\d+/.exec(line.slice(starts[run]))?.[0]) * scale,
    ]),
    line,
  );
  return told?.free === undefined ? undefined : { texts, figures };
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
