import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  defined,
  ENGINE_NAMES,
  ExitCode,
  type HarvestOptions,
  harvestEvents,
  isJournal,
  loadTrace,
  type RingOptions,
  sanitize,
  type TargetOptions,
  UsageError,
  writeOutputs,
} from '../../lib/public/command-line.js';
import { consoleLog } from '../console-log.js';
import { type Context, defineCommand } from '../context.js';
import { inputFile } from '../input-file.js';
import { positiveOption, secondsOption, sizeOption } from '../number-options.js';
import { targetOptions, withTargetOptions } from '../target-options.js';
import { captureToFolder, printOutputs } from './capture-to-folder.js';

/** The default command: capture a firmware, or finish what a crash interrupted when it is given a journal. */
export const harvestCommand = defineCommand({
  name: 'run [elf]',
  describe: 'Capture the heap events of a firmware until its REPL waits (or write the outputs of a journal)',
  examples: [
    ['harvest --until-repl -b metro_m0_express fw.elf', 'a board on a debug probe'],
    ['harvest --allocator auto --until main_loop fw.elf', 'any malloc, without a rebuild'],
    ['harvest capture.harvest', 'the outputs of a capture cut short'],
  ],
  options: (set) =>
    withTargetOptions(set)
      .positional('elf', { type: 'string', describe: 'the firmware (ELF), or a journal', values: 'input' })
      .option('until-repl', { type: 'boolean', describe: 'end where the REPL waits (the default)' })
      .option('until', { type: 'string', array: true, describe: 'end at SYMBOL or FILE:LINE' })
      .option('until-prompt', { type: 'string', describe: 'end when the console shows this text' })
      .option('serial', { type: 'string', describe: "the board's console: a port, id:SERIALNUMBER or auto" })
      .option('send', { type: 'string', array: true, describe: 'type this line at the prompt of the console' })
      .option('baud', { hidden: true, type: 'number', describe: "the rate of --serial (default: the board's)" })
      .option('dtr', { hidden: true, type: 'boolean', describe: '--serial: the level of DTR after opening' })
      .option('rts', { hidden: true, type: 'boolean', describe: '--serial: the level of RTS after opening' })
      .option('serial-log', {
        hidden: true,
        type: 'string',
        describe: "the console's lines into this file, each with the number of events before it",
      })
      .option('clock', {
        type: 'string',
        describe: "what tells the events' time: xTickCount@1000, SysTick@48M, DWT_CYCCNT@48M, icount",
      })
      .option('max-events', { type: 'number', describe: 'end after so many events' })
      .option('timeout', { type: 'number', describe: 'end, as incomplete, after so many seconds' })
      .option('allocator', {
        type: 'string',
        describe: 'follow malloc itself: auto, a profile or a profile file',
        values: 'allocator',
      })
      .option('hook', { type: 'string', array: true, describe: "one more function: 'pool_get(_, size)'" })
      .option('capture-largest', { type: 'boolean', describe: 'read the largest free block around each event' })
      .option('objects', {
        type: 'boolean',
        default: true,
        hidden: true,
        describe: 'read at the end who holds which block',
      })
      .option('backtrace-depth', { hidden: true, type: 'number', describe: 'frames kept of a backtrace', default: 128 })
      .option('ring', { type: 'number', describe: 'keep so many records only' })
      .option('stop-on-full', {
        type: 'boolean',
        describe: 'end when the ring is full (default); --no-: keep the newest',
      })
      .option('collapse-pairs', {
        hidden: true,
        type: 'boolean',
        describe: 'ring: drop an allocation with the free right behind it',
      })
      .option('min-size', {
        hidden: true,
        type: 'string',
        describe: 'ring: no backtrace for allocations below this size',
      })
      .option('skip-frees', { hidden: true, type: 'boolean', describe: 'ring: no backtrace for frees' })
      .option('engine', { choices: ENGINE_NAMES, describe: 'how to capture' })
      .option('one-write', {
        type: 'boolean',
        default: false,
        describe: 'direct engine: one round trip an event (docs)',
      })
      .option('gdb-python', {
        hidden: true,
        type: 'boolean',
        default: true,
        describe: "use gdb's Python where it has one",
      })
      .option('out', {
        type: 'string',
        alias: 'o',
        describe: 'the folder for the outputs (default: here; of a journal: beside it)',
      }),
  run: async (args, context) => {
    if (args.elf === undefined) {
      throw new UsageError('HH1106', 'harvest: found no ELF file, expected one', {
        remedy: '`harvest demo` shows it on a built-in firmware; `harvest --help` lists the commands',
      });
    }
    await using input = await inputFile(args.elf, 'HH1101');
    const beside = args.elf === '-' ? '.' : dirname(args.elf);
    if (await startsAsJournal(input.path)) return await finishJournal(input.path, args.out ?? beside, context);
    const out = args.out ?? '.';
    const target = targetOptions(args, context);
    const options: HarvestOptions = {
      elf: input.path,
      ...target,
      gdbPython: args.gdbPython,
      oneWrite: args.oneWrite,
      maxDepth: positiveOption('--backtrace-depth', args.backtraceDepth),
      signal: context.signal,
      until: args.until ?? [],
      ...defined({
        untilRepl: args.untilRepl,
        prompt: args.untilPrompt,
        serial: args.serial ?? context.env.HARVEST_SERIAL,
        baudRate: args.baud,
        dtr: args.dtr,
        rts: args.rts,
        send: args.send,
        engine: args.engine,
        allocator: args.allocator,
        clock: args.clock,
        hooks: args.hook,
        captureLargest: args.captureLargest,
        objects: args.objects,
        ring: ringOf(args),
        maxEvents: args.maxEvents === undefined ? undefined : positiveOption('--max-events', args.maxEvents),
        timeoutMs: args.timeout === undefined ? undefined : secondsOption('--timeout', args.timeout),
      }),
    };
    using log = consoleLog(args.serialLog, context);
    if (!context.quiet) context.err(`capturing ${sanitize(args.elf)} ${sanitize(whereOf(target))}\n`);
    const { outputs, exitCode } = await captureToFolder(
      harvestEvents({ ...options, onConsoleLine: log.line }),
      out,
      context,
    );
    printOutputs(outputs, context);
    if (!context.quiet && !context.json) nextStep(out, context);
    return exitCode;
  },
});

