#!/usr/bin/env node
import { ExitCode } from '../lib/public/index.js';
import { runCommandLine } from './command-line.js';
import type { Context } from './context.js';
import { asksFor, type Values } from './options/parse-arguments.js';
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

const argv = process.argv.slice(2);
let verbosity = 0;
try {
  process.exitCode = await runCommandLine(argv, {
    columns: Math.min(120, process.stdout.columns ?? 100),
    contextOf,
  });
} catch (error) {
  process.exitCode = fail(error, asksFor(argv, '--json'), verbosity > 0);
}

function contextOf(values: Values): Context {
  const context: Context = {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    json: values.json === true,
    quiet: values.quiet === true,
    verbosity: typeof values.verbose === 'number' ? values.verbose : 0,
    live: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
    env: process.env,
    signal: control.signal,
  };
  verbosity = context.verbosity;
  logTraffic(context);
  return context;
}

function fail(error: unknown, json: boolean, verbose: boolean): number {
  const { text, exitCode } = describeError(error, verbose);
  if (json) process.stdout.write(errorJson(error));
  process.stderr.write(text);
  return exitCode;
}
