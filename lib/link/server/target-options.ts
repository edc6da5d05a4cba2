import type { Board } from '../../boards/board.js';
import { findAutoBoard } from '../../boards/find-auto-board.js';
import { loadBoard } from '../../boards/load-board.js';
import type { AfterMode, ServerKind } from './target.js';

/**
 * Where a capture begins. `halt`: the target is reset and halts before its first instruction. `init`: the same, and the server runs its
 * board's initialisation (OpenOCD's `reset init`: clocks, external memory). `none`: it is captured from where it stands.
 */
export const RESET_MODES = ['none', 'halt', 'init'] as const;
/** One of {@link RESET_MODES}. */
export type ResetMode = (typeof RESET_MODES)[number];

/** Which target, through which debug server, in which state: the same for captures, sessions, dumps and rings. All have a default. */
export interface TargetOptions {
  /**
   * A board's name, a path of a board file, a board, or `auto` (the one whose USB identity is plugged in); default `generic` with
   * `gdbServer`, else `qemu-mps2-an385`.
   */
  readonly board?: string | Board;
  /** Which of the board's servers; default: one that listens, else the emulator, else what fits the probe that is plugged in. */
  readonly server?: ServerKind;
  /** `HOST:PORT` of a debug server that runs, or the serial device of a probe that speaks the protocol (Black Magic Probe). */
  readonly gdbServer?: string;
  /** OpenOCD's `interface/NAME.cfg`, or the path of such a file; default: the board's, or by the USB identity of the probe. */
  readonly interface?: string;
  /** The serial number of the probe, where several are plugged in. */
  readonly probe?: string;
  /** The debug server's program; default: by its name, on the PATH. */
  readonly serverProgram?: string;
  /** The clock of the debug link; default: the board's, else the server's own. */
  readonly speedKhz?: number;
  readonly qemuArgs?: readonly string[];
  /** Write the ELF file to the target first, and compare; default false. */
  readonly load?: boolean;
  /** Compare the target's code with the ELF file; default true (not for an emulator, which was given the file). */
  readonly verify?: boolean;
  /** Where the capture begins; true is `halt` (the default), false is `none`. */
  readonly reset?: boolean | ResetMode;
  /** What the target does afterwards; default `run`. An emulator that was launched ends instead. */
  readonly after?: AfterMode;
}

/** The board that is meant. @throws BoardConfigError HH1201, HH1202, HH1203; TargetError HH1538 (`auto`: none or several fit) */
export async function boardOf({ board, gdbServer }: TargetOptions): Promise<Board> {
  if (typeof board === 'object') return board;
  if (board === 'auto') return await findAutoBoard();
  return await loadBoard(board ?? (gdbServer === undefined ? 'qemu-mps2-an385' : 'generic'));
}

/** `reset` as a mode. */
export function resetModeOf({ reset = true }: Pick<TargetOptions, 'reset'>): ResetMode {
  if (typeof reset === 'string') return reset;
  return reset ? 'halt' : 'none';
}
