import type { Board } from '../../boards/board.js';
import { UsageError } from '../../errors/errors.js';
import type { ServerAddress, ServerKind, Target } from './target.js';

/** Monitor commands that reset the target and halt it before its first instruction (boards.md, "Servers"). */
const RESET_COMMANDS: Readonly<Record<ServerKind, readonly string[]>> = {
  openocd: ['reset halt'],
  jlink: ['halt', 'reset'],
  qemu: ['system_reset'],
  generic: [],
};

export interface AttachOptions {
  readonly elfPath: string;
  readonly load: boolean;
  readonly verify: boolean;
  /** False keeps the target as it is: it is captured from where it stands. */
  readonly reset: boolean;
}

/** A debug server that the user has started: nothing is launched, nothing is ended. */
export function attachTarget(board: Board, kind: ServerKind, server: ServerAddress, options: AttachOptions): Target {
  const { openocd } = board.servers;
  return {
    kind,
    server,
    ...(kind === 'openocd' && openocd ? { tclPort: openocd.tclPort } : {}),
    board,
    elfPath: options.elfPath,
    resetCommands: options.reset ? RESET_COMMANDS[kind] : [],
    load: options.load,
    verify: options.verify,
    lost: new Promise<never>(() => undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** `HOST:PORT`, `:PORT` or `PORT`. @throws UsageError HH1102 */
export function parseServerAddress(text: string): ServerAddress {
  const match = /^(?:(?:\[([0-9a-f:]+)\]|([^:[\]]*)):)?(\d{1,5})$/i.exec(text.trim());
  const port = Number(match?.[3] ?? 0);
  if (!match || port < 1 || port > 65535) {
    throw new UsageError('HH1102', `--gdb-server ${text}: found no HOST:PORT, expected for example localhost:3333`);
  }
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port };
}
