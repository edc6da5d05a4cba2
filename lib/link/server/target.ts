import type { Board } from '../../boards/board.js';

/** What kind of debug server listens: their reset commands and their quirks differ (boards.md, "Servers"). */
export const SERVER_KINDS = ['qemu', 'openocd', 'jlink', 'generic'] as const;
export type ServerKind = (typeof SERVER_KINDS)[number];

export const SERVER_NAMES: Readonly<Record<ServerKind, string>> = {
  qemu: 'QEMU',
  openocd: 'OpenOCD',
  jlink: 'J-Link GDB server',
  generic: 'gdb server',
};

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * A debug server that is ready, with the firmware's ELF file beside it. Engines open their own connection to it.
 * Disposing it ends what was launched for it (nothing, when it was attached to) and waits for the end.
 */
export interface Target extends AsyncDisposable {
  readonly kind: ServerKind;
  readonly server: ServerAddress;
  /** OpenOCD's Tcl port, for the `arp_poll` poke (engines.md); absent for other servers. */
  readonly tclPort?: number;
  readonly board: Board;
  readonly elfPath: string;
  /** Monitor commands that reset the target and halt it before its first instruction; empty: it already is (QEMU with -S). */
  readonly resetCommands: readonly string[];
  /** Whether to write the ELF file's segments to the target before the capture. */
  readonly load: boolean;
  /** Whether to compare the target's code with the ELF file's before the capture. */
  readonly verify: boolean;
  /** Rejects when the server process dies or its console closes; never settles for attached servers. */
  readonly lost: Promise<never>;
  /** The console (UART) of a launched emulator, as text chunks; absent when there is none. Single use. */
  readonly console?: AsyncIterable<string>;
  /** Types at the console; absent when there is none. */
  readonly writeConsole?: (text: string) => void;
}
