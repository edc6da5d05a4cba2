import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import type { Writable } from 'node:stream';
import { ToolMissingError } from '../errors/errors.js';
import { tellTraffic } from './traffic.js';
import type { Milliseconds } from './units.js';

/** The pipe by which a guard sees that this process is gone. */
const GUARD_PIPE = 3;
const LOOKUP_MS: Milliseconds = 5_000;
const found = new Map<string, boolean>();
/**
 * Becomes the program, after it has left a guard in the program's process group. The guard waits on a pipe that only this process
 * holds: a line says that all is well, its end without one that this process was killed; then the whole group goes, at once or after
 * the program ($$ is it) had some tenths of a second to end in order. It is there before the program is, so that no moment is without it,
 * and a SIGTERM for the group, by which the program is asked to end, leaves it: a program may not heed that, and this process be killed
 * while it waits.
 */
const guarded = (tenths: number) => {
  const inOrder = `kill -TERM 0; n=0; while kill -0 $$ && [ $n -lt ${tenths} ]; do sleep 0.1; n=$((n+1)); done; `;
  return `(trap '' TERM; read -r _ <&${GUARD_PIPE} || { ${tenths > 0 ? inOrder : ''}kill -9 0; }) >/dev/null 2>&1 & exec "$@" ${GUARD_PIPE}<&-`;
};

export interface SpawnOptions {
  /** How long the program may take to end in order (by SIGTERM) when this process was killed; absent: it is killed at once. */
  readonly graceMs?: Milliseconds;
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C at our terminal does not reach it: captures end it in order.
 * Neither it nor what it starts outlives this process, however that ends, or the program itself, which may be a script that waits for
 * the real one: a captured emulator would otherwise run on for ever.
 *
 * @throws ToolMissingError HH1806 when no file descriptors are left
 */
export function spawnTool(
  program: string,
  args: readonly string[],
  { graceMs = 0 }: SpawnOptions = {},
): ChildProcessWithoutNullStreams {
  tellTraffic('process', '>', () => [program, ...args].join(' '));
  // A program that is not there fails as it does without a guard.
  const isGuarded = process.platform !== 'win32' && isProgram(program);
  const child = isGuarded
    ? spawn('/bin/sh', ['-c', guarded(Math.round(graceMs / 100)), 'sh', program, ...args], {
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      })
    : spawn(program, args, { detached: process.platform !== 'win32', windowsHide: true });
  if (!child.stdio) throw cannotStart(child, program);
  const guard = child.stdio[GUARD_PIPE] as (Writable & { unref?: () => void }) | undefined;
  guard?.on('error', () => undefined);
  // It must not keep this process from ending.
  guard?.unref?.();
  child.once('exit', () => {
    guard?.end('ended\n');
    killTool(child, 'SIGKILL');
  });
  return child as ChildProcessWithoutNullStreams;
}

/** Without descriptors for its pipes a child has none, and tells why a moment later. */
function cannotStart(child: ChildProcess, program: string): ToolMissingError {
  child.on('error', () => undefined);
  return new ToolMissingError('HH1806', `${program}: cannot be started: found no free file descriptor`, {
    remedy: 'raise the limit: ulimit -n 256',
  });
}

/** Sends a signal to a program that `spawnTool` started and to all that it started. Does nothing when they are gone. */
export function killTool(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

/**
 * Resolves when a program has ended. Its `close` may never come: something that it started can hold its pipes. What it printed last
 * comes before, or within `lateMs`. Rejects never; a program that cannot be run has ended, too.
 */
export function toolEnded(child: ChildProcess, lateMs: Milliseconds = 250): Promise<void> {
  return new Promise((resolve) => {
    // It keeps this process alive: nothing else may, and whoever waits would never be told.
    let late: NodeJS.Timeout | undefined;
    const ended = () => {
      clearTimeout(late);
      resolve();
    };
    child.once('close', ended);
    child.once('error', ended);
    child.once('exit', () => {
      late = setTimeout(() => {
        for (const stream of [child.stdout, child.stderr, child.stdin]) stream?.destroy();
        resolve();
      }, lateMs);
    });
  });
}

/** Whether there is such a program, by its path or where the shell finds one. */
function isProgram(program: string): boolean {
  const known = found.get(program);
  if (known !== undefined) return known;
  const search = ['-c', 'command -v -- "$1"', 'sh', program];
  const isThere = spawnSync('/bin/sh', search, { stdio: 'ignore', timeout: LOOKUP_MS }).status === 0;
  found.set(program, isThere);
  return isThere;
}
