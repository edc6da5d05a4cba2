import { access, constants, readdir } from 'node:fs/promises';
import {
  boardOf,
  checkTarget,
  ExitCode,
  errorMessage,
  findGdb,
  HarvestError,
  installHint,
  outputOf,
  probesAmong,
  SERVER_NAMES,
  serialPermissionHint,
  type TargetOptions,
  udevRuleFor,
  usbDevices,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { targetOptions, withTargetOptions } from '../target-options.js';

/** One line of the check-up. */
interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'missing' | 'note';
  readonly found: string;
  readonly remedy?: string;
}

export const doctorCommand = defineCommand({
  name: 'doctor',
  describe: 'Check gdb, its Python, QEMU, OpenOCD, compilers and serial permissions; say how to get what is missing',
  examples: [
    ['harvest doctor', 'before the first capture'],
    ['harvest doctor --json', 'for a script'],
    ['harvest doctor --board metro_m0_express', 'probe, permissions, server, chip: as a capture would find them'],
  ],
  options: (set) => withTargetOptions(set),
  run: async (args, context) => {
    const findings = [
      { name: 'node', state: 'ok' as const, found: process.version },
      ...(await gdbFindings(args.gdb)),
      await tool('qemu', 'qemu-system-arm', ['--version'], 'qemu', 'needed for emulated boards'),
      await tool('openocd', 'openocd', ['--version'], 'openocd', 'needed for boards behind SWD probes'),
      await tool('J-Link', 'JLinkGDBServerCLExe', ['-version'], undefined, 'needed for J-Link probes: from SEGGER'),
      await tool('compiler', 'arm-none-eabi-gcc', ['--version'], 'compiler', 'needed for the example firmware'),
      await tool('make', 'make', ['--version'], 'compiler', 'needed for the example firmware'),
      await tool('chromium', 'chromium', ['--version'], 'chromium', "needed for the viewer's tests only"),
      await serialFinding(),
      ...(await probeFindings()),
      ...(args.board === undefined ? [] : await boardFindings(targetOptions(args, context), context)),
    ];
    report(findings, context);
    if (findings.some(({ name, state }) => name === 'gdb' && state === 'missing')) return ExitCode.toolMissing;
    return findings.some(({ name, state }) => name === 'board' && state === 'missing') ? ExitCode.target : ExitCode.ok;
  },
});

async function gdbFindings(override: string | undefined): Promise<Finding[]> {
  try {
    const { path, version, hasPython } = await findGdb(override);
    const python: Finding = hasPython
      ? { name: "gdb's Python", state: 'ok', found: 'yes' }
      : { name: "gdb's Python", state: 'note', found: 'no: captures work, at about a third of the speed' };
    return [{ name: 'gdb', state: 'ok', found: `${version} (${path})` }, python];
  } catch (error) {
    const found = errorMessage(error);
    return [{ name: 'gdb', state: 'missing', found, remedy: installHint('gdb') }];
  }
}

async function tool(
  name: string,
  program: string,
  args: readonly string[],
  installable: Parameters<typeof installHint>[0] | undefined,
  use: string,
): Promise<Finding> {
  const output = await outputOf(program, args);
  if (output !== undefined) return { name, state: 'ok', found: output.split('\n')[0] || program };
  const remedy = installable === undefined ? {} : { remedy: installHint(installable) };
  return { name, state: 'missing', found: `${program} is not there (${use})`, ...remedy };
}

/** The debug probes that USB shows, and whether they may be used. */
async function probeFindings(): Promise<Finding[]> {
  const probes = probesAmong(await usbDevices());
  if (probes.length === 0) return [{ name: 'debug probe', state: 'note', found: 'none is plugged in' }];
  return Promise.all(
    probes.map(async ({ device, kind }): Promise<Finding> => {
      const found = `${kind.title} ${device.serialNumber}`.trim();
      const mayUse = await access(device.node, constants.R_OK | constants.W_OK).then(
        () => true,
        () => false,
      );
      if (mayUse) return { name: 'debug probe', state: 'ok', found };
      const remedy = `/etc/udev/rules.d/60-heap-harvest.rules: ${udevRuleFor(device)}`;
      return { name: 'debug probe', state: 'missing', found: `${found}: no permission for ${device.node}`, remedy };
    }),
  );
}

/** The direct engine waits twice for the server at each event. */
const ROUND_TRIPS_PER_EVENT = 2;

/** Connects as a capture would. */
async function boardFindings(options: TargetOptions, { signal }: Context): Promise<Finding[]> {
  try {
    const board = await boardOf(options);
    if (board.servers.qemu && options.gdbServer === undefined)
      return [{ name: 'board', state: 'ok', found: `${board.title}: emulated, it needs no probe` }];
    const { server, notes, breakpoints, roundTripMs } = await checkTarget(board, { ...options, signal });
    const { median, worst } = roundTripMs;
    const listed = board.comparators.breakpoints;
    const differs = breakpoints !== undefined && breakpoints !== listed;
    return [
      {
        name: 'board',
        state: 'ok',
        found: `${board.title} answers through ${SERVER_NAMES[server]}; ${notes.join('; ')}`,
      },
      {
        name: 'breakpoints',
        state: differs ? 'note' : 'ok',
        found: `${breakpoints ?? `${listed}, by the board file`}${differs ? `; the board file says ${listed}` : ''}`,
      },
      {
        name: 'link',
        state: 'ok',
        found: `a round trip takes ${median.toFixed(1)} ms (at worst ${worst.toFixed(1)}): at most about ${Math.max(1, Math.round(1000 / (median * ROUND_TRIPS_PER_EVENT)))} events/s`,
      },
    ];
  } catch (error) {
    if (!(error instanceof HarvestError)) throw error;
    const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
    return [{ name: 'board', state: 'missing', found: `${error.code} ${error.message}`, ...remedy }];
  }
}

async function serialFinding(): Promise<Finding> {
  const names = await readdir('/dev').catch(() => []);
  const ports = names.filter((name) => /^(ttyACM|ttyUSB|cu\.usb)/.test(name)).map((name) => `/dev/${name}`);
  if (ports.length === 0) return { name: 'serial ports', state: 'note', found: 'no USB serial port is plugged in' };
  const denied: string[] = [];
  for (const port of ports) await access(port, constants.R_OK | constants.W_OK).catch(() => denied.push(port));
  if (denied.length === 0) return { name: 'serial ports', state: 'ok', found: ports.join(', ') };
  const remedy = serialPermissionHint();
  return { name: 'serial ports', state: 'missing', found: `no permission for ${denied.join(', ')}`, remedy };
}

function report(findings: readonly Finding[], context: Context): void {
  if (context.json) {
    context.out(`${JSON.stringify(findings)}\n`);
    return;
  }
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, state, found, remedy } of findings) {
    context.out(`${state.padEnd(7)}  ${name.padEnd(width)}  ${found}\n`);
    if (remedy !== undefined) context.out(`${' '.repeat(width + 11)}${remedy}\n`);
  }
}
