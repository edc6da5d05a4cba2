import type { Board } from '../../boards/board.js';
import { UsageError } from '../../errors/errors.js';
import { attachTarget, parseServerAddress } from './attach.js';
import { launchQemu } from './qemu.js';
import type { ServerKind, Target } from './target.js';

export interface ConnectOptions {
  readonly elfPath: string;
  /** Which of the board's servers; absent: the first that it has, an emulator before the others. */
  readonly server?: ServerKind;
  /** `HOST:PORT` of a server that runs already. */
  readonly gdbServer?: string;
  readonly qemuArgs?: readonly string[];
  readonly load?: boolean;
  readonly verify?: boolean;
  readonly reset?: boolean;
}

/**
 * Gets a target ready: launches the emulator, or attaches to the debug server that runs.
 * @throws UsageError HH1103 when the board has no such server, and what the launch throws.
 */
export async function connect(board: Board, options: ConnectOptions): Promise<Target> {
  const kind = options.server ?? defaultServer(board, options);
  const { load = false, verify = true, reset = true, elfPath } = options;
  if (kind === 'qemu' && options.gdbServer === undefined) {
    const { qemu } = board.servers;
    if (!qemu) throw noServer(board, kind);
    return launchQemu(board, qemu, { elfPath, args: options.qemuArgs ?? [] });
  }
  const address = options.gdbServer ?? defaultAddress(board, kind);
  return attachTarget(board, kind, parseServerAddress(address), { elfPath, load, verify, reset });
}

function defaultServer(board: Board, options: ConnectOptions): ServerKind {
  const { qemu, openocd, jlink } = board.servers;
  if (options.gdbServer !== undefined) {
    const port = parseServerAddress(options.gdbServer).port;
    if (openocd?.port === port || port === 3333) return 'openocd';
    if (jlink?.port === port || port === 2331) return 'jlink';
    return 'generic';
  }
  if (qemu) return 'qemu';
  if (openocd) return 'openocd';
  if (jlink) return 'jlink';
  throw new UsageError('HH1103', `board ${board.name}: has no debug server of its own`, {
    remedy: 'pass --gdb-server HOST:PORT of the one that runs',
  });
}

function defaultAddress(board: Board, kind: ServerKind): string {
  const { openocd, jlink } = board.servers;
  if (kind === 'openocd') return `127.0.0.1:${openocd?.port ?? 3333}`;
  if (kind === 'jlink') return `127.0.0.1:${jlink?.port ?? 2331}`;
  throw noServer(board, kind);
}

function noServer(board: Board, kind: ServerKind): UsageError {
  const known = Object.keys(board.servers).join(', ') || 'none';
  return new UsageError('HH1103', `board ${board.name}: found the servers ${known}, expected ${kind} among them`, {
    remedy: 'choose another with --server, or pass --gdb-server HOST:PORT',
  });
}
