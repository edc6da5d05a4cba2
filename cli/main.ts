#!/usr/bin/env node
import yargs, { type Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { didYouMean, ExitCode, UsageError, version } from '../lib/public/index.js';
import { COMMANDS, commandsFor, commandWord } from './commands/index.js';
import type { Context, RunCommand } from './context.js';
import { describeError, errorJson } from './print-error.js';
import { logTraffic } from './traffic-log.js';

/*
 * The only reader of argv and the environment, and the only place that ends the process.
 */

const control = new AbortController();
process.on('SIGINT', () => {
  if (control.signal.aborted) process.exit(ExitCode.interrupted);
  control.abort();
  process.stderr.write('\nending the capture and keeping what was captured; Ctrl-C again ends at once\n');
});
process.on('SIGTERM', () => {
  if (control.signal.aborted) process.exit(ExitCode.interrupted);
  control.abort();
});
// A reader such as `head` may leave early: that is its business.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 0 : ExitCode.partial),
);
process.stderr.on('error', () => undefined);

let finished: Promise<number> | undefined;
const run: RunCommand = (args, body) => {
  const context = contextOf(args);
  logTraffic(context);
  finished = body(context).catch((error: unknown) => fail(error, context.json, context.verbosity > 0));
};

const argv = hideBin(process.argv);
/** yargs lays its help out before every command, asked for or not: at a third of its cost without line wrapping. */
const asksForHelp = argv.some((argument) => argument === '--help' || argument === '-h');

let parser: Argv = yargs(argv)
  .scriptName('harvest')
  .option('json', { type: 'boolean', default: false, describe: 'print one JSON document', global: true })
  .option('quiet', { type: 'boolean', alias: 'q', default: false, describe: 'no progress, no tree' })
  .option('verbose', { type: 'count', alias: 'v', describe: '-v programs and causes, -vv gdb, -vvv packets' });
for (const command of await commandsFor(argv)) parser = command.register(parser, run);

try {
  await parser
    .completion('completion', 'Print a shell completion script: harvest completion >> ~/.bashrc')
    .strict()
    .recommendCommands()
    .version(version)
    .help()
    .alias('help', 'h')
    .wrap(asksForHelp ? Math.min(120, process.stdout.columns ?? 100) : null)
    .fail((message, error) => {
      throw error ?? usageError(message);
    })
    .parseAsync();
  process.exitCode = (await finished) ?? ExitCode.ok;
} catch (error) {
  process.exitCode = fail(error, process.argv.includes('--json'), false);
}

function contextOf(args: Readonly<Record<string, unknown>>): Context {
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    json: args.json === true,
    quiet: args.quiet === true,
    verbosity: typeof args.verbose === 'number' ? args.verbose : 0,
    live: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
    env: process.env,
    signal: control.signal,
  };
}

/** What yargs says of the command line, with the help that goes with it, or the command that was meant. */
function usageError(message: string): UsageError {
  const word = commandWord(argv) ?? '';
  const words = COMMANDS.map((command) => command.word);
  if (words.includes(word))
    return new UsageError('HH1109', `harvest: ${message}`, { remedy: `harvest ${word} --help` });
  return new UsageError('HH1109', `harvest: ${message}${didYouMean(word, words)}`, { remedy: 'harvest --help' });
}

function fail(error: unknown, json: boolean, verbose: boolean): number {
  const { text, exitCode } = describeError(error, verbose);
  if (json) process.stdout.write(errorJson(error));
  process.stderr.write(text);
  return exitCode;
}
