import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { killTool, spawnTool, toolEnded } from '../../base/child-processes.js';
import { WAIT_MS } from '../waits.js';
import type { GdbProgram } from './find-gdb.js';
import { MiConnection } from './mi-connection.js';

/** A running gdb with its MI dialogue; disposing it leaves no process behind. */
export class GdbProcess implements AsyncDisposable {
  readonly mi: MiConnection;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly ended: Promise<void>;
  private pid: number | undefined;

  /** Starts gdb without any of its start-up files: neither the user's nor those an ELF file names may run. */
  constructor(program: GdbProgram, elf?: string) {
    const args = ['-nx', '-q', '--interpreter=mi2', '-iex', 'set auto-load off'];

    this.child = spawnTool(program.path, elf === undefined ? args : [...args, '--', elf]);
    this.child.once('error', () => undefined);
    this.ended = toolEnded(this.child);
    this.mi = new MiConnection(this.child);
  }

  /** Asks gdb-scripts/heap_harvest.py to stop at the next event. Without the script this would end gdb. */
  askScript(): void {
    const signal = 'SIGUSR1';
    if (this.pid === undefined) {
      this.child.kill(signal);
      return;
    }
    try {
      process.kill(this.pid, signal);
    } catch {
      // It is gone, which the end of its output tells.
    }
  }

  /** Asks gdb for its own number: it may run behind a script, which must not get the signal that gdb is to get. Needs its Python. */
  async findPid(): Promise<void> {
    const said = await this.mi.consoleOutput('python import os; print(os.getpid())').catch(() => '');
    const pid = Number(/^\d+$/m.exec(said)?.[0] ?? 0);
    if (pid > 1) this.pid = pid;
  }

  /** Ends it at once. */
  kill(): void {
    killTool(this.child, 'SIGKILL');
  }

  /** Whether its output is not being read. */
  get isPaused(): boolean {
    return this.child.stdout.isPaused();
  }

  pauseOutput(): void {
    this.child.stdout.pause();
  }

  resumeOutput(): void {
    this.child.stdout.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.stdin.end('-gdb-exit\n');
      const killer = setTimeout(() => this.kill(), WAIT_MS.grace);
      await this.ended;
      clearTimeout(killer);
    }
  }
}
