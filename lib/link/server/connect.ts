import type { Board } from '../../boards/board.js';
import { usbDevices } from '../../boards/usb-devices.js';
import { probesAmong } from '../../boards/usb-probes.js';
import { DeviceLostError, HarvestError, UsageError } from '../../errors/errors.js';
import { attachTarget, isDevicePath, parseServerAddress } from './attach.js';
import { boardPorts, chooseServer, type Machine, thisMachine } from './choose-server.js';
import { type LaunchKind, launchFor } from './launch.js';
import type { ProbeLine } from './probe-bridge.js';
import { connectProbeLine } from './probe-target.js';
import { launchQemu } from './qemu.js';
import { describeServer, type RecognisedServer, recogniseServer } from './recognise.js';
import { SERVER_NAMES, type ServerAddress, type ServerKind, type Target } from './target.js';
import { resetModeOf, type TargetOptions } from './target-options.js';

const DEFAULT_TCL_PORT = 6666;

/** What a connection to a target needs besides the board. */
export interface ConnectOptions extends TargetOptions {
  readonly elf: string;
  /** Opens the serial device of a probe that speaks the protocol; without it such probes are refused. */
  readonly openLine?: (path: string) => Promise<ProbeLine>;
  /** What is plugged in and listens; default: this machine's. */
  readonly machine?: Machine;
  readonly signal?: AbortSignal;
}

/**
 * Gets a target ready: attaches to the debug server that listens, or launches the one that fits the board and the probe.
 * @throws UsageError HH1102, HH1103 (the board has no such server), HH1536, HH1540; TargetError HH1501, HH1861, HH1862, HH1522 to HH1539 by what the
 * server says; ToolMissingError HH1533, HH1803
 */
export async function connect(board: Board, options: ConnectOptions): Promise<Target> {
  const { gdbServer } = options;
  if (gdbServer !== undefined) {
    if (isDevicePath(gdbServer)) return await connectProbeLine(board, gdbServer, options);
    return await attachTo(board, parseServerAddress(gdbServer), options);
  }
  const machine = options.machine ?? thisMachine(probesAmong(await usbDevices()));
  const kind = options.server ?? (await chooseServer(board, machine));
  if (kind === 'qemu') return await emulate(board, options);
  if (kind === 'blackmagic') return await connectProbeLine(board, undefined, options);
  if (kind === 'generic') throw noServer(board, kind);
  return await attachOrLaunch(board, kind, { ...options, machine });
}

async function emulate(board: Board, { elf, qemuArgs, serverProgram }: ConnectOptions): Promise<Target> {
  const { qemu } = board.servers;
  if (!qemu) throw noServer(board, 'qemu');
  const program = serverProgram === undefined ? {} : { program: serverProgram };
  return await launchQemu(board, qemu, { elf, args: qemuArgs ?? [], ...program });
}

/** Whoever listens on the board's port is attached to; what listens there and is no debug server is left alone. */
async function attachOrLaunch(
  board: Board,
  kind: LaunchKind,
  options: ConnectOptions & { readonly machine: Machine },
): Promise<Target> {
  const port = boardPorts(board).find(([one]) => one === kind)?.[1];
  if (port === undefined) throw noServer(board, kind);
  const notes: string[] = [];
  if (await options.machine.listens(port)) {
    const address = { host: '127.0.0.1', port };
    const found = await recogniseServer(address, tclPortsOf(board)).catch((error: unknown) => {
      const isOther = error instanceof HarvestError && error.code === 'HH1862';
      if (!isOther && !(error instanceof DeviceLostError)) throw error;
      notes.push(`port ${port} is held by something that is no debug server: ${SERVER_NAMES[kind]} takes another`);
      return undefined;
    });
    if (found) return attach(board, found, { ...options, address });
  }
  return await launchFor(board, kind, { ...options, notes });
}

async function attachTo(board: Board, address: ServerAddress, options: ConnectOptions): Promise<Target> {
  const { server } = options;
  // Only OpenOCD has more to tell than its name: its Tcl port.
  const asked = server === undefined || server === 'openocd';
  const found: RecognisedServer = asked ? await recogniseServer(address, tclPortsOf(board)) : { kind: server };
  return attach(board, server === undefined ? found : { ...found, kind: server }, { ...options, address });
}

function attach(
  board: Board,
  found: RecognisedServer,
  options: ConnectOptions & { readonly address: ServerAddress },
): Target {
  const { elf, load = false, verify = true, after = 'run', address } = options;
  const reset = resetModeOf(options);
  const notes = [`attached to ${describeServer(found, address)}`];
  if (found.kind === 'openocd' && found.tclPort === undefined) {
    notes.push('OpenOCD’s Tcl port does not answer: it sees at most 10 events a second; start it with `tcl_port 6666`');
  }
  if (found.kind === 'generic' && reset !== 'none') {
    notes.push('the server is of no known kind: the target was not reset, the capture begins where it stands');
  }
  return attachTarget(board, found, address, { elf, load, verify, reset, after, notes });
}

function tclPortsOf({ servers }: Board): readonly number[] {
  return [servers.openocd?.tclPort ?? DEFAULT_TCL_PORT, DEFAULT_TCL_PORT];
}

function noServer(board: Board, kind: ServerKind): UsageError {
  const known = Object.keys(board.servers).join(', ') || 'none';
  return new UsageError('HH1103', `board ${board.name}: found the servers ${known}, expected ${kind} among them`, {
    remedy: 'choose another with options.server, or pass options.gdbServer HOST:PORT',
  });
}
