import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { AsyncQueue } from '../../base/async-queue.js';
import { killTool, spawnTool, toolEnded } from '../../base/child-processes.js';
import { installHint } from '../../base/install-hint.js';
import type { Board, QemuConfig } from '../../boards/board.js';
import { DeviceLostError, TargetError, ToolMissingError } from '../../errors/errors.js';
import { WAIT_MS } from '../waits.js';
import type { Target } from './target.js';
import { freePort, waitForPort } from './tcp-port.js';

const ATTEMPTS = 3;

const PROGRAMS: Readonly<Record<Board['mcu']['architecture'], string>> = {
  arm: 'qemu-system-arm',
  riscv: 'qemu-system-riscv32',
  xtensa: 'qemu-system-xtensa',
};

/** The program that emulates a board's processor: the board file's, else that of its architecture. */
export function qemuProgramOf({ mcu, servers }: Pick<Board, 'mcu' | 'servers'>): string {
  return servers.qemu?.program ?? PROGRAMS[mcu.architecture];
}

/** How a QEMU is installed here: Debian has those of most architectures in one package. */
export function qemuInstallHint(program: string): string {
  const hint = installHint('qemu');
  return /-arm$/.test(program) ? hint : hint.replace('qemu-system-arm', 'qemu-system-misc');
}

export interface QemuOptions {
  readonly elf: string;
  /** Further arguments of the user's. */
  readonly args?: readonly string[];
  /** The program; default: the board's, else by its architecture. */
  readonly program?: string;
}

/**
 * Starts the firmware under QEMU, halted before its first instruction, with its gdb server on a free port of 127.0.0.1.
 * @throws ToolMissingError HH1803, TargetError HH1510 (QEMU ended: it says why)
 */
export async function launchQemu(board: Board, config: QemuConfig, options: QemuOptions): Promise<Target> {
  for (let attempt = 1; ; attempt++) {
    const machine = new QemuProcess(board, config, options, await freePort());
    try {
      return await machine.ready();
    } catch (error) {
      await machine.stop();
      // Another process may have taken the port between our look and QEMU's.
      if (attempt < ATTEMPTS && /in use/.test(machine.complaints)) continue;
      throw error;
    }
  }
}

class QemuProcess {
  complaints = '';
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly ended: Promise<void>;
  private readonly console = new AsyncQueue<string>(10_000);
  private stopping = false;
  private readonly program: string;

  constructor(
    private readonly board: Board,
    config: QemuConfig,
    private readonly options: QemuOptions,
    private readonly port: number,
  ) {
    const args = [
      ...['-machine', config.machine, '-kernel', options.elf, '-display', 'none', '-monitor', 'none'],
      ...['-serial', 'stdio', '-S', '-gdb', `tcp:127.0.0.1:${port}`, ...config.args, ...(options.args ?? [])],
    ];

    this.program = options.program ?? config.program ?? qemuProgramOf(board);
    this.child = spawnTool(this.program, args);
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.console.push(text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaints = (this.complaints + text).slice(-2_000);
    });
    this.child.stdin.on('error', () => undefined);
    this.child.once('error', () => undefined);
    this.ended = toolEnded(this.child);
    this.ended.then(() => this.console.end());
  }

  async ready(): Promise<Target> {
    const failed = this.whenEnded();
    failed.catch(() => undefined);
    const settled = new AbortController();
    const listening = waitForPort('127.0.0.1', this.port, { timeoutMs: WAIT_MS.start, signal: settled.signal });
    // Looking on would keep this process alive.
    await Promise.race([listening, failed]).finally(() => settled.abort());
    return {
      kind: 'qemu',
      server: { host: '127.0.0.1', port: this.port },
      board: this.board,
      elf: this.options.elf,
      orders: { resetCommands: [], load: false, verify: false, endsWithCapture: true },
      notes: [`launched QEMU: ${this.board.title}`],
      lost: failed,
      console: this.console.drain(),
      writeConsole: (text) => this.child.stdin.write(text),
      [Symbol.asyncDispose]: () => this.stop(),
    };
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null) return;
    killTool(this.child, 'SIGTERM');
    // One that is stopped takes the signal only when it goes on.
    killTool(this.child, 'SIGCONT');
    const killer = setTimeout(() => killTool(this.child, 'SIGKILL'), WAIT_MS.grace);
    await this.ended;
    clearTimeout(killer);
  }

  private async whenEnded(): Promise<never> {
    await this.ended;
    if (this.child.pid === undefined) {
      throw new ToolMissingError('HH1803', `${this.program}: cannot be run`, {
        remedy: qemuInstallHint(this.program),
      });
    }
    if (this.stopping) throw new DeviceLostError('HH1602', 'QEMU: was stopped');
    const why = this.complaints.trim() || `it ended with ${this.child.signalCode ?? `status ${this.child.exitCode}`}`;
    throw new TargetError('HH1510', `QEMU (${this.board.name}): ${why}`, {
      remedy: 'is the ELF file built for this machine, and does it fit its memory? `harvest boards` shows both',
    });
  }
}
