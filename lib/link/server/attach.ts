import type { Board } from '../../boards/board.js';
import { UsageError } from '../../errors/errors.js';
import { OpenocdTcl } from './openocd-tcl.js';
import type { RecognisedServer } from './recognise.js';
import { refuseAfter, resetCommandsOf } from './reset-commands.js';
import type { AfterMode, ServerAddress, Target } from './target.js';
import type { ResetMode } from './target-options.js';

export interface AttachOptions {
  readonly elf: string;
  readonly load: boolean;
  readonly verify: boolean;
  readonly reset: ResetMode;
  readonly after: AfterMode;
  readonly notes: readonly string[];
}

/** A debug server that the user has started: nothing is launched, nothing is ended. */
export function attachTarget(
  board: Board,
  found: RecognisedServer,
  server: ServerAddress,
  options: AttachOptions,
): Target {
  const { kind, tclPort } = found;
  const { elf, load, verify, reset, after, notes } = options;
  refuseAfter(kind, after);
  return {
    kind,
    server,
    ...(tclPort === undefined ? {} : { tclPort }),
    board,
    elf,
    orders: { resetCommands: resetCommandsOf(kind, reset), load, verify, after },
    notes,
    lost: new Promise<never>(() => undefined),
    async [Symbol.asyncDispose]() {
      if (tclPort === undefined) return;
      const tcl = await OpenocdTcl.open({ host: server.host, port: tclPort }).catch(() => undefined);
      await tcl?.leaveTarget(after);
      await tcl?.[Symbol.asyncDispose]();
    },
  };
}

/** `HOST:PORT`, `:PORT` or `PORT`. @throws UsageError HH1102 */
export function parseServerAddress(text: string): ServerAddress {
  const match = /^(?:(?:\[([0-9a-f:]+)\]|([^:[\]]*)):)?(\d{1,5})$/i.exec(text.trim());
  const port = Number(match?.[3] ?? 0);
  if (!match || port < 1 || port > 65535) {
    throw new UsageError(
      'HH1102',
      `options.gdbServer ${text}: found no HOST:PORT, expected for example localhost:3333`,
      {
        remedy:
          'the usual ports: OpenOCD and pyOCD 3333, J-Link 2331, probe-rs 1337, QEMU 1234; a Black Magic Probe by its device, /dev/ttyACM0',
      },
    );
  }
  return { host: match[1] ?? (match[2] || '127.0.0.1'), port };
}

/** Whether it is a serial device rather than HOST:PORT: `/dev/ttyACM0`, `COM3`. */
export function isDevicePath(text: string): boolean {
  return text.startsWith('/') || /^COM\d+$/i.test(text);
}
