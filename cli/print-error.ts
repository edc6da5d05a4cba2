import pc from 'picocolors';
import {
  CheckFailedError,
  ExitCode,
  errorMessage,
  HarvestError,
  sanitize,
  ToolMissingError,
} from '../lib/public/command-line.js';
import type { ErrorJson } from './json-output.js';
import { optionWords } from './option-words.js';
import { safeLines } from './safe-text.js';

/** An error as people read it, and the status that the process ends with. */
export function describeError(error: unknown, verbose: boolean): { readonly text: string; readonly exitCode: number } {
  if (error instanceof HarvestError) {
    // The messages of failed checks are several lines, whose names are made safe where they are put in.
    const message = error instanceof CheckFailedError ? safeLines(error.message) : sanitize(error.message);
    const lines = [`${pc.red(error.code)} ${message}`];
    if (error.remedy !== undefined) lines.push(`  try: ${sanitize(error.remedy)}`);
    for (let cause = error.cause; verbose && cause instanceof Error; cause = cause.cause) {
      lines.push(`  because: ${sanitize(cause.message)}`);
    }
    return { text: optionWords(`${lines.join('\n')}\n`), exitCode: error.exitCode };
  }
  const surroundings = fromSurroundings(error);
  if (surroundings) return describeError(surroundings, verbose);
  if (error instanceof Error && error.name === 'AbortError')
    return { text: 'interrupted\n', exitCode: ExitCode.interrupted };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: `this is a fault of harvest itself, please report it:\n${safeLines(text)}\n`, exitCode: 70 };
}

/** What the machine lacks, wherever it struck: one more open file, a file of the installation. */
function fromSurroundings(error: unknown): HarvestError | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = 'code' in each ? each.code : '';
    if (code === 'ERR_MODULE_NOT_FOUND') {
      const remedy = 'install harvest anew; with few open files allowed (ulimit -n), allow more';
      return new ToolMissingError('HH1908', `harvest: ${each.message}`, { cause: error, remedy });
    }
    if (code !== 'EMFILE' && code !== 'ENFILE') continue;
    const message = `harvest: found no file descriptor left, expected about 60: ${each.message}`;
    return new HarvestError('HH1907', ExitCode.partial, message, { cause: error, remedy: 'ulimit -n 1024' });
  }
  return undefined;
}

/** The same as JSON, for --json. */
export function errorJson(error: unknown): string {
  const known = error instanceof HarvestError;
  const message = optionWords(errorMessage(error));
  const remedy = known && error.remedy !== undefined ? optionWords(error.remedy) : undefined;
  const output: ErrorJson = {
    schema: 'heap-harvest/error@1',
    error: { code: known ? error.code : 'HH0000', message, ...(remedy === undefined ? {} : { remedy }) },
  };
  return `${JSON.stringify(output)}\n`;
}
