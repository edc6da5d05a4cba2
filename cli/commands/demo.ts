import { ExitCode, harvestEvents, UsageError } from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { buildExampleFirmware, buildMicropython } from '../example-firmware.js';
import { captureToFolder, printOutputs } from './capture-to-folder.js';

const BOARDS = {
  arm: { board: 'mps2-an385', emulator: 'qemu-mps2-an385', micropython: 'micropython-qemu-mps2' },
  riscv: { board: 'virt-rv32', emulator: 'qemu-virt-rv32', micropython: undefined },
} as const;

type Architecture = keyof typeof BOARDS;

async function lisp(variant: string, arch: Architecture) {
  const { board, emulator } = BOARDS[arch];
  return { elf: await buildExampleFirmware({ board, optimisation: 'Og', variant }), board: emulator };
}

async function micropython(board: string) {
  const elf = await buildMicropython();
  return { elf, board, allocator: 'auto', until: ['pyexec_friendly_repl'] };
}

export const demoCommand = defineCommand({
  name: 'demo',
  describe: 'Build the example firmware, boot it under QEMU and harvest it until its REPL',
  examples: [
    ['harvest demo --out harvest-demo', 'no board needed'],
    ['harvest demo --variant small', 'a shorter boot script'],
    ['harvest demo --arch riscv', 'the same on RISC-V'],
    ['harvest demo --micropython', 'a real MicroPython: which line of which script allocated'],
    ['harvest demo --json -q', 'the summary and the tree as JSON'],
  ],
  options: (set) =>
    set
      .option('variant', { choices: ['small', 'big'] as const, default: 'big' as const, describe: 'which boot script' })
      .option('arch', { choices: ['arm', 'riscv'] as const, default: 'arm' as const, describe: 'which processor' })
      .option('micropython', {
        type: 'boolean',
        default: false,
        describe: "MicroPython from Debian's source package in its place, with a script of ours",
      })
      .option('out', { type: 'string', alias: 'o', default: 'harvest-demo', describe: 'the folder for the outputs' }),
  run: async (args, context) => {
    const what = args.micropython
      ? "MicroPython from Debian's source package"
      : `the example firmware, ${args.variant}`;
    const emulator = args.micropython ? BOARDS[args.arch].micropython : undefined;
    if (args.micropython && emulator === undefined) {
      throw new UsageError(
        'HH1109',
        `harvest demo: found --micropython beside --arch ${args.arch}, expected one of them`,
      );
    }
    if (!context.quiet) context.err(`building ${what} (${BOARDS[args.arch].board})\n`);
    const firmware = emulator ? await micropython(emulator) : await lisp(args.variant, args.arch);
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
