import { join } from 'node:path';
import {
  connect,
  ExitCode,
  findGdb,
  firmwareOnBoard,
  formatAddress,
  formatBytes,
  makeOutputFolder,
  parseAddress,
  ramDumps,
  sanitize,
  stopPoints,
  UsageError,
  writableRegion,
  writeWhole,
} from '../../lib/public/index.js';
import { defineCommand } from '../context.js';
import { sizeOption } from '../number-options.js';
import { targetOptions, withTargetOptions } from '../target-options.js';

export const dumpCommand = defineCommand({
  name: 'dump <elf>',
  describe: "Dumps of the target's memory: at functions, on a period, at the end; for `harvest layout`",
  examples: [
    ['harvest dump firmware.elf --at gc_collect_end', 'at each collection, and where the REPL waits'],
    ['harvest dump firmware.elf --at gc_log_change --every 500', 'at every 500th heap event'],
    ['harvest dump firmware.elf --period 2 --max-dumps 10', 'every two seconds'],
  ],
  options: (yargs) =>
    withTargetOptions(yargs)
      .positional('elf', { type: 'string', demandOption: true, describe: 'the firmware (ELF)' })
      .option('at', { type: 'string', array: true, default: [], describe: 'dump at SYMBOL or FILE:LINE' })
      .option('every', { type: 'number', default: 1, describe: 'of the passes at --at, only every Nth' })
      .option('period', { type: 'number', describe: 'dump each time the target has run for so many seconds' })
      .option('until', { type: 'string', array: true, describe: 'the end (default: where the REPL waits)' })
      .option('max-dumps', { type: 'number', default: 1000, describe: 'end after so many' })
      .option('region', { type: 'string', describe: "BASE:SIZE (default: the firmware's writable sections)" })
      .option('out', { type: 'string', alias: 'o', default: 'dumps', describe: 'the folder for the dumps' }),
  run: async (args, context) => {
    const { gdb, ...where } = targetOptions(args, context);
    const { board, image } = await firmwareOnBoard(args.elf, where);
    const until = args.until ?? [];
    const plan = {
      region: args.region === undefined ? writableRegion(image) : regionOption(args.region),
      at: stopPoints(image, { until: args.at }),
      every: Math.max(1, Math.floor(args.every)),
      ...(args.period === undefined ? {} : { periodMs: args.period * 1000 }),
      stops: stopPoints(image, { until, untilRepl: until.length === 0 && args.period === undefined }),
      maxDumps: args.maxDumps,
    };
    const program = await findGdb(gdb);
    await using target = await connect(board, { elfPath: args.elf, ...where, signal: context.signal });
    if (!context.quiet) for (const note of target.notes ?? []) context.err(`${sanitize(note)}\n`);
    target.lost.catch(() => undefined);
    const files: string[] = [];
    for await (const { index, label, bytes } of ramDumps(program, target, { plan, signal: context.signal })) {
      if (index === 0) await makeOutputFolder(args.out);
      const path = join(args.out, `ram-${String(index).padStart(4, '0')}.bin`);
      await writeWhole(path, [bytes]);
      files.push(path);
      if (!context.json) context.out(`${path}  ${formatBytes(bytes.length)}  ${sanitize(label)}\n`);
    }
    const base = formatAddress(plan.region.baseAddress);
    if (context.json) context.out(`${JSON.stringify({ schema: 'heap-harvest/dumps@1', base, files })}\n`);
    else if (!context.quiet)
      context.err(`next: harvest layout ${args.out}/ram-*.bin --base ${base} --elf ${args.elf}\n`);
    return context.signal.aborted ? ExitCode.interrupted : ExitCode.ok;
  },
});

function regionOption(text: string): { baseAddress: number; sizeBytes: number } {
  const [base = '', size = ''] = text.split(':');
  const baseAddress = parseAddress(base);
  if (baseAddress === undefined) {
    throw new UsageError('HH1115', `--region ${text}: found no BASE:SIZE, expected for example 0x20000000:32K`);
  }
  return { baseAddress, sizeBytes: sizeOption('--region', size) };
}
