import type { Board, JlinkConfig, ProbeRsConfig, PyocdConfig } from '../../boards/board.js';
import * as failures from './failures.js';
import { type KnownFailure, type ServerLaunch, ServerProcess } from './server-process.js';
import type { ServerAddress } from './target.js';
import { freePort, portOrFree, waitForPort } from './tcp-port.js';

export interface LaunchedServer extends AsyncDisposable {
  readonly server: ServerAddress;
  /** `JLinkGDBServerCLExe -device ATSAMD21G18A`. */
  readonly about: string;
  readonly lost: () => Promise<never>;
}

export interface LaunchContext {
  readonly board: Board;
  readonly probes: failures.FailureContext['probes'];
  /** The program instead of its usual name. */
  readonly program?: string;
  /** The probe's serial number. */
  readonly serial?: string;
  readonly speedKhz?: number;
  readonly signal?: AbortSignal;
}

const LISTEN_MS = 5_000;

type Known = readonly (readonly [RegExp, typeof failures.noProbe])[];

/** SEGGER's JLinkGDBServerCLExe, V6 to V8. */
export async function launchJlink(config: JlinkConfig, context: LaunchContext): Promise<LaunchedServer> {
  const port = await portOrFree(config.port);
  const [swo, telnet] = [await freePort(), await freePort()];
  const { serial, speedKhz = config.speedKhz } = context;
  const args = [
    ...['-device', config.device, '-if', config.interface, '-speed', String(speedKhz), '-port', String(port)],
    ...['-swoport', String(swo), '-telnetport', String(telnet), '-nogui', '-nohalt', '-noir', '-localhostonly', '1'],
    ...['-timeout', '10000', ...(serial === undefined ? [] : ['-select', `usb=${serial}`])],
  ];
  const known: Known = [
    [/Permission denied|no permission/i, failures.noPermission],
    [/is already in use|Failed to open listener port|Could not (bind|listen)/i, failures.portInUse],
    [
      /Cannot connect to (the )?(J-Link|probe|emulator)|Connecting to J-Link failed|Could not connect to J-Link|No J-Link (found|connected)|J-Link is not connected/i,
      failures.noProbe,
    ],
    [/Failed to get index for device name|Unknown device|Device .* not (supported|known)/i, failures.badConfiguration],
    [/Target voltage: 0\.[0-9]|VTarget too low|Supply voltage too low|Target voltage too low/i, failures.noVoltage],
    [/secured|device is locked|protected against/i, failures.chipLocked],
    [
      /(Could not|Cannot) connect to (the )?target|Connection to target failed|Failed to connect to target/i,
      failures.chipSilent,
    ],
  ];
  return launch(context, port, {
    name: 'J-Link GDB server',
    program: context.program ?? 'JLinkGDBServerCLExe',
    args,
    install: 'install the J-Link software from SEGGER, or use OpenOCD: options.server openocd options.interface jlink',
    ready: /Waiting for GDB connection/,
    known,
    about: `device ${config.device}`,
  });
}

/** pyOCD 0.30 and later. `--persist`: it ends when its first client leaves otherwise. */
export async function launchPyocd(config: PyocdConfig, context: LaunchContext): Promise<LaunchedServer> {
  const port = await portOrFree(config.port);
  const telnet = await freePort();
  const { serial, speedKhz } = context;
  const args = [
    ...['gdbserver', '--persist', '--port', String(port), '--telnet-port', String(telnet), '--target', config.target],
    // --no-wait: it would wait for a probe for ever. auto_unlock: it would erase a chip that is locked, and tell afterwards.
    ...['--no-wait', '-M', 'attach', '-O', 'auto_unlock=false', ...(serial === undefined ? [] : ['--uid', serial])],
    ...(speedKhz === undefined ? [] : ['--frequency', String(speedKhz * 1000)]),
  ];
  const known: Known = [
    [/insufficient permissions|Access denied|\[Errno 13\]/i, failures.noPermission],
    [/Address already in use|\[Errno 98\]/i, failures.portInUse],
    [
      /No available debug probes|No connected debug probes?\b|No probe selected|Waiting for a debug probe/i,
      failures.noProbe,
    ],
    [/Multiple (debug )?probes|More than one debug probe|Enter the number of the debug probe/i, failures.severalProbes],
    [/Unable to open|Resource busy|is being used/i, failures.probeBusy],
    [
      /Target type .* (is )?not recogni[sz]ed|unknown target|not (a )?(supported|known) target/i,
      failures.badConfiguration,
    ],
    [/locked|protected|APPROTECT/i, failures.chipLocked],
    [
      /No ACK|no acknowledge|FAULT ACK|Unable to (connect|read)|DP IDR|No cores were discovered|SWD\/JTAG (communication|transfer) failure|TransferError/i,
      failures.chipSilent,
    ],
  ];
  return launch(context, port, {
    name: 'pyOCD',
    program: context.program ?? 'pyocd',
    args,
    install: 'pipx install pyocd, or use OpenOCD: options.server openocd',
    ready: /GDB server (started (on|at)|listening on) port/,
    known: known.map(([pattern, make]) => [errorLine(pattern), make]),
    about: `target ${config.target}`,
  });
}

