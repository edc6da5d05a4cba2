import { access, constants, readdir } from 'node:fs/promises';
import { ExitCode, errorMessage, findGdb, outputOf } from '../../lib/public/index.js';
import { type Context, defineCommand } from '../context.js';

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
    ['harvest doctor --gdb arm-none-eabi-gdb', 'would this gdb do'],
  ],
  options: (set) => set.option('gdb', { type: 'string', describe: 'the gdb program (or HARVEST_GDB)' }),
  run: async (args, context) => {
    const findings = [
      { name: 'node', state: 'ok' as const, found: process.version },
      ...(await gdbFindings(args.gdb ?? context.env.HARVEST_GDB)),
      await tool('qemu', 'qemu-system-arm', ['--version'], 'qemu-system-arm', 'needed for emulated boards'),
      await tool('openocd', 'openocd', ['--version'], 'openocd', 'needed for boards behind SWD probes'),
      await tool('J-Link', 'JLinkGDBServerCLExe', ['-version'], undefined, 'needed for J-Link probes: from SEGGER'),
      await tool(
        'compiler',
        'arm-none-eabi-gcc',
        ['--version'],
        'gcc-arm-none-eabi',
        'needed for the example firmware',
      ),
      await tool('make', 'make', ['--version'], 'make', 'needed for the example firmware'),
      await tool('chromium', 'chromium', ['--version'], 'chromium', "needed for the viewer's tests only"),
      await serialFinding(),
    ];
    report(findings, context);
    return findings.some(({ name, state }) => name === 'gdb' && state === 'missing')
      ? ExitCode.toolMissing
      : ExitCode.ok;
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
    return [{ name: 'gdb', state: 'missing', found, remedy: 'sudo apt-get install gdb-multiarch' }];
  }
}

async function tool(
  name: string,
  program: string,
  args: readonly string[],
  debianPackage: string | undefined,
  use: string,
): Promise<Finding> {
  const output = await outputOf(program, args);
  if (output !== undefined) return { name, state: 'ok', found: output.split('\n')[0] || program };
  const remedy = debianPackage === undefined ? {} : { remedy: `sudo apt-get install ${debianPackage}` };
  return { name, state: 'missing', found: `${program} is not there (${use})`, ...remedy };
}

async function serialFinding(): Promise<Finding> {
  const names = await readdir('/dev').catch(() => []);
  const ports = names.filter((name) => /^(ttyACM|ttyUSB|cu\.usb)/.test(name)).map((name) => `/dev/${name}`);
  if (ports.length === 0) return { name: 'serial ports', state: 'note', found: 'no USB serial port is plugged in' };
  const denied: string[] = [];
  for (const port of ports) await access(port, constants.R_OK | constants.W_OK).catch(() => denied.push(port));
  if (denied.length === 0) return { name: 'serial ports', state: 'ok', found: ports.join(', ') };
  const remedy = 'sudo usermod -a -G dialout $USER, then log in again';
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
