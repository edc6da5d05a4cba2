import { join } from 'node:path';
import {
  callerFrames,
  ExitCode,
  errorMessage,
  FORMATS,
  journalBytes,
  loadTrace,
  makeOutputFolder,
  OUTPUT_FILES,
  parseSize,
  TraceBuilder,
  UsageError,
  writeOutputs,
  writeWhole,
} from '../../lib/public/index.js';
import { type Context, defineCommand } from '../context.js';
import { printOutputs } from './capture-to-folder.js';

export const importCommand = defineCommand({
  name: 'import [file]',
  describe: 'Read what another heap tracer recorded and write the same outputs',
  examples: [
    ['harvest import mylog.txt --out run1', 'the log of a classic gdb script'],
    ['harvest import - --format gdb-log < mylog.txt', 'from stdin, the format forced'],
    ['harvest import --list-formats', 'what can be read'],
  ],
  options: (yargs) =>
    yargs
      .positional('file', { type: 'string', describe: 'the file; - is stdin; .gz is unpacked' })
      .option('format', { type: 'string', describe: 'force a format (default: told by content)' })
      .option('heap-size', { type: 'string', describe: 'the size of the heap: 10K, 0x5000' })
      .option('elf', { type: 'string', describe: 'the firmware: names the callers that the trace has as addresses' })
      .option('columns', {
        type: 'string',
        describe: 'CSV and JSON lines: address=ptr,size=bytes,time=ts:ms (roles: kind, from, task, caller...)',
      })
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
    const path = args.file;
    if (path === undefined)
      throw new UsageError('HH1106', 'harvest import: found no file, expected one (or - for stdin)');
    const heapSizeBytes = args.heapSize === undefined ? undefined : sizeOption('--heap-size', args.heapSize);
    const builder = new TraceBuilder();
    let failure: unknown;
    const loaded = await loadTrace(path, {
      builder,
      signal: context.signal,
      ...(args.format === undefined ? {} : { format: args.format }),
      ...(heapSizeBytes === undefined ? {} : { heapSizeBytes }),
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
    if (loaded && !context.quiet) context.err(`${path}: read as ${loaded.title}\n`);
    await makeOutputFolder(args.out);
    const trace = builder.build();
    await writeWhole(join(args.out, OUTPUT_FILES.journal), journalBytes(trace));
    const outputs = await writeOutputs(trace, args.out);
    printOutputs(outputs, context);
    if (failure !== undefined) throw failure;
    return trace.info.complete ? ExitCode.ok : ExitCode.partial;
  },
});

/** Symbols are a third of the code and seldom asked for: loaded then only. */
async function namesOf(elf: string) {
  const { readSymbols } = await import('./read-symbols.js');
  return callerFrames(await readSymbols(elf));
}

function listFormats(context: Context): ExitCode {
  if (context.json) {
    context.out(`${JSON.stringify(FORMATS.map(({ id, title }) => ({ id, title })))}\n`);
  } else {
    const width = Math.max(...FORMATS.map(({ id }) => id.length));
    for (const { id, title } of FORMATS) context.out(`${id.padEnd(width)}  ${title}\n`);
  }
  return ExitCode.ok;
}

/** A size from the command line. @throws UsageError HH1108 */
export function sizeOption(option: string, text: string): number {
  const size = parseSize(text);
  if (size !== undefined) return size;
  throw new UsageError('HH1108', `${option} ${text}: found no size, expected for example 10K, 2M or 0x5000`);
}

/** `address=ptr,size=bytes` as names by role. @throws UsageError HH1109 */
function columnsOption(text: string): Record<string, string> {
  const columns: Record<string, string> = {};
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    if (at < 1 || at === part.length - 1) {
      throw new UsageError(
        'HH1109',
        `--columns ${text}: found '${part}', expected ROLE=COLUMN as in address=ptr,size=bytes`,
      );
    }
    columns[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return columns;
}
