import type { Milliseconds } from '../../base/units.js';
import type { Board, OpenocdConfig } from '../../boards/board.js';
import * as failures from './failures.js';
import { type OpenocdChoice, openocdCommand } from './openocd-command.js';
import { OpenocdTcl } from './openocd-tcl.js';
import { type KnownFailure, ServerProcess } from './server-process.js';
import type { AfterMode, ServerAddress } from './target.js';
import { freePort, portOrFree } from './tcp-port.js';

/** The messages of OpenOCD 0.10 to 0.12 and of the forks, by what they mean. In this order: an effect stands below its cause. */
const FAILURES: readonly (readonly [
  RegExp,
  (context: failures.FailureContext, found: string) => ReturnType<typeof failures.noProbe>,
])[] = [
  [/LIBUSB_ERROR_ACCESS|insufficient permissions|Access denied/i, failures.noPermission],
  [
    /LIBUSB_ERROR_BUSY|Resource busy|CMSIS-DAP command mismatch|unable to claim|already in use by another/i,
    failures.probeBusy,
  ],
  [/Multiple devices found|multiple .*(probes|adapters|devices).*(connected|found)/i, failures.severalProbes],
  [
    /unable to (find a matching|open) CMSIS-DAP device|LIBUSB_ERROR_(NO_DEVICE|NOT_FOUND)|No J-Link device found|Error: open failed|Failed to open or find the device|could not find or open device|unable to open ftdi|No KitProg|Error on socket 'connect'|Can't find a (picoprobe|KitProg)|device not found|ST-LINK open failed|LIBUSB_ERROR_NOT_SUPPORTED|Could not open serial port|No device matches|(buspirate|Bus ?Pirate).*(did not (answer|reply|respond)|error)/i,
    failures.noProbe,
  ],
  [/couldn't bind .*(Address already in use|address in use)|Address already in use/i, failures.portInUse],
  [
    /debug (adapter|interface) was not found|adapter driver .* not|invalid command name|invalid subcommand|unknown flash driver|Unknown target type|has to be specified, see "adapter driver"/i,
    failures.otherFlavour,
  ],
  // A script of the chip's that this build has not; an interface is named by the user.
  [/Can't find (target|board)\//, failures.otherFlavour],
  [/Can't find \S+/, failures.badConfiguration],
  [
    /Can't change session's transport|isn't supported by this (adapter|interface)|doesn't support .*transport|Unsupported transport|missing IR length|wrong # args|in procedure 'script'/i,
    failures.badConfiguration,
  ],
  [
    /APPROTECT|device is (locked|secured|protected)|SECURED MCU|flash is (secure|read) ?.*lock|chip is (locked|protected)|read.?protect.*enabled|MDM: Chip is secured/i,
    failures.chipLocked,
  ],
  [
    /target voltage (may be too low|too low)|No target voltage|VTarget.*0\.0|Target voltage: 0\.[0-9]/i,
    failures.noVoltage,
  ],
  // Nothing answers: all bits are one or zero, which is then no instruction register and no version either.
  [
    /all (ones|zeroes)|OCD_ID = (0x)?(0+|f+)\b|dtmcontrol is 0\b|Unsupported DTM version: 15\b|Debug regions are unpowered|timed out while waiting for target halted/i,
    failures.chipSilent,
  ],
  [
    /UNEXPECTED\b|expected (1|2) of|Unexpected JTAG|IR capture error|Couldn't find part|Cannot identify target as|unsupported (device|family)/i,
    failures.wrongChip,
  ],
  [
    /cannot read IDR|Failed to connect multidrop|Invalid ACK|JTAG scan chain interrogation failed|Error connecting DP|DP initialisation failed|init mode failed|unable to connect to the target|Could not (find|initialize).*(MEM-AP|debug port|APB)|examination failed|Target not examined|Unable to reset target/i,
    failures.chipSilent,
  ],
];

/**
 * When this process was killed, OpenOCD leaves its target in order before it ends: some 200 exchanges with the adapter, of which the half
 * belong to what it was about. Through a bit-banged adapter on a busy machine these took up to 12 s.
 */
const ORPHAN_GRACE_MS: Milliseconds = 20_000;

/** After these it listens, and refuses gdb. */
const STAYS_UP = /examination failed|Target not examined/i;

function knownFailures(context: failures.FailureContext): KnownFailure[] {
  const known = FAILURES.map(([pattern, make]) => ({ pattern, make: (found: string) => make(context, found) }));
  const unexamined = { pattern: STAYS_UP, staysUp: true, make: (found: string) => failures.chipSilent(context, found) };
  return [...known, unexamined];
}

export interface LaunchedOpenocd extends AsyncDisposable {
  readonly server: ServerAddress;
  readonly tclPort: number;
  readonly about: string;
  readonly lost: () => Promise<never>;
}

export interface OpenocdLaunch extends OpenocdChoice {
  readonly board: Board;
  readonly config: OpenocdConfig;
  readonly program: string;
  readonly probes: failures.FailureContext['probes'];
  readonly after: AfterMode;
  readonly signal?: AbortSignal;
}

/**
 * Starts OpenOCD for a board and waits until it has examined the chip and serves gdb.
 * @throws UsageError HH1536; ToolMissingError HH1533; TargetError HH1522 to HH1535 by what it says
 */
export async function launchOpenocd({
  board,
  config,
  program,
  probes,
  after,
  signal,
  ...choice
}: OpenocdLaunch): Promise<LaunchedOpenocd> {
  const ports = { gdb: await portOrFree(config.port), tcl: await portOrFree(config.tclPort) };
  if (ports.tcl === ports.gdb) ports.tcl = await freePort();
  const { args, about } = openocdCommand(board, config, { ports, choice, after });
  const server = new ServerProcess({
    name: 'OpenOCD',
    program,
    args,
    install: 'sudo apt-get install openocd, or name its program with options.serverProgram',
    // An open port is not enough: after a failed examination it listens, and refuses gdb.
    ready: new RegExp(`Listening on port ${ports.gdb} for gdb connections`),
    failures: knownFailures({ server: 'OpenOCD', board: board.name, probes }),
    graceMs: ORPHAN_GRACE_MS,
  });
  await server.ready(signal);
  const address = { host: '127.0.0.1', port: ports.gdb };
  return {
    server: address,
    tclPort: ports.tcl,
    about,
    lost: () => server.lost(),
    async [Symbol.asyncDispose]() {
      await server.stop(async () => {
        await using tcl = await OpenocdTcl.open({ host: address.host, port: ports.tcl });
        const state = await tcl.leaveTarget(after);
        // It is in order: the commands for an OpenOCD that ends otherwise would do it once more.
        if (state === (after === 'halt' ? 'halted' : 'running')) await tcl.ask('set pre_shutdown_commands {}');
        await tcl.ask('shutdown');
      });
    },
  };
}
