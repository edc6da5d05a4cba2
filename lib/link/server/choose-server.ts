import { outputOf } from '../../base/run-tool.js';
import type { Board, OpenocdConfig } from '../../boards/board.js';
import type { PluggedProbe } from '../../boards/usb-probes.js';
import { TargetError, UsageError } from '../../errors/errors.js';
import { severalProbes } from './failures.js';
import { hasTooFewBreakpoints, tooFewBreakpoints } from './few-breakpoints.js';
import type { OpenocdChoice } from './openocd-command.js';
import { SERVER_NAMES, type ServerKind } from './target.js';
import type { TargetOptions } from './target-options.js';
import { isFree } from './tcp-port.js';

/** What this machine has: for tests, which have no probes and no vendor's programs. */
export interface Machine {
  readonly probes: readonly PluggedProbe[];
  readonly listens: (port: number) => Promise<boolean>;
  readonly canRun: (program: string) => Promise<boolean>;
}

export function thisMachine(probes: readonly PluggedProbe[]): Machine {
  return {
    probes,
    listens: async (port) => !(await isFree(port)),
    canRun: async (program) => (await outputOf(program, ['--version'])) !== undefined,
  };
}

/** The board's servers with their usual ports, in the order in which they are looked for. */
export function boardPorts({ servers }: Board): readonly (readonly [ServerKind, number])[] {
  const { openocd, jlink, pyocd, probeRs } = servers;
  const all: readonly (readonly [ServerKind, number | undefined])[] = [
    ['openocd', openocd?.port],
    ['jlink', jlink?.port],
    ['pyocd', pyocd?.port],
    ['probe-rs', probeRs?.port],
  ];
  return all.flatMap(([kind, port]) => (port === undefined ? [] : [[kind, port] as const]));
}

/**
 * The server for a board when none is named: the emulator; one that listens already; what fits the probe that is plugged in; the
 * first whose program is installed; else the first that the board has.
 * @throws UsageError HH1103 when it has none, TargetError HH1539, HH1861 when it cannot be debugged at all
 */
export async function chooseServer(board: Board, machine: Machine): Promise<ServerKind> {
  if (board.servers.qemu) return 'qemu';
  const ports = boardPorts(board);
  for (const [kind, port] of ports) if (await machine.listens(port)) return kind;
  const has = (kind: ServerKind) => ports.some(([one]) => one === kind);
  if (board.debug && machine.probes.some(({ kind }) => kind.server === 'blackmagic')) return 'blackmagic';
  const isJlink = machine.probes.some(({ kind }) => kind.server === 'jlink');
  if (isJlink && has('jlink') && (await machine.canRun('JLinkGDBServerCLExe'))) return 'jlink';
  const programs: readonly (readonly [ServerKind, string])[] = [
    ['openocd', 'openocd'],
    ['probe-rs', 'probe-rs'],
    ['pyocd', 'pyocd'],
    ['jlink', 'JLinkGDBServerCLExe'],
  ];
  for (const [kind, program] of programs) if (has(kind) && (await machine.canRun(program))) return kind;
  const [first] = ports;
  if (first) return first[0];
  throw noServerOfItsOwn(board);
}

function noServerOfItsOwn(board: Board): UsageError | TargetError {
  if (!board.debug) {
    return new TargetError(
      'HH1539',
      `board ${board.name}: has no debug pads, expected some for a capture by breakpoints`,
      {
        remedy: 'link the tracer into the firmware and fetch its ring: examples/firmware/alloctrace/README.md',
      },
    );
  }
  if (hasTooFewBreakpoints(board)) return tooFewBreakpoints(board);
  return new UsageError('HH1103', `board ${board.name}: has no debug server of its own`, {
    remedy: 'pass options.gdbServer HOST:PORT of the one that runs',
  });
}

/**
 * What OpenOCD is driven by: what the user names, else the board's interface where its probe is there or none is seen, else the
 * probe that is plugged in.
 * @throws TargetError HH1535 when several probes fit
 */
export function chooseProbe(
  board: Board,
  config: OpenocdConfig,
  options: TargetOptions & Pick<Machine, 'probes'>,
): OpenocdChoice {
  const { probes, probe: serial, interface: named, speedKhz } = options;
  const rest = { ...(serial === undefined ? {} : { serial }), ...(speedKhz === undefined ? {} : { speedKhz }) };
  const candidates = serial === undefined ? probes : probes.filter(({ device }) => device.serialNumber === serial);
  const drivable = candidates.filter(({ kind }) => kind.interface !== undefined);
  const wanted = named ?? config.interface;
  const exact = drivable.filter(({ kind }) => kind.interface === wanted);
  const isFixed = named !== undefined || config.board !== undefined || config.before.length > 0;
  const fitting = exact.length > 0 || isFixed ? exact : drivable;
  const [only, ...others] = fitting;
  if (only && others.length > 0) {
    const found = fitting.map(({ kind }) => kind.title).join(', ');
    throw severalProbes({ server: 'OpenOCD', board: board.name, probes: fitting }, found);
  }
  if (!only) return { ...(named === undefined ? {} : { interface: named }), ...rest };
  const fromProbe = isFixed ? undefined : only.kind.interface;
  const chosen = named ?? fromProbe;
  return { ...(chosen === undefined ? {} : { interface: chosen }), ...rest, probe: only };
}

/**
 * Of a server that drives several kinds of probes, which it would ask for at a terminal: which of them are meant.
 * @throws TargetError HH1535 when several fit
 */
export function refuseSeveral(
  board: Board,
  kind: Exclude<ServerKind, 'openocd'>,
  { probes, probe: serial }: Pick<TargetOptions, 'probe'> & Pick<Machine, 'probes'>,
): void {
  if (serial !== undefined) return;
  const isDriven = ({ kind: { server } }: PluggedProbe) =>
    kind === 'jlink' ? server === 'jlink' : server !== 'blackmagic';
  const fitting = probes.filter(isDriven);
  if (fitting.length < 2) return;
  const found = fitting.map(({ kind: { title } }) => title).join(', ');
  throw severalProbes({ server: SERVER_NAMES[kind], board: board.name, probes: fitting }, found);
}
