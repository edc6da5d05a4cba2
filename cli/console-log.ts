import { closeSync, openSync, writeSync } from 'node:fs';
import { type ConsoleLine, OutputError, sanitize } from '../lib/public/command-line.js';
import type { Context } from './context.js';

export interface ConsoleLog extends Disposable {
  readonly line: (line: ConsoleLine) => void;
}

const HEAD = '# events before, console line\n';

/**
 * Where the lines of the target's console go: into a file, where one is named, and with -v to stderr. Opened before the target is touched.
 * @throws OutputError HH1566
 */
export function consoleLog(
  path: string | undefined,
  { verbosity, err }: Pick<Context, 'verbosity' | 'err'>,
): ConsoleLog {
  let file = path === undefined ? undefined : openLog(path);
  const write = (text: string) => {
    try {
      if (file !== undefined) writeSync(file, text);
    } catch (cause) {
      // The capture goes on: the log is the lesser part of it.
      file = undefined;
      err(`${logError(path ?? '', cause).message}; the capture goes on without it\n`);
    }
  };
  write(HEAD);
  return {
    line: ({ text, afterEvents }) => {
      if (verbosity > 0) err(`console> ${sanitize(text)}\n`);
      write(`${afterEvents}\t${text}\n`);
    },
    [Symbol.dispose]: () => {
      if (file !== undefined) closeSync(file);
    },
  };
}

function openLog(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    throw logError(path, cause);
  }
}

function logError(path: string, cause: unknown): OutputError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new OutputError('HH1566', `--serial-log ${path}: cannot be written: ${why}`, { cause });
}
