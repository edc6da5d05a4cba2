import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawnTool } from '../../base/child-processes.js';
import type { Milliseconds } from '../../base/units.js';
import type { GdbProgram } from './find-gdb.js';
import { MiConnection } from './mi-connection.js';

const GRACE_MS: Milliseconds = 3_000;

/** A running gdb with its MI dialogue; disposing it leaves no process behind. */
export class GdbProcess implements AsyncDisposable {
  readonly mi: MiConnection;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly ended: Promise<void>;

  /** Starts gdb without any of its start-up files: neither the user's nor those an ELF file names may run. */
  constructor(program: GdbProgram, elfPath?: string) {
    const args = ['-nx', '-q', '--interpreter=mi2', '-iex', 'set auto-load off'];

    this.child = spawnTool(program.path, elfPath === undefined ? args : [...args, '--', elfPath]);
    this.ended = new Promise((resolve) => this.child.once('close', () => resolve()));
    this.child.once('error', () => undefined);
    this.mi = new MiConnection(this.child);
  }

  /** Stops the target while gdb waits for it (gdb turns SIGINT into an interrupt of the remote target). */
  interrupt(): void {
    this.child.kill('SIGINT');
  }

  /** Asks gdb-scripts/heap_harvest.py to stop at the next event. Without the script this would end gdb. */
  askScript(): void {
    this.child.kill('SIGUSR1');
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
      const killer = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MS);
      await this.ended;
      clearTimeout(killer);
    }
  }
}
