import { ExitCode, harvestEvents } from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { buildExampleFirmware, buildMicropython } from '../example-firmware.js';
import { captureToFolder, printOutputs } from './capture-to-folder.js';

const BOARDS = {
  arm: { board: 'mps2-an385', emulator: 'qemu-mps2-an385' },
  riscv: { board: 'virt-rv32', emulator: 'qemu-virt-rv32' },
} as const;

async function lisp(arch: keyof typeof BOARDS, variant: string) {
  const { board, emulator } = BOARDS[arch];
  return { elf: await buildExampleFirmware({ board, optimisation: 'Og', variant }), board: emulator };
}

async function micropython() {
  const elf = await buildMicropython();
  return { elf, board: 'micropython-qemu-mps2', allocator: 'auto', until: ['pyexec_friendly_repl'] };
}

export const demoCommand = defineCommand({
  name: 'demo',
  describe: 'Build the example firmware, boot it under QEMU and harvest it until its REPL',
  examples: [
    ['harvest demo --out harvest-demo', 'no board needed'],
    ['harvest demo --variant small', 'a shorter boot script'],
    ['harvest demo --micropython', 'a real MicroPython: which line of which script allocated'],
    ['harvest demo --arch riscv', 'the same on RISC-V'],
    ['harvest demo --json -q', 'the summary and the tree as JSON'],
  ],
  options: (set) =>
    set
      .option('variant', { choices: ['small', 'big'] as const, default: 'big' as const, describe: 'which boot script' })
      .option('micropython', {
        type: 'boolean',
        default: false,
        describe: "MicroPython from Debian's source package in its place, with a script of ours",
      })
      .option('arch', { choices: ['arm', 'riscv'] as const, default: 'arm' as const, describe: 'which processor' })
      .option('out', { type: 'string', alias: 'o', default: 'harvest-demo', describe: 'the folder for the outputs' }),
  run: async (args, context) => {
    const what = args.micropython
      ? "MicroPython from Debian's source package"
      : `the example firmware, ${args.variant}`;
    if (!context.quiet) context.err(`building ${what}\n`);
    const firmware = args.micropython ? await micropython() : await lisp(args.arch, args.variant);
    if (!context.quiet) context.err(`booting it under QEMU and harvesting every heap event until its REPL\n`);
    const records = harvestEvents({ ...firmware, signal: context.signal, timeoutMs: 300_000 });
    const { outputs, exitCode } = await captureToFolder(records, args.out, context);
    printOutputs(outputs, context);
    if (!context.quiet && !context.json) {
      context.err(
        `written to ${args.out}; next: harvest stats ${args.out}/capture.harvest, harvest view ${args.out}/capture.harvest\n`,
      );
    }
    return exitCode === ExitCode.ok && outputs.summary.oracle?.outcome !== 'matched' ? ExitCode.partial : exitCode;
  },
});
