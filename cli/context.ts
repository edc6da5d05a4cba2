import type { ExitCode } from '../lib/public/index.js';

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
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One subcommand. `options` is a yargs builder; `run` gets what it parsed. */
export interface Command<T> {
  /** yargs' form: `import <file>`. */
  readonly name: string | readonly string[];
  readonly describe: string;
  readonly examples: readonly (readonly [command: string, what: string])[];
  options(yargs: import('yargs').Argv): import('yargs').Argv<T>;
  run(args: import('yargs').ArgumentsCamelCase<T>, context: Context): Promise<ExitCode>;
}

/** A command whose option types only it knows. */
export interface AnyCommand {
  /** What it is called by, without its arguments. */
  readonly words: readonly string[];
  register(yargs: import('yargs').Argv, run: RunCommand): import('yargs').Argv;
}

/** Runs a command's body with the context made from its parsed arguments. */
export type RunCommand = (
  args: Readonly<Record<string, unknown>>,
  body: (context: Context) => Promise<ExitCode>,
) => void;

/** Ties a command's options to its body, so that the list of commands needs not know their types. */
export function defineCommand<T>(command: Command<T>): AnyCommand {
  return {
    words: [command.name].flat().map((name) => name.split(' ')[0] ?? ''),
    register: (yargs, run) =>
      yargs.command<T>(
        command.name,
        command.describe,
        (builder) => {
          const described = command.options(builder);
          for (const [example, what] of command.examples) described.example(example, what);
          return described;
        },
        (args) => run(args, (context) => command.run(args, context)),
      ),
  };
}
