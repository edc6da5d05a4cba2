import { killTool, spawnTool, toolEnded } from './child-processes.js';
import type { Milliseconds } from './units.js';

/** How a program ended, and what it wrote. */
export interface ToolResult {
  /** -1 when the program could not be run or was killed. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** It was killed because it took too long. */
  readonly tookTooLong: boolean;
}

/** For what a program says of itself. On a busy machine gdb and its Python take seconds to start: one that is late is not one that is not there. */
export const TOOL_ANSWER_MS: Milliseconds = 30_000;
const MAX_OUTPUT_CHARS = 1 << 24;

/**
 * Runs a program to its end and keeps what it printed (16 MiB at the most); never throws. After `timeoutMs` it is killed, with
 * all that it started.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  timeoutMs: Milliseconds = 300_000,
): Promise<ToolResult> {
  const child = spawnTool(program, args);
  // spawn's own time-out is not cleared for a program that is not there: it would keep this process from ending.
  let tookTooLong = false;
  const timer = setTimeout(() => {
    tookTooLong = true;
    killTool(child, 'SIGKILL');
  }, timeoutMs);
  let stdout = '';
  let stderr = '';
  let failure: Error | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < MAX_OUTPUT_CHARS) stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < MAX_OUTPUT_CHARS) stderr += text;
  });
  child.stdin.on('error', () => undefined).end();
  child.on('error', (error) => {
    failure = error;
  });
  await toolEnded(child);
  clearTimeout(timer);
  if (failure) return { status: -1, stdout, stderr: failure.message, tookTooLong };
  return { status: child.exitCode ?? -1, stdout, stderr, tookTooLong };
}

/** What a program prints on stdout; undefined when it cannot be run or takes longer than `timeoutMs`. */
export async function outputOf(
  program: string,
  args: readonly string[],
  timeoutMs: Milliseconds = TOOL_ANSWER_MS,
): Promise<string | undefined> {
  const { status, stdout } = await runTool(program, args, timeoutMs);
  return status === -1 ? undefined : stdout;
}
