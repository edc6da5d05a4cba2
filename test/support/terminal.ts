import { spawn } from 'node:child_process';
import { CLI } from './run-cli.js';

/** What somebody types when the text before it has been shown. */
export type Typed = readonly [shown: RegExp, text: string];

const PATIENCE_MS = 60_000;

/** Runs the command line on a real terminal (a pty of socat's), where it is typed at; resolves to all that was shown, when it has ended. */
export function runOnTerminal(args: readonly string[], typed: readonly Typed[], cwd: string): Promise<string> {
  const command = [process.execPath, CLI, ...args].join(' ');
  const child = spawn('socat', ['-', `EXEC:${command},pty,setsid,ctty,stderr`], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  const left = [...typed];
  let shown = '';
  let seen = 0;
  const type = () => {
    const [next] = left;
    const match = next?.[0].exec(shown.slice(seen));
    if (!next || !match) return;
    seen += match.index + match[0].length;
    left.shift();
    child.stdin.write(next[1]);
    type();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    type();
  });
  child.stdin.on('error', () => undefined);
  return new Promise((resolve) => child.on('close', () => resolve(shown)));
}
