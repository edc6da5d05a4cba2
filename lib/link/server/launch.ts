import type { Board } from '../../boards/board.js';
import { TargetError, UsageError } from '../../errors/errors.js';
import { chooseProbe, type Machine, refuseSeveral } from './choose-server.js';
import { type LaunchedServer, launchJlink, launchProbeRs, launchPyocd } from './launched-servers.js';
import { launchOpenocd } from './openocd.js';
import { refuseAfter, resetCommandsOf } from './reset-commands.js';
import { SERVER_NAMES, type ServerKind, type Target } from './target.js';
import { resetModeOf, type TargetOptions } from './target-options.js';

/** The servers that are launched for probes. */
export type LaunchKind = Exclude<ServerKind, 'qemu' | 'generic' | 'blackmagic'>;

export interface LaunchOptions extends TargetOptions {
  readonly elf: string;
  readonly machine: Machine;
  readonly notes: readonly string[];
  readonly signal?: AbortSignal;
}

/** Launches a board's server, and waits until it serves gdb. @throws what the server says, in our words */
export async function launchFor(board: Board, kind: LaunchKind, options: LaunchOptions): Promise<Target> {
  if (!board.debug) {
    throw new TargetError('HH1539', `board ${board.name}: has no debug pads, expected some for a probe`, {
      remedy: 'link the tracer into the firmware and fetch its ring: examples/firmware/alloctrace/README.md',
    });
  }
  const { elf, load = false, verify = true, after = 'run', notes } = options;
  // Before anything is started: a mode that this server has not.
  const resetCommands = resetCommandsOf(kind, resetModeOf(options));
  refuseAfter(kind, after);
  const launched = await start(board, kind, options);
  const lost = launched.lost();
  lost.catch(() => undefined);
  const { server } = launched;
  const place = `at ${server.host}:${server.port}`;
  return {
    kind,
    server,
    ...('tclPort' in launched ? { tclPort: launched.tclPort } : {}),
    board,
    elf,
    orders: { resetCommands, load, verify, after },
    notes: [...notes, `launched ${SERVER_NAMES[kind]} ${place}: ${launched.about}`],
    lost,
    [Symbol.asyncDispose]: () => launched[Symbol.asyncDispose](),
  };
}

type Launched = LaunchedServer & { readonly tclPort?: number };

async function start(board: Board, kind: LaunchKind, options: LaunchOptions): Promise<Launched> {
  const { machine, serverProgram, probe, speedKhz, signal, after = 'run' } = options;
  const { openocd, jlink, pyocd, probeRs } = board.servers;
  const asked = probe === undefined ? {} : { probe };
  if (kind !== 'openocd') refuseSeveral(board, kind, { probes: machine.probes, ...asked });
  const context = {
    board,
    probes: machine.probes,
    ...(serverProgram === undefined ? {} : { program: serverProgram }),
    ...(probe === undefined ? {} : { serial: probe }),
    ...(speedKhz === undefined ? {} : { speedKhz }),
    ...(signal === undefined ? {} : { signal }),
  };
  switch (kind) {
    case 'openocd': {
      if (!openocd) break;
      const choice = chooseProbe(board, openocd, { ...options, probes: machine.probes });
      const program = serverProgram ?? 'openocd';
      return await launchOpenocd({ ...context, ...choice, config: openocd, program, after });
    }
    case 'jlink':
      if (jlink) return await launchJlink(jlink, context);
      break;
    case 'pyocd':
      if (pyocd) return await launchPyocd(pyocd, context);
      break;
    case 'probe-rs':
      if (probeRs) return await launchProbeRs(probeRs, context);
  }
  throw new UsageError('HH1103', `board ${board.name}: has no ${kind} part, expected one in its board file`);
}
