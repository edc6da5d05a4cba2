import type { Milliseconds } from '../base/units.js';

/** How long is waited for what, in every engine: docs/limits.md has the same table. */
export const WAIT_MS = {
  /** For a debug server to accept a connection. */
  connect: 5_000,
  /** For a reply while the target is halted: a probe on a slow link reads some KiB. gdb's `remotetimeout` is the same. */
  reply: 4_000,
  /** For a command of gdb, which may have debug information to read first; `reply` where it does nothing of that. */
  gdbCommand: 10_000,
  /** For gdb to read the ELF file, and for its connection to be made; `gdbConnect` where it does nothing but that. */
  gdbStart: 30_000,
  /** gdb itself tries to connect for 15 s. */
  gdbConnect: 17_000,
  /** For a running target to stop after an interrupt. */
  interrupt: 2_800,
  /** For a monitor command: a reset, the examination of a slow chip. */
  monitor: 30_000,
  /** For one section to be compared by the target itself. */
  compare: 30_000,
  /** For one block of flash to be erased or written, or for gdb's whole `load`. */
  flash: 120_000,
  /** For an emulator that was launched to listen. */
  start: 15_000,
  /** For a program that was asked to end, before it is killed. */
  grace: 2_000,
  /** For breakpoints to be taken away and the target to be let go, all together. */
  farewell: 5_000,
  /** Without an event for so long, the user is told what the target does; after less, it is asked by an interrupt whether it answers. */
  quiet: 5_000,
} as const satisfies Readonly<Record<string, Milliseconds>>;

/** How long a command of gdb may take. */
export interface GdbWait {
  readonly totalMs: Milliseconds;
  /** The same for a gdb that computes nothing meanwhile: it waits for the debug server. Absent: what it asks for may take as long. */
  readonly idleMs?: Milliseconds;
}

export const GDB_WAIT = {
  // It is looked at four times within the time of a reply, by timers that are rounded.
  command: { totalMs: WAIT_MS.gdbCommand, idleMs: WAIT_MS.reply * 0.9 },
  start: { totalMs: WAIT_MS.gdbStart, idleMs: WAIT_MS.gdbConnect },
  monitor: { totalMs: WAIT_MS.monitor },
  flash: { totalMs: WAIT_MS.flash },
} as const satisfies Readonly<Record<string, GdbWait>>;

/** When a quiet target is asked: these parts of the time after which the user is told, one after the other; the last again and again. */
const QUIET_STEPS = [0.3, 0.7, 1, 2, 3.2] as const;

/** When a quiet target is asked: soon after events came, ever more seldom while nothing comes (1.5, 5, 10, 20, 36 s, then each 16 s). */
export class QuietTimes {
  private step = 0;

  constructor(private readonly quietMs: Milliseconds = WAIT_MS.quiet) {}

  /** How long to wait now. */
  get waitMs(): Milliseconds {
    return this.quietMs * (QUIET_STEPS[this.step] ?? 1);
  }

  /** It answered, and there was nothing. */
  answered(): void {
    this.step = Math.min(this.step + 1, QUIET_STEPS.length - 1);
  }

  /** Something happened. */
  reset(): void {
    this.step = 0;
  }
}
