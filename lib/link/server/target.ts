import type { Board } from '../../boards/board.js';

/** What kind of debug server listens: their reset commands and their quirks differ (docs/boards.md, "Debug servers"). */
export const SERVER_KINDS = ['qemu', 'openocd', 'jlink', 'pyocd', 'probe-rs', 'blackmagic', 'generic'] as const;
/** One of {@link SERVER_KINDS}. */
export type ServerKind = (typeof SERVER_KINDS)[number];

/** What people call each debug server. */
export const SERVER_NAMES: Readonly<Record<ServerKind, string>> = {
  qemu: 'QEMU',
  openocd: 'OpenOCD',
  jlink: 'J-Link GDB server',
  pyocd: 'pyOCD',
  'probe-rs': 'probe-rs',
  blackmagic: 'Black Magic Probe',
  generic: 'gdb server',
};

/** What the target does after a capture: `run` on, stay `halt`ed where the capture ended, or `reset` and run. */
export const AFTER_MODES = ['run', 'halt', 'reset'] as const;
/** One of {@link AFTER_MODES}. */
export type AfterMode = (typeof AFTER_MODES)[number];

/** Where a debug server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** What a capture does to a target before its first event and after its last. */
export interface TargetOrders {
  /** Monitor commands that reset the target and halt it before its first instruction; empty: it already is (QEMU with -S). */
  readonly resetCommands: readonly string[];
  /** Whether to write the ELF file's segments to the target before the capture. */
  readonly load: boolean;
  /** Whether to compare the target's code with the ELF file's before the capture. */
  readonly verify: boolean;
  /** What the target does after the capture; absent: it runs on. */
  readonly after?: AfterMode;
  /** Whether it ends with this capture: an emulator that was launched for it is not let run on. */
  readonly endsWithCapture?: boolean;
}

/**
 * A debug server that is ready, with the firmware's ELF file beside it. Engines open their own connection to it.
 * Disposing it brings the target into the state that `orders.after` names where the server can still be asked, ends what was launched
 * for it (nothing, when it was attached to) and waits for the end.
 */
export interface Target extends AsyncDisposable {
  readonly kind: ServerKind;
  readonly server: ServerAddress;
  /** OpenOCD's Tcl port, for the `arp_poll` poke (docs/direct-engine.md); absent for other servers. */
  readonly tclPort?: number;
  readonly board: Board;
  readonly elf: string;
  readonly orders: TargetOrders;
  /** What people should know of how the server was found or launched, a sentence each. Empty, or absent: nothing. */
  readonly notes?: readonly string[];
  /** Rejects when the server process dies or its console closes; never settles for attached servers. */
  readonly lost: Promise<never>;
  /** The console (UART) of the target, as text chunks; absent when there is none. Single use. */
  readonly console?: AsyncIterable<string>;
  /** Types at the console; absent when there is none. */
  readonly writeConsole?: (text: string) => void;
}

/** Whether the protocol's detach is sent at the end, after which the target runs on (with most servers). */
export function letsGo({ orders }: Pick<Target, 'orders'>): boolean {
  return orders.endsWithCapture !== true && orders.after !== 'halt';
}
