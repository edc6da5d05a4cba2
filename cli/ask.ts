import { createInterface } from 'node:readline';
import { ExitCode, HarvestError } from '../lib/public/command-line.js';
import type { Context } from './context.js';

/** Reads an answer, or says what is wrong with it: it is asked again then. */
export type ReadAnswer<T> = (text: string) => { readonly value: T } | { readonly wrong: string };

/** Questions at a terminal, one after the other, on stderr. */
export interface Asker extends Disposable {
  /** @throws HarvestError HH1860 when the input ends (Ctrl-D, Ctrl-C) */
  ask<T>(question: string, read: ReadAnswer<T>): Promise<T>;
}

/** Whether somebody is there to be asked. */
export function canAsk({ live }: Pick<Context, 'live'>): boolean {
  return live && process.stdin.isTTY === true;
}

export function openAsker({ signal }: Pick<Context, 'signal'>): Asker {
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
  // A terminal in raw mode sends a character, no signal.
  lines.on('SIGINT', () => lines.close());
  signal.addEventListener('abort', () => lines.close(), { once: true });
  const line = (question: string) =>
    new Promise<string>((resolve, reject) => {
      const onClose = () => reject(ended());
      lines.once('close', onClose);
      lines.question(question, (text) => {
        lines.off('close', onClose);
        resolve(text.trim());
      });
    });
  return {
    ask: async (question, read) => {
      for (;;) {
        const answer = read(await line(question));
        if ('value' in answer) return answer.value;
        process.stderr.write(`  ${answer.wrong}\n`);
      }
    },
    [Symbol.dispose]: () => lines.close(),
  };
}

function ended(): HarvestError {
  return new HarvestError(
    'HH1860',
    ExitCode.interrupted,
    'the questions were left: found no answer, nothing was written',
    {
      remedy: '`harvest boards new --mcu CHIP --title TITLE -o FILE` asks nothing',
    },
  );
}
