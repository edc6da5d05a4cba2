import { createInterface } from 'node:readline';
import { runCommandLine } from '../../cli/command-line.js';
import { describeError } from '../../cli/print-error.js';
import { ExitCode } from '../../lib/public/command-line.js';

/*
 * Runs command lines in this process, one a line of stdin as a JSON array, and prints what became of each as a line of JSON: thousands of them
 * take seconds. What is left running is nobody's: the parent ends the process.
 */

/** What a command says that serves until it is interrupted. */
const SERVES = /; Ctrl-C ends it|"heap-harvest\/served@1"/;

export interface BatchResult {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

async function runOne(argv: readonly string[]): Promise<BatchResult> {
  const control = new AbortController();
  let output = '';
  let errors = '';
  try {
    const status = await runCommandLine(argv, {
      columns: 100,
      contextOf: (values) => ({
        out: (text) => {
          output += text;
          if (SERVES.test(text)) control.abort();
        },
        err: (text) => {
          errors += text;
          if (SERVES.test(text)) control.abort();
        },
        json: values.json === true,
        quiet: values.quiet === true,
        verbosity: 0,
        live: false,
        terminal: false,
        columns: 80,
        env: {},
        signal: control.signal,
      }),
    });
    return { status, output, errors };
  } catch (error) {
    const { text, exitCode } = describeError(error, false);
    return { status: control.signal.aborted ? ExitCode.ok : exitCode, output, errors: errors + text };
  }
}

const lines: string[] = [];
for await (const line of createInterface({ input: process.stdin })) lines.push(line);
for (const line of lines) {
  const argv = JSON.parse(line) as string[];
  const result = await runOne(argv);
  const cut = { ...result, output: result.output.slice(0, 2000), errors: result.errors.slice(0, 2000) };
  process.stdout.write(`${JSON.stringify(cut)}\n`);
}
process.exit(0);
