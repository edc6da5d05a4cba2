import type { NamedOption } from './option-set.js';

/** What the help of one command shows. */
export interface CommandHelp {
  /** `tree <trace>`; of the default command without its word. */
  readonly usage: string;
  readonly describe: string;
  readonly positionals: readonly NamedOption[];
  readonly options: readonly NamedOption[];
  /** Options of all commands. */
  readonly common: readonly NamedOption[];
  readonly examples: readonly (readonly [command: string, what: string])[];
}

export interface HelpLayout {
  readonly columns: number;
  /** With the options that are seldom needed. */
  readonly showHidden: boolean;
}

/** `harvest COMMAND --help`: usage, arguments, options, examples. */
export function commandHelp(help: CommandHelp, layout: HelpLayout): string {
  const shown = help.options.filter(({ hidden }) => layout.showHidden || hidden !== true);
  const rows = (options: readonly NamedOption[]) =>
    options.map((option) => [flagsOf(option), describeOption(option)] as const);
  const positionals = help.positionals.map(({ name, describe }) => [`  ${name}`, describe] as const);
  const left = Math.max(...[...positionals, ...rows(shown), ...rows(help.common)].map(([name]) => name.length)) + 2;
  const hiddenCount = help.options.length - shown.length;
  const parts = [
    `harvest ${help.usage}`.trimEnd(),
    '',
    ...wrap(help.describe, layout.columns, 0),
    '',
    ...section(positionals, left, layout.columns),
    ...section(rows(shown), left, layout.columns),
    ...(hiddenCount > 0 ? [`  ${`--show-hidden`.padEnd(left - 2)}${hiddenCount} more options, seldom needed`] : []),
    `  ${'of every command'.padEnd(left - 2)}${commonLine(help.common)}`,
    '',
    ...exampleLines(help.examples, layout.columns),
  ];
  return `${parts.join('\n')}\n`;
}

/** A group of commands, each with its word and its line. */
type CommandGroup = readonly [title: string, commands: readonly (readonly [word: string, what: string])[]];

/** `harvest --help`: the commands in groups, one line each. */
export function overview(groups: readonly CommandGroup[], common: readonly NamedOption[]): string {
  const width = Math.max(...groups.flatMap(([, commands]) => commands.map(([word]) => word.length))) + 2;
  const lines = ['harvest COMMAND ...    harvest COMMAND --help shows its options and examples'];
  for (const [title, commands] of groups) {
    lines.push(`${title}:`);
    for (const [word, what] of commands) lines.push(`  ${word.padEnd(width)}${what}`);
  }
  lines.push(`Every command: ${commonLine(common)}`);
  const examples = [
    ['harvest demo', 'what it gives, without a board'],
    ['harvest --until-repl -b metro_m0_express fw.elf', 'a board behind OpenOCD on :3333'],
    ['harvest --allocator auto --until main_loop fw.elf', 'any malloc, without a rebuild'],
  ] as const;
  return `${[...lines, ...exampleLines(examples, 100)].join('\n')}\n`;
}

function section(rows: readonly (readonly [name: string, what: string])[], left: number, columns: number): string[] {
  return rows.flatMap(([name, what]) => {
    const [first = '', ...rest] = wrap(what, columns, left);
    return [`${name.padEnd(left)}${first}`, ...rest.map((line) => `${' '.repeat(left)}${line}`)];
  });
}

function exampleLines(examples: CommandHelp['examples'], columns: number): string[] {
  const widest = Math.max(...examples.map(([command]) => command.length));
  return examples.flatMap(([command, what]) =>
    widest + what.length + 4 <= columns ? [`  ${command.padEnd(widest)}  ${what}`] : [`  ${command}  # ${what}`],
  );
}

function flagsOf({ name, alias, type, choices, default: value }: NamedOption): string {
  const takes = type === 'boolean' || type === 'count' ? '' : type === 'number' ? ' N' : choices ? ' ONE' : ' VALUE';
  const flag = type === 'boolean' && value === true ? `--no-${name}` : `--${name}${takes}`;
  return `${alias === undefined ? '      ' : `  -${alias}, `}${flag}`;
}

function describeOption({ describe, type, choices, default: value, array, demandOption }: NamedOption): string {
  const marks: string[] = [];
  if (choices) marks.push(choices.join('|'));
  if (demandOption) marks.push('required');
  if (array) marks.push('may be repeated');
  if (type === 'boolean' && value === true) return `don't: ${describe}`;
  if (typeof value === 'string' || typeof value === 'number') marks.push(`default ${value}`);
  return marks.length === 0 ? describe : `${describe} [${marks.join('; ')}]`;
}

function commonLine(common: readonly NamedOption[]): string {
  return common.map(({ name, alias }) => (alias === undefined ? `--${name}` : `-${alias}, --${name}`)).join('  ');
}

/** Words in lines that end before `columns`, when they begin at `left`. */
function wrap(text: string, columns: number, left: number): string[] {
  const room = Math.max(20, columns - left);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
