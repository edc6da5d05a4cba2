import { dirname, join } from 'node:path';
import {
  connect,
  debugPorts,
  defined,
  ExitCode,
  firmwareOnBoard,
  formatAddress,
  formatBytes,
  makeOutputFolder,
  parseAddress,
  ramDumps,
  removeUnusedFolder,
  sanitize,
  stopPoints,
  TargetError,
  UsageError,
  writableRegion,
  writeWhole,
} from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { inputFile } from '../input-file.js';
import { printJson } from '../json-output.js';
import { secondsOption, sizeOption } from '../number-options.js';
import { describeError } from '../print-error.js';
import { targetOptions, withTargetOptions } from '../target-options.js';

export const dumpCommand = defineCommand({
  name: 'dump <elf>',
  describe: "Dumps of the target's memory: at functions, on a period, at the end; for `harvest layout`",
  examples: [
    ['harvest dump firmware.elf --at gc_collect_end', 'at each collection, and where the REPL waits'],
    ['harvest dump firmware.elf --at gc_log_change --every 500', 'at every 500th heap event'],
    ['harvest dump firmware.elf --period 2 --max-dumps 10', 'every two seconds'],
  ],
  options: (set) =>
    withTargetOptions(set)
      .positional('elf', { type: 'string', demandOption: true, describe: 'the firmware (ELF)', values: 'input' })
      .option('at', { type: 'string', array: true, default: [], describe: 'dump at SYMBOL or FILE:LINE' })
      .option('every', { type: 'number', default: 1, describe: 'of the passes at --at, only every Nth' })
      .option('period', { type: 'number', describe: 'dump each time the target has run for so many seconds' })
      .option('until', { type: 'string', array: true, describe: 'the end (default: where the REPL waits)' })
      .option('max-dumps', { type: 'number', default: 1000, describe: 'end after so many' })
      .option('region', { type: 'string', describe: "BASE:SIZE (default: the firmware's writable sections)" })
      .option('out', { type: 'string', alias: 'o', default: 'dumps', describe: 'the folder for the dumps' }),
  run: async (args, context) => {
    const { gdb, ...where } = targetOptions(args, context);
    await using elf = await inputFile(args.elf, 'HH1101');
    const { board, firmware } = await firmwareOnBoard(elf.path, where);
    const until = args.until ?? [];
    const fits = (stops: number) => stops + args.at.length <= board.comparators.breakpoints;
    const untilRepl = until.length === 0 && args.period === undefined;
    const plan = {
      region: args.region === undefined ? writableRegion(firmware) : regionOption(args.region),
      at: stopPoints(firmware, { until: args.at }, () => true).stops,
      every: Math.max(1, Math.floor(args.every)),
      ...(args.period === undefined ? {} : { periodMs: secondsOption('--period', args.period) }),
      stops: stopPoints(firmware, { until, untilRepl }, fits).stops,
      maxDumps: args.maxDumps,
    };
    const ports = await debugPorts(firmware, elf.path, { gdb, points: [...plan.at, ...plan.stops] });
    const made = await makeOutputFolder(args.out);
    const files: string[] = [];
    const say = (text: string) => context.err(`${sanitize(text)}\n`);
    let stopped: TargetError | undefined;
    try {
      await using target = await connect(board, { elf: elf.path, ...where, signal: context.signal });
      if (!context.quiet) for (const note of target.notes ?? []) say(note);
      target.lost.catch(() => undefined);
      const onStatus = context.quiet ? undefined : say;
      const options = { plan, firmware, signal: context.signal, ...defined({ onStatus }) };
      for await (const { index, label, bytes } of ramDumps(ports, target, options)) {
        const path = join(args.out, `ram-${String(index).padStart(4, '0')}.bin`);
        await writeWhole(path, [bytes]);
        files.push(path);
        if (!context.json) context.out(`${path}  ${formatBytes(bytes.length)}  ${sanitize(label)}\n`);
      }
    } catch (error) {
      // What was dumped until then is told of all the same, as captures do.
      if (!(error instanceof TargetError && error.code === 'HH2261')) throw error;
      stopped = error;
    } finally {
      await removeUnusedFolder(args.out, made);
    }
    const base = formatAddress(plan.region.baseAddress);
    if (context.json) printJson({ schema: 'heap-harvest/dumps@1', base, files }, context);
    else if (!context.quiet) context.err(nextStep(files, base, args.elf));
    if (stopped) {
      context.err(describeError(stopped, false).text);
      return ExitCode.partial;
    }
    if (context.signal.aborted) return ExitCode.interrupted;
    return files.length > 0 ? ExitCode.ok : ExitCode.partial;
  },
});

/** Names dumps that there are. */
function nextStep(files: readonly string[], base: string, elf: string): string {
  const [first, ...more] = files;
  if (first === undefined) return 'no dump was made: the moments of --at, --period and --until were not reached\n';
  const named = sanitize(more.length > 3 ? join(dirname(first), 'ram-*.bin') : files.join(' '));
  return `next: harvest layout ${named} --base ${base} --elf ${sanitize(elf)}\n`;
}

function regionOption(text: string): { baseAddress: number; sizeBytes: number } {
  const [base = '', size = ''] = text.split(':');
  const baseAddress = parseAddress(base);
  if (baseAddress === undefined) {
    throw new UsageError('HH1115', `--region ${text}: found no BASE:SIZE, expected for example 0x20000000:32K`);
  }
  return { baseAddress, sizeBytes: sizeOption('--region', size) };
}
