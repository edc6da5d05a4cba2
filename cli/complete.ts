import { allAllocators, boardNames, ERROR_CATALOGUE, FORMATS } from '../lib/public/command-line.js';
import { COMMON_OPTIONS, splitLine } from './command-line.js';
import { COMMANDS, entryOf } from './commands/index.js';
import { EXPORT_FORMATS } from './export-formats.js';
import { argumentSlots, isFlag, type NamedOption, type ValueKind } from './options/option-set.js';

/** What may stand where the cursor is. */
export interface Candidate {
  readonly text: string;
  readonly what: string;
}

/** The last word of `words` completed; nothing where the names of files are meant. `shell`: bash gets only what is behind a `=`. */
export async function complete(shell: string, words: readonly string[]): Promise<Candidate[]> {
  const joined = shell === 'bash' ? joinedWords(words) : words;
  const current = joined.at(-1) ?? '';
  const { entry, args } = splitLine(joined.slice(0, -1));
  const command = await (entry ?? entryOf('run'))?.load();
  if (!command || joined.slice(0, -1).includes('--')) return [];
  const options = [...command.options, ...COMMON_OPTIONS];
  const inline = /^(--[\w-]+)=(.*)$/s.exec(current);
  const [, name = '', value = ''] = inline ?? [];
  const option = optionOf(options, inline ? name : joined.at(-2));
  if (option && !isFlag(option)) {
    const lead = inline && shell !== 'bash' ? `${name}=` : '';
    const found = beginning(inline ? value : current, await valuesOf(option));
    return found.map((each) => ({ ...each, text: lead + each.text }));
  }
  if (current.startsWith('-')) return beginning(current, flagsOf(options));
  if (!entry && args.length === 0)
    return beginning(
      current,
      COMMANDS.map(({ word, summary }) => ({ text: word, what: summary })),
    );
  const slots = argumentSlots(command.name);
  const slot = slots[Math.min(wordCount(args, options), slots.length - 1)];
  const argument = command.positionals.find((each) => each.name === slot?.name);
  return argument ? beginning(current, await valuesOf(argument)) : [];
}

/** `--board`, `=`, `x` as bash hands them over: one word. */
function joinedWords(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    if (last !== undefined && (word === '=' || (last.startsWith('--') && last.endsWith('='))))
      joined[joined.length - 1] = last + word;
    else joined.push(word);
  }
  return joined;
}

function optionOf(options: readonly NamedOption[], word: string | undefined): NamedOption | undefined {
  return options.find(({ name, alias }) => word === `--${name}` || (alias !== undefined && word === `-${alias}`));
}

/** How many of the words are arguments. */
function wordCount(words: readonly string[], options: readonly NamedOption[]): number {
  let count = 0;
  words.forEach((word, i) => {
    const before = optionOf(options, words[i - 1]);
    if (!word.startsWith('-') && !(before && !isFlag(before))) count++;
  });
  return count;
}

function flagsOf(options: readonly NamedOption[]): Candidate[] {
  return options
    .filter(({ hidden }) => hidden !== true)
    .map(({ name, describe, type, default: value }) =>
      type === 'boolean' && value === true
        ? { text: `--no-${name}`, what: `don't: ${describe}` }
        : { text: `--${name}`, what: describe },
    );
}

async function valuesOf({ choices, values }: NamedOption): Promise<Candidate[]> {
  if (choices) return choices.map((text) => ({ text, what: '' }));
  return values === undefined ? [] : await valuesOfKind(values);
}

async function valuesOfKind(kind: ValueKind): Promise<Candidate[]> {
  switch (kind) {
    case 'board':
      return (await boardNames()).map((text) => ({ text, what: 'board' }));
    case 'allocator':
      return [
        { text: 'auto', what: 'by the symbols of the ELF file' },
        ...(await allAllocators()).map(({ name, title }) => ({ text: name, what: title })),
      ];
    case 'format':
      return EXPORT_FORMATS.map(({ id, title }) => ({ text: id, what: title }));
    case 'import-format':
      return FORMATS.map(({ id, title }) => ({ text: id, what: title }));
    case 'input':
      return [];
    case 'code':
      return Object.entries(ERROR_CATALOGUE).map(([text, { title }]) => ({ text, what: title }));
  }
}

function beginning(start: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ text }) => text.startsWith(start));
}

/** One candidate a line, with a tab and what it is, as the scripts read them (bash takes the first column, zsh and fish both). */
export function candidateLines(candidates: readonly Candidate[]): string {
  return candidates.map(({ text, what }) => `${text}\t${what}\n`).join('');
}
