import { join } from 'node:path';
import {
  callerFrames,
  type ExitCode,
  errorMessage,
  journalBytes,
  loadTraces,
  makeOutputFolder,
  OUTPUT_FILES,
  parsePatternFile,
  sanitize,
  TraceBuilder,
  UsageError,
  writeOutputs,
  writeWhole,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { sizeOption } from '../number-options.js';
import { exitCodeFor, readText } from './analysis-options.js';
import { printOutputs } from './capture-to-folder.js';

export const importCommand = defineCommand({
  name: 'import [files..]',
  describe: 'Read what another heap tracer recorded and write the same outputs',
  examples: [
    ['harvest import mylog.txt --out run1', 'the log of a classic gdb script'],
    ['harvest import - --format gdb-log < mylog.txt', 'from stdin, the format forced'],
    ["harvest import log.txt --pattern 'alloc: got {address} size {size}'", 'a log of your own, its lines described'],
    ['harvest import core0.svdat core1.svdat', 'a file a core: one trace, by time'],
    ['harvest import --list-formats', 'what can be read'],
  ],
  options: (set) =>
    set
      .positional('files', {
        type: 'string',
        array: true,
        describe: 'the file; - is stdin; .gz is unpacked; several of one run (a core, a task each) are merged by time',
        values: 'input',
      })
      .option('format', {
        type: 'string',
        describe: 'force a format (default: told by content)',
        values: 'import-format',
      })
      .option('heap-size', { type: 'string', describe: 'the size of the heap: 10K, 0x5000' })
      .option('elf', {
        type: 'string',
        describe: 'the firmware: names the callers that the trace has as addresses',
        values: 'input',
      })
      .option('columns', {
        type: 'string',
        describe: 'CSV and JSON lines: address=ptr,size=bytes,time=ts:ms (roles: kind, from, task, caller...)',
      })
      .option('pattern', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: "a line of any log: 'alloc: {address} {size} {caller}', one an event kind",
      })
      .option('pattern-file', { type: 'string', describe: 'a file of such patterns, one a line, # begins a comment' })
      .option('cpu-mhz', { type: 'number', describe: 'ESP-IDF: turns ccount into time' })
      .option('drop-inner-pairs', {
        type: 'boolean',
        default: false,
        describe: 'Drone OS v0.14: leave out the inner alloc and free of each resize',
      })
      .option('list-formats', { type: 'boolean', default: false, describe: 'list the formats and end' })
      .option('out', { type: 'string', alias: 'o', default: '.', describe: 'the folder for the outputs' }),
  run: async (args, context) => {
    if (args.listFormats) return listFormats(context);
    const paths = args.files ?? [];
    if (paths.length === 0)
      throw new UsageError('HH1106', 'harvest import: found no file, expected one (or - for stdin)');
    const heapSizeBytes = args.heapSize === undefined ? undefined : sizeOption('--heap-size', args.heapSize);
    const patterns = await patternOptions(args);
    const builder = new TraceBuilder();
    let failure: unknown;
    const loaded = await loadTraces(paths, {
      builder,
      signal: context.signal,
      ...(args.format === undefined ? {} : { format: args.format }),
      ...(heapSizeBytes === undefined ? {} : { heapSizeBytes }),
      ...(patterns.length === 0 ? {} : { patterns }),
      ...(args.columns === undefined ? {} : { columns: columnsOption(args.columns) }),
      ...(args.cpuMhz === undefined ? {} : { cpuFrequencyHz: args.cpuMhz * 1e6 }),
      ...(args.elf === undefined ? {} : { resolve: await namesOf(args.elf) }),
      dropInnerPairs: args.dropInnerPairs,
    }).catch((error: unknown) => {
      failure = error;
      return undefined;
    });
    if (failure !== undefined && builder.eventCount === 0) throw failure;
    if (failure !== undefined) builder.add({ kind: 'gap', reason: errorMessage(failure) });
    if (loaded && !context.quiet) context.err(`${paths.map(sanitize).join(' ')}: read as ${loaded.title}\n`);
    await makeOutputFolder(args.out);
    const trace = builder.build();
    await writeWhole(join(args.out, OUTPUT_FILES.journal), journalBytes(trace));
    const outputs = await writeOutputs(trace, args.out);
    printOutputs(outputs, context);
    if (failure !== undefined) throw failure;
    return exitCodeFor(trace);
  },
});

/** The patterns of the file, then those of the command line. */
async function patternOptions(args: {
  readonly pattern: readonly string[];
  readonly patternFile?: string | undefined;
}): Promise<string[]> {
  const shared = args.patternFile === undefined ? [] : parsePatternFile(await readText(args.patternFile));
  return [...shared, ...args.pattern];
}

/** Symbols are a third of the code and seldom asked for: loaded then only. */
async function namesOf(elf: string) {
  const { readSymbols } = await import('./read-symbols.js');
  return callerFrames(await readSymbols(elf));
}

/** All readers, loaded when they are asked for: most imports need one. */
async function listFormats(context: Context): Promise<ExitCode> {
  return (await import('./list-formats.js')).listFormats(context);
}

/** `address=ptr,size=bytes` as names by role. @throws UsageError HH1109 */
function columnsOption(text: string): Record<string, string> {
  const columns: Record<string, string> = {};
  for (const part of text.split(',')) {
    const [, role, unit] = /^\s*(\w+):(\w+)\s*$/.exec(part) ?? [];
    // `time:s`: the column of that usual name, with its unit.
    if (role !== undefined) {
      columns[role] = `:${unit}`;
      continue;
    }
    const at = part.indexOf('=');
    if (at < 1 || at === part.length - 1) {
      throw new UsageError(
        'HH1109',
        `--columns ${text}: found '${part}', expected ROLE=COLUMN or ROLE:UNIT as in address=ptr,size=bytes,time:ms`,
      );
    }
    columns[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return columns;
}
