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
  if ((await outputOf(compiler, ['--version'])) === undefined) {
    throw new ToolMissingError('HH1804', `${compiler}: cannot be run`, {
      remedy: `${installHint(tool)} (or in a clone: npm run demo, which installs what is needed)`,
    });
  }
  const make = await runTool('make', ['-C', folder, `BOARD=${board}`, `OPT=${optimisation}`, `VARIANT=${variant}`]);
  if (make.status !== 0) {
    throw new HarvestError('HH1805', 5, `example firmware: make failed: ${make.stderr.trim().slice(-1000)}`);
  }
  return join(folder, 'build', `${board}-${optimisation}-${variant}`, 'firmware.elf');
}
