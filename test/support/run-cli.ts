import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './fixture.js';

export const CLI = join(projectRoot, 'dist', 'bin', 'harvest.js');

export interface CliResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin holds. */
  readonly input?: string | Uint8Array;
  /** Gets the process as soon as it runs, to send it signals. */
  readonly started?: (child: ChildProcess) => void;
  /** Default: two minutes. */
  readonly timeoutMs?: number;
  /** A program and arguments to run the CLI through. */
  readonly wrapper?: readonly string[];
}

/** Runs the command line as a user does; never longer than two minutes unless told. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const [program = process.execPath, ...before] = [...(options.wrapper ?? []), process.execPath, CLI];
  return new Promise((resolve) => {
    const child = spawn(program, [...before, ...args], {
      cwd: options.cwd ?? projectRoot,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      timeout: options.timeoutMs ?? 120_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
    options.started?.(child);
  });
}
