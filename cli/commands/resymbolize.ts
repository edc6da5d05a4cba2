import { dirname, join } from 'node:path';
import {
  ExitCode,
  formatCount,
  journalBytes,
  loadTrace,
  makeOutputFolder,
  OUTPUT_FILES,
  resymbolize,
  sanitize,
  UsageError,
  writeOutputs,
  writeWhole,
} from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printOutputs } from './capture-to-folder.js';
import { readFirmware } from './read-symbols.js';

export const resymbolizeCommand = defineCommand({
  name: 'resymbolize <trace>',
  describe: 'Make the backtraces of a direct capture anew, with a better ELF file of the same firmware',
  examples: [
    ['harvest resymbolize capture.harvest --elf firmware-with-debug.elf --out again', 'no second capture needed'],
    [
      'harvest resymbolize capture.harvest --elf firmware-with-debug.elf',
      'into the folder resymbolized, beside the trace',
    ],
    ['harvest resymbolize capture.harvest --elf firmware-with-debug.elf -q --json', 'the summary as JSON'],
  ],
  options: (set) =>
    set
      .positional('trace', {
        type: 'string',
        demandOption: true,
        describe: 'a journal of the direct engine',
        values: 'input',
      })
      .option('elf', {
        type: 'string',
        demandOption: true,
        describe: 'the ELF file with debug information',
        values: 'input',
      })
      .option('out', {
        type: 'string',
        alias: 'o',
        describe: 'the folder for the outputs (default: beside the trace)',
      }),
  run: async (args, context) => {
    const old = (await loadTrace(args.trace, { signal: context.signal })).builder.build();
    if (old.rawSamples.length === 0) {
      throw new UsageError(
        'HH1113',
        `${args.trace}: found no stored registers and stacks, expected a capture of the direct engine`,
        {
          remedy: 'capture with --engine direct or auto; other traces have no more than the names they were made with',
        },
      );
    }
    const { trace, unwound, kept } = resymbolize(old, await readFirmware(args.elf));
    const folder = args.out ?? join(dirname(args.trace), 'resymbolized');
    await makeOutputFolder(folder);
    await writeWhole(join(folder, OUTPUT_FILES.journal), journalBytes(trace));
    printOutputs(await writeOutputs(trace, folder), context);
    if (!context.quiet) {
      context.err(
        `${formatCount(unwound)} backtraces made anew, ${formatCount(kept)} kept; written to ${sanitize(folder)}\n`,
      );
    }
    return ExitCode.ok;
  },
});