/** pyOCD tells much that is no failure in lines of level I and D: only those of level E, C, W and its exit words count. */
function errorLine(pattern: RegExp): RegExp {
  return new RegExp(`^(?!\\d+ (I|D|INFO|DEBUG)\\b)(?!\\d+:(INFO|DEBUG):).*(${pattern.source})`, pattern.flags);
}

/** `probe-rs gdb`, 0.20 and later. */
export async function launchProbeRs(config: ProbeRsConfig, context: LaunchContext): Promise<LaunchedServer> {
  const port = await portOrFree(config.port);
  const { serial, speedKhz, probes } = context;
  const probe = probes.find(({ device }) => device.serialNumber === serial)?.device;
  const selector = probe ? [`${probe.vid.toLowerCase()}:${probe.pid.toLowerCase()}:${probe.serialNumber}`] : [];
  const args = [
    ...['gdb', '--non-interactive', '--chip', config.chip, '--gdb-connection-string', `127.0.0.1:${port}`],
    ...(config.protocol === undefined ? [] : ['--protocol', config.protocol]),
    ...(speedKhz === undefined ? [] : ['--speed', String(speedKhz)]),
    ...(selector.length === 0 ? [] : ['--probe', ...selector]),
  ];
  const known: Known = [
    [/Permission denied|insufficient permission/i, failures.noPermission],
    [/Address already in use|os error 98/i, failures.portInUse],
    [
      /No (connected )?probes? (was|were|could be)? ?found|no probe was found|Probe was not found|No supported probe/i,
      failures.noProbe,
    ],
    [/multiple probes|probes were found|Probe selection/i, failures.severalProbes],
    [
      /chip .* (was not found|not found)|Unknown chip|target .* not found|protocol .* could not be selected|does not support the \w+ protocol/i,
      failures.badConfiguration,
    ],
    [/Resource busy|could not be claimed|already in use/i, failures.probeBusy],
    // A core in lockup is told as locked up, which is no lock.
    [/\blocked\b(?! up)|protected|APPROTECT|erase[-_]all/i, failures.chipLocked],
    [/Target voltage|VCC/i, failures.noVoltage],
    [
      /Connecting to the chip was unsuccessful|An ARM specific error|Target device did not respond|Failed to (attach|connect)|error in the communication/i,
      failures.chipSilent,
    ],
    [/Failed to open the debug probe|probe could not be (created|opened)/i, failures.probeBusy],
  ];
  const launched = await launch(context, port, {
    name: 'probe-rs',
    program: context.program ?? 'probe-rs',
    args,
    install: 'install it from https://probe.rs, or use OpenOCD: options.server openocd',
    ready: /GDB stub listening|Firing up GDB stub|listening (at|on)/i,
    known,
    about: `chip ${config.chip}`,
  });
  // It says so before it listens.
  const signal = context.signal ?? new AbortController().signal;
  await waitForPort('127.0.0.1', port, { timeoutMs: LISTEN_MS, signal });
  return launched;
}

interface LaunchPlan extends Omit<ServerLaunch, 'failures' | 'startMs'> {
  readonly known: Known;
  readonly about: string;
}

async function launch(
  context: LaunchContext,
  port: number,
  { known, about, ...plan }: LaunchPlan,
): Promise<LaunchedServer> {
  const about_ = { server: plan.name, board: context.board.name, probes: context.probes };
  const mapped: KnownFailure[] = known.map(([pattern, make]) => ({ pattern, make: (found) => make(about_, found) }));
  const server = new ServerProcess({ ...plan, failures: mapped });
  await server.ready(context.signal);
  return {
    server: { host: '127.0.0.1', port },
    about,
    lost: () => server.lost(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
