import { ExitCode, FORMATS } from '../../lib/public/command-line.js';
import type { Context } from '../context.js';
import { printJson } from '../json-output.js';

/** Prints what can be imported. */
export function listFormats(context: Context): ExitCode {
  if (context.json) {
    printJson({ schema: 'heap-harvest/formats@1', formats: FORMATS.map(({ id, title }) => ({ id, title })) }, context);
  } else {
    const width = Math.max(...FORMATS.map(({ id }) => id.length));
    for (const { id, title } of FORMATS) context.out(`${id.padEnd(width)}  ${title}\n`);
  }
  return ExitCode.ok;
}