/** Which target a capture takes, and why that one. */
function whereOf({ board, gdbServer }: TargetOptions): string {
  if (board !== undefined)
    return `on ${typeof board === 'string' ? board : board.name}${gdbServer === undefined ? '' : ` behind ${gdbServer}`}`;
  if (gdbServer !== undefined) return `on what answers at ${gdbServer}`;
  return 'on the emulated board qemu-mps2-an385: neither --board nor --gdb-server is given (harvest boards lists others)';
}

async function startsAsJournal(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return false;
  try {
    const { buffer } = await file.read(new Uint8Array(16), 0, 16, 0);
    return isJournal(buffer);
  } finally {
    await file.close();
  }
}

async function finishJournal(path: string, folder: string, context: Context): Promise<ExitCode> {
  const { builder } = await loadTrace(path, { signal: context.signal, skipSamples: true });
  const trace = builder.build();
  const outputs = await writeOutputs(trace, folder);
  printOutputs(outputs, context);
  if (!context.quiet && !context.json) nextStep(folder, context);
  return trace.info.complete ? ExitCode.ok : ExitCode.partial;
}

function nextStep(folder: string, context: Context): void {
  context.err(
    `written to ${sanitize(folder)}; next: harvest tree ${folder === '.' ? '' : `${sanitize(folder)}/`}capture.harvest\n`,
  );
}

interface RingArgs {
  readonly ring?: number | undefined;
  readonly stopOnFull?: boolean | undefined;
  readonly collapsePairs?: boolean | undefined;
  readonly minSize?: string | undefined;
  readonly skipFrees?: boolean | undefined;
}

function ringOf({ ring, stopOnFull, collapsePairs, minSize, skipFrees }: RingArgs): RingOptions | undefined {
  const minSizeBytes = minSize === undefined ? undefined : sizeOption('--min-size', minSize);
  const options = defined({ stopOnFull, collapsePairs, minSizeBytes, skipFrees });
  if (ring !== undefined) return { records: ring, ...options };
  if (Object.keys(options).length === 0) return undefined;
  throw new UsageError(
    'HH1194',
    `harvest: found ${Object.keys(options).join(', ')} without --ring, expected --ring N`,
    {
      remedy: 'add --ring N, or leave the option out',
    },
  );
}
