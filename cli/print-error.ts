import pc from 'picocolors';
import { CheckFailedError, ExitCode, errorMessage, HarvestError, sanitize } from '../lib/public/index.js';

/** An error as people read it, and the status that the process ends with. */
export function describeError(error: unknown, verbose: boolean): { readonly text: string; readonly exitCode: number } {
  if (error instanceof HarvestError) {
    // The messages of failed checks are several lines, whose names are made safe where they are put in.
    const message = error instanceof CheckFailedError ? sanitizeLines(error.message) : sanitize(error.message);
    const lines = [`${pc.red(error.code)} ${message}`];
    if (error.remedy !== undefined) lines.push(`  try: ${sanitize(error.remedy)}`);
    for (let cause = error.cause; verbose && cause instanceof Error; cause = cause.cause) {
      lines.push(`  because: ${sanitize(cause.message)}`);
    }
    return { text: `${lines.join('\n')}\n`, exitCode: error.exitCode };
  }
  if (error instanceof Error && error.name === 'AbortError')
    return { text: 'interrupted\n', exitCode: ExitCode.interrupted };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: `this is a fault of harvest itself, please report it:\n${sanitizeLines(text)}\n`, exitCode: 70 };
}

/** The same as JSON, for --json. */
export function errorJson(error: unknown): string {
  const known = error instanceof HarvestError;
  const message = errorMessage(error);
  return `${JSON.stringify({ error: { code: known ? error.code : 'HH0000', message, remedy: known ? error.remedy : undefined } })}\n`;
}

function sanitizeLines(text: string): string {
  return text.split('\n').map(sanitize).join('\n');
}
