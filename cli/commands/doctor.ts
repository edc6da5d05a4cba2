import { access, constants, readdir } from 'node:fs/promises';
import {
  boardOf,
  ExitCode,
  errorMessage,
  findGdb,
  firmwareOnBoard,
  gdbProgramsOf,
  installHint,
  outputOf,
  probesAmong,
  qemuInstallHint,
  qemuProgramOf,
  serialPermissionHint,
  udevRuleFor,
  usbDevices,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { type DoctorFinding, type DoctorJson, printJson } from '../json-output.js';
import { optionWords } from '../option-words.js';
import { targetOptions, withTargetOptions } from '../target-options.js';
import { attempt, boardFindings } from './doctor-board.js';

export const doctorCommand = defineCommand({
  name: 'doctor [elf]',
  describe: 'Check gdb, its Python, QEMU, OpenOCD, compilers and serial permissions; say how to get what is missing',
  examples: [
    ['harvest doctor', 'before the first capture'],
    ['harvest doctor --json', 'for a script'],
    ['harvest doctor -b metro_m0_express fw.elf', 'probe, server, chip, symbols: as a capture finds them'],
  ],
  options: (set) =>
    withTargetOptions(set).positional('elf', {
      type: 'string',
      describe: 'with --board: the firmware (ELF)',
      values: 'input',
    }),
  run: async (args, context) => {
    const asked = await askedFor(args, context);
    const { gdbPrograms, qemu } = asked;
    const findings = [
      { name: 'node', state: 'ok' as const, found: process.version },
      ...(await gdbFindings(args.gdb, gdbPrograms)),
      await tool('qemu', qemu, ['--version'], qemuInstallHint(qemu), 'needed for emulated boards'),
      await tool('openocd', 'openocd', ['--version'], installHint('openocd'), 'needed for boards behind SWD probes'),
      await tool('J-Link', 'JLinkGDBServerCLExe', ['-version'], undefined, 'needed for J-Link probes: from SEGGER'),
      await tool(
        'compiler',
        'arm-none-eabi-gcc',
        ['--version'],
        installHint('compiler'),
        'needed for the example firmware',
      ),
      await tool('make', 'make', ['--version'], installHint('compiler'), 'needed for the example firmware'),
      await tool('chromium', 'chromium', ['--version'], installHint('chromium'), "needed for the viewer's tests only"),
      await serialFinding(),
      ...(await probeFindings()),
      ...(await ofBoard(asked, context)),
    ];
    report(findings, context);
    if (findings.some(({ name, state }) => name === 'gdb' && state === 'missing')) return ExitCode.toolMissing;
    const isMissing = (wanted: string) => findings.some(({ name, state }) => name === wanted && state === 'missing');
    if (isMissing('board')) return ExitCode.target;
    return isMissing('symbols') || isMissing('hook') ? ExitCode.usage : ExitCode.ok;
  },
});

type DoctorArgs = Parameters<typeof targetOptions>[0] & { readonly elf: string | undefined };

/** The firmware and the board that are asked about, and the tools that fit their processor, as captures choose them. */
async function askedFor({ elf, ...args }: DoctorArgs, context: Context) {
  const options = targetOptions(args, context);
  const firmware = elf === undefined ? undefined : await attempt('symbols', () => firmwareOnBoard(elf, options));
  const opened = firmware !== undefined && 'firmware' in firmware ? firmware : undefined;
  const found = opened?.board ?? (await attempt('board', () => boardOf(options)));
  const known = 'mcu' in found ? found : undefined;
  const gdbPrograms = opened?.firmware.architecture?.gdbPrograms ?? gdbProgramsOf(known?.mcu.architecture ?? 'arm');
  return { options, elf, firmware, board: found, gdbPrograms, qemu: known ? qemuProgramOf(known) : 'qemu-system-arm' };
}

async function ofBoard(
  { options, elf, firmware, board }: Awaited<ReturnType<typeof askedFor>>,
  context: Context,
): Promise<DoctorFinding[]> {
  if (options.board === undefined && options.gdbServer === undefined && elf === undefined) return [];
  return await boardFindings({ options, elf, firmware, board }, context);
}

async function gdbFindings(override: string | undefined, gdbPrograms: readonly string[]): Promise<DoctorFinding[]> {
  if (override === undefined && gdbPrograms.length === 0) {
    const found = 'none is known to follow this core: the direct engine captures, and nothing checks its backtraces';
    return [{ name: 'gdb', state: 'note', found }];
  }
  try {
    const { path, version, hasPython } = await findGdb(override, { gdbPrograms });
    const python: DoctorFinding = hasPython
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
  remedy: string | undefined,
  use: string,
): Promise<DoctorFinding> {
  const output = await outputOf(program, args);
  if (output !== undefined) return { name, state: 'ok', found: output.split('\n')[0] || program };
  const found = `${program} is not there (${use})`;
  return { name, state: 'missing', found, ...(remedy === undefined ? {} : { remedy }) };
}

/** The debug probes that USB shows, and whether they may be used. */
async function probeFindings(): Promise<DoctorFinding[]> {
  const probes = probesAmong(await usbDevices());
  if (probes.length === 0) return [{ name: 'debug probe', state: 'note', found: 'none is plugged in' }];
  return probes.map(({ device, kind }): DoctorFinding => {
    const found = `${kind.title} ${device.serialNumber}`.trim();
    if (!device.isDenied) return { name: 'debug probe', state: 'ok', found };
    const remedy = `/etc/udev/rules.d/60-heap-harvest.rules: ${udevRuleFor(device)}`;
    return { name: 'debug probe', state: 'missing', found: `${found}: no permission for ${device.node}`, remedy };
  });
}

async function serialFinding(): Promise<DoctorFinding> {
  const names = await readdir('/dev').catch(() => []);
  const ports = names.filter((name) => /^(ttyACM|ttyUSB|cu\.usb)/.test(name)).map((name) => `/dev/${name}`);
  if (ports.length === 0) return { name: 'serial ports', state: 'note', found: 'no USB serial port is plugged in' };
  const denied: string[] = [];
  for (const port of ports) await access(port, constants.R_OK | constants.W_OK).catch(() => denied.push(port));
  if (denied.length === 0) return { name: 'serial ports', state: 'ok', found: ports.join(', ') };
  const remedy = serialPermissionHint();
  return { name: 'serial ports', state: 'missing', found: `no permission for ${denied.join(', ')}`, remedy };
}

function report(findings: readonly DoctorFinding[], context: Context): void {
  if (context.json) {
    const worded: DoctorJson = JSON.parse(optionWords(JSON.stringify({ schema: 'heap-harvest/doctor@1', findings })));
    printJson(worded, context);
    return;
  }
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, state, found, remedy } of findings) {
    context.out(`${state.padEnd(7)}  ${name.padEnd(width)}  ${optionWords(found)}\n`);
    if (remedy !== undefined) context.out(`${' '.repeat(width + 11)}${optionWords(remedy)}\n`);
  }
}
