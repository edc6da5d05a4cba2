import { existsSync } from 'node:fs';
import { defined, didYouMean, ExitCode, UsageError, version } from '../lib/public/command-line.js';
import { COMMAND_GROUPS, COMMANDS, type CommandEntry, entryOf } from './commands/index.js';
import type { AnyCommand, Context } from './context.js';
import { asksFor } from './options/asks-for.js';
import { commandHelp, overview } from './options/help-text.js';
import { argumentSlots, OptionSet } from './options/option-set.js';
import type { Fallback, Values } from './options/parse-arguments.js';
import type { SettingsOwner } from './settings.js';

/** The options of every command. */
export const COMMON_OPTIONS = OptionSet.empty
  .option('json', { type: 'boolean', default: false, describe: 'print one JSON document' })
  .option('quiet', { type: 'boolean', alias: 'q', default: false, describe: 'no progress, no tree' })
  .option('verbose', { type: 'count', alias: 'v', describe: '-v programs and causes, -vv gdb, -vvv packets' })
  .option('help', { type: 'boolean', alias: 'h', default: false, describe: 'show this help' })
  .option('version', { type: 'boolean', default: false, describe: 'show the version' })
  .option('show-hidden', { type: 'boolean', default: false, hidden: true, describe: 'help with all options' }).options;

const FLAGS_BEFORE_A_WORD = /^(--json|--quiet|-q|--verbose|-v+)$/;
const COMMON_SHOWN = COMMON_OPTIONS.filter(({ hidden }) => hidden !== true);

/** A command line taken apart as far as its command. */
export interface SplitLine {
  /** undefined: none is named, the default command is meant. */
  readonly entry: CommandEntry | undefined;
  /** Where a command's word stands, whatever it says. */
  readonly word: string | undefined;
  /** The arguments without the word. */
  readonly args: readonly string[];
}

/** The command that a line begins with, after flags that every command has. */
export function splitLine(argv: readonly string[]): SplitLine {
  const at = argv.findIndex((argument) => !FLAGS_BEFORE_A_WORD.test(argument));
  const word = at === -1 ? undefined : argv[at];
  const entry = entryOf(word);
  return { entry, word, args: entry ? [...argv.slice(0, at), ...argv.slice(at + 1)] : argv };
}

/** What a run needs of the process. */
export interface Surroundings {
  readonly columns: number;
  contextOf(values: Values): Context;
  /** Values that the line leaves out, from the environment and settings files. */
  fallbacksOf?(owner: SettingsOwner): Promise<ReadonlyMap<string, Fallback>>;
}

/** Runs a command line. @throws UsageError, and what its command throws */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const out = (text: string) => surroundings.contextOf({}).out(text);
  if (argv[0] === '__complete') {
    const { candidateLines, complete } = await import('./complete.js');
    out(candidateLines(await complete(argv[1] ?? '', argv.slice(2))));
    return ExitCode.ok;
  }
  const { entry, word, args } = splitLine(argv);
  const showHidden = asksFor(args, '--show-hidden');
  const help = showHidden || asksFor(args, '--help', '-h');
  if (!entry && asksFor(args, '--version')) {
    out(`${version}\n`);
    return ExitCode.ok;
  }
  if (!entry && (help || argv.length === 0)) {
    out(overviewText());
    // An empty variable in a script is no success.
    return help ? ExitCode.ok : ExitCode.usage;
  }
  if (!entry) refuseMisspelt(word);
  const command = await (entry ?? entryOf('run'))?.load();
  if (!command) throw new Error('the default command is not among the commands');
  const show = (hidden: boolean) => out(helpOf(command, entry, { columns: surroundings.columns, showHidden: hidden }));
  if (help) {
    show(showHidden);
    return ExitCode.ok;
  }
  const options = [...command.options, ...COMMON_OPTIONS];
  const { parseArguments } = await import('./options/parse-arguments.js');
  const values = parseArguments(args, {
    subject: entry ? `harvest ${entry.word}` : 'harvest',
    options,
    slots: argumentSlots(command.name),
    positionals: command.positionals,
    ...defined({ fallbacks: await surroundings.fallbacksOf?.({ word: entry?.word ?? 'run', options }) }),
  });
  if (values.help === true) show(false);
  else if (values.version === true) out(`${version}\n`);
  else return await command.run(values, surroundings.contextOf(values));
  return ExitCode.ok;
}

/** A word that is neither a file nor a command, but nearly one. @throws UsageError HH1109 */
function refuseMisspelt(word: string | undefined): void {
  if (word === undefined || word.startsWith('-') || existsSync(word)) return;
  const meant = didYouMean(word, [...COMMANDS.map((command) => command.word), 'help']);
  if (meant === '') return;
  throw new UsageError('HH1109', `harvest: ${word}: found no such command and no such file${meant}`, {
    remedy: 'harvest --help',
  });
}

export function overviewText(): string {
  const groups = COMMAND_GROUPS.map((title) => {
    const commands = COMMANDS.filter(({ group }) => group === title);
    return [title, commands.map(({ word, summary }) => [word, summary] as const)] as const;
  });
  return overview(groups, COMMON_SHOWN);
}

function helpOf(
  command: AnyCommand,
  entry: CommandEntry | undefined,
  layout: { columns: number; showHidden: boolean },
): string {
  return commandHelp({ ...command, usage: entry ? command.name : '[elf]', common: COMMON_SHOWN }, layout);
}
