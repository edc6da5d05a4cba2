import {
  AlloctraceClient,
  callerFrames,
  captureSwo,
  captureTracerRing,
  deadline,
  ExitCode,
  formatById,
  type ImportOptions,
  type LiveItem,
  liveDecode,
  parseByteStream,
  type RingSettingsChange,
  recordsOf,
  SWO_FRAMINGS,
  sanitize,
  streamItems,
  symbolized,
  TargetError,
  type TraceRecord,
  UsageError,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { inputFile } from '../input-file.js';
import { printJson } from '../json-output.js';
import { positiveOption, secondsOption, sizeOption } from '../number-options.js';
import { type TargetArgs, targetOptions, withTargetOptions } from '../target-options.js';
import { captureToFolder, printOutputs } from './capture-to-folder.js';
import { readFirmware } from './read-symbols.js';

const KINDS = ['ring', 'swo', 'serial'] as const;
const ACTIONS = ['download', 'status', 'freeze', 'resume', 'reset', 'config'] as const;

/** Captures that no breakpoint makes: rings in a board's memory, SWO, text on a serial port. */
export const captureCommand = defineCommand({
  name: 'capture <kind> [source]',
  describe: 'Capture from a ring on the board, a live SWO stream, or a serial port',
  examples: [
    ['harvest capture ring http://board.local', 'download the ring that a board serves'],
    ['harvest capture ring --via-gdb --elf fw.elf --gdb-server :3333', 'drain it through the debug port'],
    ['harvest capture serial /dev/ttyUSB0 --format esp-idf --elf fw.elf', 'heap_trace_dump text'],
  ],
  options: (set) =>
    withTargetOptions(set)
      .positional('kind', { choices: KINDS, demandOption: true, describe: 'what to capture from' })
      .positional('source', { type: 'string', describe: 'a URL, a serial device, tcp:HOST:PORT or a file' })
      .option('out', { type: 'string', alias: 'o', default: '.', describe: 'the folder for the outputs' })
      .option('elf', { type: 'string', describe: 'the firmware, to name addresses', values: 'input' })
      .option('via-gdb', { type: 'boolean', default: false, describe: 'ring: through the debug port' })
      .option('until', { type: 'string', array: true, describe: 'ring --via-gdb: end at these functions' })
      .option('poll', { type: 'number', describe: 'ring --via-gdb: also drain every so many ms' })
      .option('timeout', {
        type: 'number',
        default: 600,
        describe: 'ring: end after so many seconds, with what is there by then',
      })
      .option('action', { choices: ACTIONS, default: 'download', describe: 'ring over HTTP: what to do' } as const)
      .option('limit', { type: 'number', describe: 'ring over HTTP: only the newest events' })
      .option('stop-on-full', { type: 'boolean', describe: 'ring setting: keep the earliest events' })
      .option('collapse-pairs', {
        hidden: true,
        type: 'boolean',
        describe: 'ring setting: drop a malloc with its own free',
      })
      .option('capture-largest', {
        hidden: true,
        type: 'boolean',
        describe: 'ring setting: record the largest free block',
      })
      .option('backtrace-depth', { hidden: true, type: 'number', describe: 'ring setting: 1 to 6' })
      .option('min-size', { hidden: true, type: 'string', describe: 'ring setting: no backtrace below this size' })
      .option('skip-frees', { hidden: true, type: 'boolean', describe: 'ring setting: no backtraces for frees' })
      .option('format', { type: 'string', describe: 'swo, serial: the format of the trace', values: 'import-format' })
      .option('framing', { choices: SWO_FRAMINGS, describe: 'swo: how ports are carried (default: by content)' })
      .option('trace-port', { hidden: true, type: 'number', default: 31, describe: 'swo: the port of the trace' })
      .option('baud', { type: 'number', default: 115_200, describe: 'swo, serial: the rate of the port' })
      .option('idle', { type: 'number', describe: 'swo, serial: end after so many seconds without a record' })
      .option('heap-size', { type: 'string', describe: 'swo: the size of the heap' }),
  run: async (args, context) => {
    switch (args.kind) {
      case 'ring':
        return args.viaGdb ? captureViaGdb(args, context) : captureOverHttp(args, context);
      case 'swo':
      case 'serial':
        return captureLive(args, context);
    }
  },
});

interface RingArgs extends TargetArgs {
  readonly source?: string | undefined;
  readonly out: string;
  readonly elf?: string | undefined;
  readonly until?: string[] | undefined;
  readonly poll?: number | undefined;
  readonly timeout: number;
  readonly action: (typeof ACTIONS)[number];
  readonly limit?: number | undefined;
  readonly stopOnFull?: boolean | undefined;
  readonly collapsePairs?: boolean | undefined;
  readonly captureLargest?: boolean | undefined;
  readonly backtraceDepth?: number | undefined;
  readonly minSize?: string | undefined;
  readonly skipFrees?: boolean | undefined;
}

async function captureViaGdb(args: RingArgs, context: Context): Promise<ExitCode> {
  const given = args.elf ?? args.source;
  if (given === undefined)
    throw new UsageError('HH1106', 'harvest capture ring --via-gdb: found no ELF file, expected --elf FILE');
  await using elf = await inputFile(given, 'HH1101');
  const settings = settingsOf(args);
  const records = captureTracerRing({
    elf: elf.path,
    signal: context.signal,
    timeoutMs: secondsOption('--timeout', args.timeout),
    ...targetOptions(args, context),
    ...(args.until === undefined ? {} : { until: args.until }),
    ...(args.poll === undefined ? {} : { pollMs: positiveOption('--poll', args.poll) }),
    ...(settings ? { settings } : {}),
  });
  return await finish(records, args.out, context);
}

async function captureOverHttp(args: RingArgs, context: Context): Promise<ExitCode> {
  if (args.source === undefined)
    throw new UsageError('HH1106', 'harvest capture ring: found no address, expected http://HOST[:PORT][/BASE]');
  const timeoutMs = secondsOption('--timeout', args.timeout);
  const tooLate = new TargetError('HH1940', `${args.source}: not done within ${args.timeout} s, expected it to be`);
  using limit = deadline(context.signal, timeoutMs, tooLate);
  try {
    return await askBoard(args, context, { client: new AlloctraceClient(args.source), signal: limit.signal });
  } catch (error) {
    throw limit.signal.reason === tooLate ? tooLate : error;
  }
}

interface BoardOnHttp {
  readonly client: AlloctraceClient;
  readonly signal: AbortSignal;
}

async function askBoard(args: RingArgs, context: Context, { client, signal }: BoardOnHttp): Promise<ExitCode> {
  const settings = settingsOf(args);
  if (settings) await client.configure(settings, signal);
  if (args.action !== 'download') {
    if (args.action !== 'status' && args.action !== 'config') await client[args.action](signal);
    printJson(
      { schema: 'heap-harvest/ring-status@1', ...(await client.status(signal)) },
      context,
      context.json ? 0 : 2,
    );
    return ExitCode.ok;
  }
  const trace = await client.download({ signal, ...(args.limit === undefined ? {} : { limit: args.limit }) });
  const records = recordsOf(trace);
  const named = args.elf === undefined ? records : symbolized(records, await readFirmware(args.elf));
  return finish(asAsync(named), args.out, context);
}

interface LiveArgs {
  readonly kind: 'ring' | 'swo' | 'serial';
  readonly source?: string | undefined;
  readonly out: string;
  readonly elf?: string | undefined;
  readonly format?: string | undefined;
  readonly framing?: (typeof SWO_FRAMINGS)[number] | undefined;
  readonly tracePort: number;
  readonly baud: number;
  readonly idle?: number | undefined;
  readonly heapSize?: string | undefined;
}

async function captureLive(args: LiveArgs, context: Context): Promise<ExitCode> {
  if (args.source === undefined)
    throw new UsageError(
      'HH1106',
      `harvest capture ${args.kind}: found no source, expected a serial device or tcp:HOST:PORT`,
    );
  const idleMs = args.idle === undefined ? undefined : secondsOption('--idle', args.idle);
  const source = await parseByteStream(args.source);
  const idle = new AbortController();
  const signal = AbortSignal.any([context.signal, idle.signal]);
  const port = { baudRate: args.baud, signal };
  const importOptions: ImportOptions = {
    subject: args.source,
    ...(args.heapSize === undefined ? {} : { heapSizeBytes: sizeOption('--heap-size', args.heapSize) }),
    ...(args.elf === undefined ? {} : { resolve: callerFrames(await readFirmware(args.elf)) }),
  };
  const items =
    args.kind === 'swo'
      ? captureSwo(source, {
          ...port,
          tracePort: args.tracePort,
          importOptions,
          ...(args.framing ? { framing: args.framing } : {}),
          ...(args.format === undefined ? {} : { format: args.format }),
        })
      : liveDecode(streamItems(source, port), formatById(args.format ?? 'esp-idf'), importOptions);
  const timer = idleMs === undefined ? undefined : setTimeout(() => idle.abort(), idleMs);
  try {
    return await finish(
      recordsIn(items, context, () => timer?.refresh()),
      args.out,
      context,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** The records; the text of the other ports goes to stderr, without escape sequences. */
async function* recordsIn(
  items: AsyncIterable<LiveItem>,
  context: Context,
  alive: () => void,
): AsyncGenerator<TraceRecord> {
  const decoders = new Map<number, TextDecoder>();
  for await (const item of items) {
    alive();
    if (item.kind === 'opened') {
      if (!context.quiet) context.err(`reading ${sanitize(item.name)}; Ctrl-C ends the capture\n`);
      continue;
    }
    if (item.kind === 'record') {
      yield item.record;
      continue;
    }
    const decoder = decoders.get(item.port) ?? new TextDecoder();
    decoders.set(item.port, decoder);
    const lines = decoder.decode(item.bytes, { stream: true }).split('\n');
    if (!context.quiet) context.err(lines.map(sanitize).join('\n'));
  }
}

async function* asAsync(records: Iterable<TraceRecord> | AsyncIterable<TraceRecord>): AsyncGenerator<TraceRecord> {
  yield* records;
}

async function finish(records: AsyncIterable<TraceRecord>, out: string, context: Context): Promise<ExitCode> {
  const { outputs, exitCode } = await captureToFolder(records, out, context);
  printOutputs(outputs, context);
  if (!context.quiet && !context.json)
    context.err(`written to ${sanitize(out)}; next: harvest tree ${sanitize(out)}/capture.harvest\n`);
  return exitCode;
}

/** The settings that were named; undefined when none was. */
function settingsOf(args: RingArgs): RingSettingsChange | undefined {
  const backtrace = {
    ...(args.backtraceDepth === undefined ? {} : { depth: args.backtraceDepth }),
    ...(args.minSize === undefined ? {} : { minSizeBytes: sizeOption('--min-size', args.minSize) }),
    ...(args.skipFrees === undefined ? {} : { skipFrees: args.skipFrees }),
  };
  const change: RingSettingsChange = {
    ...(args.stopOnFull === undefined ? {} : { stopOnFull: args.stopOnFull }),
    ...(args.collapsePairs === undefined ? {} : { collapsePairs: args.collapsePairs }),
    ...(args.captureLargest === undefined ? {} : { captureLargest: args.captureLargest }),
    ...(Object.keys(backtrace).length === 0 ? {} : { backtrace }),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}
