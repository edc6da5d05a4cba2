#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { hideBin } from 'yargs/helpers';
import { ExitCode, OutputError } from '../lib/public/command-line.js';
import { runCommandLine } from './command-line.js';
import type { Context } from './context.js';
import { assumptionWords, optionWords } from './option-words.js';
import { asksFor } from './options/asks-for.js';
import type { Values } from './options/parse-arguments.js';
import { describeError, errorJson } from './print-error.js';
import { safeJson } from './safe-text.js';
import { settingsFor } from './settings.js';
import { logTraffic } from './traffic-log.js';

/*
 * The only reader of argv and the environment, and the only place that ends the process.
 */

const control = new AbortController();
process.on('SIGINT', () => {
  if (control.signal.aborted) endAtOnce();
  control.abort();
  process.stderr.write('\nending the capture and keeping what was captured; Ctrl-C again ends at once\n');
});
// A terminal or an ssh session that is closed (SIGHUP) ends a capture as Ctrl-C does: saved, and the target let go.
for (const name of ['SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => {
    // The terminal that is gone sends more than one.
    if (control.signal.aborted && name === 'SIGTERM') endAtOnce();
    control.abort();
  });
let lostOutput: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Nothing is cut off here: a capture that is under way ends in good order.
  lostOutput ??= error;
  control.abort();
});
process.stderr.on('error', () => undefined);

const argv = hideBin(process.argv);
let verbosity = 0;
// Waited for by nobody: the bundle is of CommonJS modules, which load sooner and know no `await` of their own.
let isRunning = true;
void run();
// Nothing is left to happen, and the command waits: that must not pass for an answer.
process.once('beforeExit', () => {
  if (isRunning) process.exitCode = fail(new Error('the command waits for something that cannot come'), false, false);
});
// A failed write may be told late.
process.once('exit', () => {
  if (lostOutput) process.exitCode = exitCodeOfLostOutput(lostOutput, process.exitCode);
});

async function run(): Promise<void> {
  try {
    process.exitCode = await runCommandLine(argv, {
      columns: Math.min(120, process.stdout.columns ?? 100),
      contextOf,
      fallbacksOf: (owner) => settingsFor(owner, process.env),
    });
  } catch (error) {
    process.exitCode = fail(error, asksFor(argv, '--json'), verbosity > 0);
  }
  isRunning = false;
}

/** Whatever was being put in order is left as it is, which the user must know. */
function endAtOnce(): never {
  writeSync(
    2,
    '\nended at once: a target may be halted, with breakpoints still set; the next capture takes them away\n',
  );
  process.exit(ExitCode.interrupted);
}

/** A reader such as `head` may leave early: that is its business. */
function exitCodeOfLostOutput(error: NodeJS.ErrnoException, exitCode: string | number | undefined): number {
  if (error.code === 'EPIPE') return exitCode === ExitCode.interrupted ? ExitCode.ok : Number(exitCode ?? 0);
  if (exitCode !== ExitCode.ok && exitCode !== ExitCode.interrupted) return Number(exitCode);
  return fail(new OutputError('HH1906', `standard output: cannot be written: ${error.message}`), false, false);
}

function contextOf(values: Values): Context {
  const context: Context = {
    out: (text) => process.stdout.write(values.json === true ? safeJson(text) : assumptionWords(text)),
    err: (text) => process.stderr.write(optionWords(text)),
    json: values.json === true,
    quiet: values.quiet === true,
    verbosity: typeof values.verbose === 'number' ? values.verbose : 0,
    live: process.stderr.isTTY === true,
    terminal: process.stdout.isTTY === true,
    columns: process.stderr.columns ?? 80,
    env: process.env,
    signal: control.signal,
  };
  verbosity = context.verbosity;
  logTraffic(context);
  return context;
}

function fail(error: unknown, json: boolean, verbose: boolean): number {
  // What a wait is ended with when it is interrupted is no error.
  const ended = control.signal.aborted && !(error instanceof Error);
  const { text, exitCode } = describeError(ended ? control.signal.reason : error, verbose);
  if (json) process.stdout.write(safeJson(errorJson(error)));
  process.stderr.write(text);
  return exitCode;
}
