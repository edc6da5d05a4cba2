import { spawn } from 'node:child_process';
import { tellTraffic } from './traffic.js';
import type { Milliseconds } from './units.js';

export interface ToolResult {
  /** -1 when the program could not be run or was killed. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_OUTPUT_CHARS = 1 << 24;

/** Runs a program to its end and keeps what it printed (16 MiB at the most); never throws, never runs a shell. */
export function runTool(
  program: string,
  args: readonly string[],
  timeoutMs: Milliseconds = 300_000,
): Promise<ToolResult> {
  return new Promise((resolve) => {
    tellTraffic('process', '>', () => [program, ...args].join(' '));
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    // spawn's own time-out is not cleared for a program that is not there: it would keep this process from ending.
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const settle = (result: ToolResult) => {
      clearTimeout(timer);
      resolve(result);
    };
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < MAX_OUTPUT_CHARS) stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < MAX_OUTPUT_CHARS) stderr += text;
    });
    child.on('error', (error) => settle({ status: -1, stdout, stderr: error.message }));
    child.on('close', (status) => settle({ status: status ?? -1, stdout, stderr }));
  });
}

/** What a program prints on stdout; undefined when it cannot be run or takes longer than `timeoutMs`. */
export async function outputOf(
  program: string,
  args: readonly string[],
  timeoutMs: Milliseconds = 10_000,
): Promise<string | undefined> {
  const { status, stdout } = await runTool(program, args, timeoutMs);
  return status === -1 ? undefined : stdout;
}
