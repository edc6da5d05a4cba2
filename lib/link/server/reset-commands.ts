import { UsageError } from '../../errors/errors.js';
import { canLeave } from './farewell.js';
import { type AfterMode, SERVER_NAMES, type ServerKind } from './target.js';
import type { ResetMode } from './target-options.js';

/** Monitor commands that reset the target and halt it before its first instruction (docs/boards.md, "Debug servers"). */
const RESET_COMMANDS: Readonly<Record<ServerKind, readonly string[]>> = {
  openocd: ['reset halt'],
  jlink: ['halt', 'reset'],
  pyocd: ['reset halt'],
  'probe-rs': ['reset halt'],
  qemu: ['system_reset'],
  // Its bridge attaches and restarts.
  blackmagic: [],
  generic: [],
};

/** Servers that run their board's own initialisation after a reset. */
const INIT_COMMANDS: Readonly<Partial<Record<ServerKind, readonly string[]>>> = {
  openocd: ['reset init'],
};

/** @throws UsageError HH1562 when the server cannot leave its target so */
export function refuseAfter(kind: ServerKind, after: AfterMode): void {
  if (canLeave(kind, after)) return;
  throw new UsageError(
    'HH1562',
    `options.after ${after}: ${SERVER_NAMES[kind]} has no such command, expected ${kind === 'blackmagic' ? 'run' : 'run or halt'}`,
    { remedy: 'leave it out, and reset the board by its button' },
  );
}

/** @throws UsageError HH1540 when the server has no such reset */
export function resetCommandsOf(kind: ServerKind, mode: ResetMode): readonly string[] {
  switch (mode) {
    case 'none':
      return [];
    case 'halt':
      return RESET_COMMANDS[kind];
    case 'init': {
      const commands = INIT_COMMANDS[kind];
      if (commands) return commands;
      throw new UsageError(
        'HH1540',
        `options.reset init: ${SERVER_NAMES[kind]} has no such reset, expected halt or none`,
        {
          remedy: 'leave it out: options.reset halt is the default',
        },
      );
    }
  }
}
