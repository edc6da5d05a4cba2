import { join } from 'node:path';
import {
  HarvestError,
  installHint,
  outputOf,
  packageRoot,
  runTool,
  ToolMissingError,
} from '../lib/public/command-line.js';

export interface ExampleBuild {
  readonly board: 'microbit' | 'mps2-an385' | 'virt-rv32';
  readonly optimisation: 'Og' | 'Os';
  readonly variant: string;
}

const COMPILERS = {
  arm: { compiler: 'arm-none-eabi-gcc', tool: 'compiler' },
  riscv: { compiler: 'riscv64-unknown-elf-gcc', tool: 'riscvCompiler' },
} as const;

/** Builds the example firmware (nothing when it is up to date) and returns the ELF file's path. @throws ToolMissingError HH1804 */
export async function buildExampleFirmware({ board, optimisation, variant }: ExampleBuild): Promise<string> {
  const folder = join(packageRoot, 'examples', 'firmware', 'lisp');
  const { compiler, tool } = COMPILERS[board === 'virt-rv32' ? 'riscv' : 'arm'];
  await needCompiler(compiler, tool);
  await make(['-C', folder, `BOARD=${board}`, `OPT=${optimisation}`, `VARIANT=${variant}`]);
  return join(folder, 'build', `${board}-${optimisation}-${variant}`, 'firmware.elf');
}

/**
 * Fetches and builds MicroPython with our scripts in it (nothing when it is up to date) and returns the ELF file's path.
 * @throws ToolMissingError HH1804, HarvestError HH1805
 */
export async function buildMicropython(script: 'demo' | 'probes' = 'demo'): Promise<string> {
  const folder = join(packageRoot, 'examples', 'firmware', 'micropython');
  await needCompiler(COMPILERS.arm.compiler, COMPILERS.arm.tool);
  // Sources are fetched, and an interpreter and its compiler built from them: minutes on a slow machine.
  await make(['-C', folder, `RUN=${script}`], 1_800_000);
  return join(folder, 'build', 'MPS2_AN385', `${script}.elf`);
}

/** @throws ToolMissingError HH1804 */
async function needCompiler(compiler: string, tool: Parameters<typeof installHint>[0]): Promise<void> {
  if ((await outputOf(compiler, ['--version'])) !== undefined) return;
  throw new ToolMissingError('HH1804', `${compiler}: cannot be run`, {
    remedy: `${installHint(tool)} (or in a clone: npm run demo, which installs what is needed)`,
  });
}

/** @throws HarvestError HH1805 */
async function make(args: readonly string[], limitMs = 300_000): Promise<void> {
  const made = await runTool('make', args, limitMs);
  if (made.status === 0) return;
  const why = made.status === -1 ? `it was ended after ${limitMs / 60_000} minutes ` : '';
  throw new HarvestError('HH1805', 5, `example firmware: make failed: ${why}${made.stderr.trim().slice(-1000)}`);
}
