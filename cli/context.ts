import type { ExitCode } from '../lib/public/command-line.js';
import type { NamedOption } from './options/option-set.js';
import { OptionSet } from './options/option-set.js';
import type { Values } from './options/parse-arguments.js';

/** What a command may use of the process: nothing else in cli/ reads argv, the environment or a terminal. */
export interface Context {
  /** The result: text for people, or one JSON document. */
  out(text: string): void;
  /** Progress, warnings and errors. */
  err(text: string): void;
  readonly json: boolean;
  readonly quiet: boolean;
  /** 0 to 3: -v, -vv, -vvv. */
  readonly verbosity: number;
  /** Whether stderr is a terminal: live lines and colour only then. */
  readonly live: boolean;
  /** Whether stdout is a terminal: what comes from a trace is made safe for it. */
  readonly terminal: boolean;
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One subcommand. `options` adds to a set of options; `run` gets what was parsed. */
export interface Command<T> {
  /** Its word and its arguments: `import <file>`, `dump [elf]`, `symbolize <elf> <addresses..>`. */
  readonly name: string;
  readonly describe: string;
  readonly examples: readonly (readonly [command: string, what: string])[];
  options(set: typeof OptionSet.empty): OptionSet<T>;
  run(args: T, context: Context): Promise<ExitCode>;
}

/** A command whose option types only it knows. */
export interface AnyCommand extends Omit<Command<never>, 'options' | 'run'> {
  readonly options: readonly NamedOption[];
  readonly positionals: readonly NamedOption[];
  run(values: Values, context: Context): Promise<ExitCode>;
}

/** Ties a command's options to its body, so that the list of commands needs not know their types. */
export function defineCommand<T>(command: Command<T>): AnyCommand {
  const { options, positionals } = command.options(OptionSet.empty);
  const { name, describe, examples } = command;
  // What the parser gives has the types of the very options that it was given.
  return {
    name,
    describe,
    examples,
    options,
    positionals,
    run: (values, context) => command.run(values as T, context),
  };
}
