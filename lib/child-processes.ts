import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

const running = new Set<number>();
let watching = false;

/**
 * Starts a program in a process group of its own, so that Ctrl-C at our terminal does not reach it: captures end it in order.
 * When this process exits first, by whatever error, the program is killed with it.
 */
export function spawnTool(program: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn(program, args, { detached: true });
  const { pid } = child;
  if (pid === undefined) return child;
  if (!watching) {
    watching = true;
    process.once('exit', killAll);
  }
  running.add(pid);
  child.once('close', () => running.delete(pid));
  return child;
}

function killAll(): void {
  for (const pid of running) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended in the meantime.
    }
  }
}
