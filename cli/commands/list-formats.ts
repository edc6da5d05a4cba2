import { ExitCode, FORMATS } from '../../lib/public/command-line.js';
import type { Context } from '../context.js';

/** Prints what can be imported. */
export function listFormats(context: Context): ExitCode {
  if (context.json) {
    context.out(`${JSON.stringify(FORMATS.map(({ id, title }) => ({ id, title })))}\n`);
  } else {
    const width = Math.max(...FORMATS.map(({ id }) => id.length));
    for (const { id, title } of FORMATS) context.out(`${id.padEnd(width)}  ${title}\n`);
  }
  return ExitCode.ok;
}
