import type { Milliseconds } from '../base/units.js';

/** How long is waited for what, in every engine: docs/limits.md has the same table. */
export const WAIT_MS = {
  /** For a debug server to accept a connection. */
  connect: 5_000,
  /** For a reply while the target is halted: a probe on a slow link reads some KiB. gdb's `remotetimeout` is the same. */
  reply: 4_000,
  /** For a command of gdb, which may have debug information to read first. */
  gdbCommand: 10_000,
  /** For gdb to read the ELF file, and for its connection to be made. */
  gdbStart: 30_000,
  /** For a running target to stop after an interrupt. */
  interrupt: 3_000,
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
  /** Without a stop for so long, the target is asked by an interrupt whether it still answers; doubled each time that it does. */
  quiet: 1_500,
  /** The longest of these. */
  longestQuiet: 16_000,
} as const satisfies Readonly<Record<string, Milliseconds>>;

/** When a quiet target is asked: soon after events came, ever more seldom while nothing comes. */
export class QuietTimes {
  private next: Milliseconds;

  constructor(
    private readonly firstMs: Milliseconds = WAIT_MS.quiet,
    private readonly longestMs: Milliseconds = Math.max(firstMs, WAIT_MS.longestQuiet),
  ) {
    this.next = firstMs;
  }

  /** How long to wait now. */
  get waitMs(): Milliseconds {
    return this.next;
  }

  /** It answered, and there was nothing. */
  answered(): void {
    this.next = Math.min(this.next * 2, this.longestMs);
  }

  /** Something happened. */
  reset(): void {
    this.next = this.firstMs;
  }
}
