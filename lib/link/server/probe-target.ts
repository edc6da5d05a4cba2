import { readdir } from 'node:fs/promises';
import type { Board } from '../../boards/board.js';
import { TargetError, UsageError } from '../../errors/errors.js';
import { hasTooFewBreakpoints, tooFewBreakpoints } from './few-breakpoints.js';
import { bridgeProbe, type ProbeLine } from './probe-bridge.js';
import { refuseAfter } from './reset-commands.js';
import type { Target } from './target.js';
import { resetModeOf, type TargetOptions } from './target-options.js';

export interface ProbeLineOptions extends TargetOptions {
  readonly elf: string;
  readonly openLine?: (path: string) => Promise<ProbeLine>;
}

const BY_ID = '/dev/serial/by-id';

/**
 * A target behind a probe that speaks the remote serial protocol on a serial device (Black Magic Probe).
 * @throws TargetError HH1522 when no such device is there, HH1541 when it finds no target, and what opening the port throws
 */
export async function connectProbeLine(
  board: Board,
  path: string | undefined,
  options: ProbeLineOptions,
): Promise<Target> {
  const { elf, load = false, verify = true, after = 'run', openLine } = options;
  if (!openLine) {
    throw new UsageError('HH1103', `${path ?? 'Black Magic Probe'}: found a serial device, expected HOST:PORT here`, {
      remedy: 'use `harvest`, which opens serial devices',
    });
  }
  if (hasTooFewBreakpoints(board)) throw tooFewBreakpoints(board, path);
  refuseAfter('blackmagic', after);
  const device = path ?? (await findProbe(options.probe));
  const reset = resetModeOf(options) !== 'none';
  const bridge = await bridgeProbe(await openLine(device), { name: device, reset });
  bridge.lost.catch(() => undefined);
  return {
    kind: 'blackmagic',
    server: bridge.server,
    board,
    elf,
    orders: { resetCommands: [], load, verify, after },
    notes: [`attached to the Black Magic Probe on ${device}`],
    lost: bridge.lost,
    [Symbol.asyncDispose]: () => bridge[Symbol.asyncDispose](),
  };
}

/** The gdb port of the probe: the first of its two interfaces. */
async function findProbe(serial: string | undefined): Promise<string> {
  const names = await readdir(BY_ID).catch(() => []);
  const fitting = names.filter(
    (name) =>
      /Black_Magic_(Probe|Debug)/.test(name) && /-if00$/.test(name) && (serial === undefined || name.includes(serial)),
  );
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return `${BY_ID}/${only}`;
  throw new TargetError('HH1522', `Black Magic Probe: found ${fitting.length} in ${BY_ID}, expected one`, {
    remedy: 'name its first port: options.gdbServer /dev/ttyACM0',
  });
}
