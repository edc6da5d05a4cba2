import {
  defined,
  durableSelector,
  ENGINE_NAMES,
  type HeapTraceSession,
  LiveHeapSession,
  loadFirmware,
  NodeMcuSession,
  openSerialPort,
  reopenSerialPort,
  UsageError,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { secondsOption } from '../number-options.js';
import { type TargetArgs, targetOptions, withTargetOptions } from '../target-options.js';
import { SessionPrompt } from './session-prompt.js';

/** Heap tracing on a live board or emulator, one command a line: typed, or from a pipe. */
export const sessionCommand = defineCommand({
  name: 'session [elf]',
  describe: 'Trace the heap of a live target step by step: init, start, stop, dump, resume',
  examples: [
    ['harvest session firmware.elf --board metro_m0_express', 'interactive; `help` lists the commands'],
    ["printf 'init 100\\nstart all\\nlua f()\\nstop\\ndump\\n' | harvest session --nodemcu COM3", 'from a script'],
    ["printf 'init\\nstart\\nwait >>>\\ntype (f)\\ndump\\n' | harvest session firmware.elf", 'an emulated firmware'],
  ],
  options: (set) =>
    withTargetOptions(set)
      .positional('elf', { type: 'string', describe: 'the firmware (ELF); with --nodemcu: to name addresses' })
      .option('allocator', {
        type: 'string',
        describe: 'follow malloc itself: auto, a profile or a profile file',
        values: 'allocator',
      })
      .option('engine', { choices: ENGINE_NAMES, describe: 'how to capture' })
      .option('rolling', { type: 'boolean', default: false, describe: 'full records: go on with the newest events' })
      .option('nodemcu', { type: 'string', describe: 'the serial port of a NodeMCU board (Lua REPL)' })
      .option('baud', { type: 'number', default: 115_200, describe: 'the rate of the port' })
      .option('hide-typing', { type: 'boolean', default: false, describe: 'leave out what typing commands allocates' })
      .option('timeout', { type: 'number', describe: 'seconds before a command is given up (NodeMCU: of silence)' })
      .option('out', { type: 'string', alias: 'o', default: '.', describe: 'the folder for the outputs of dump' }),
  run: async (args, context) => {
    await using session = await openSession(args, context);
    // Awaited here: the target is let go when this function is left.
    return await new SessionPrompt(session, args, context).run();
  },
});

interface SessionArgs extends TargetArgs {
  readonly elf?: string | undefined;
  readonly allocator?: string | undefined;
  readonly engine?: (typeof ENGINE_NAMES)[number] | undefined;
  readonly rolling: boolean;
  readonly nodemcu?: string | undefined;
  readonly baud: number;
  readonly hideTyping: boolean;
  readonly timeout?: number | undefined;
}

async function openSession(args: SessionArgs, context: Context): Promise<HeapTraceSession> {
  if (args.nodemcu !== undefined) return openNodeMcu(args.nodemcu, args, context);
  if (args.elf === undefined)
    throw new UsageError('HH1106', 'harvest session: found no target, expected an ELF file or --nodemcu PORT');
  if (args.elf === '-')
    throw new UsageError('HH1119', 'harvest session: found - as the ELF file: standard input has the commands', {
      remedy: 'name the ELF file',
    });
  // The capture opens it at the first start only: what is not there is told before anybody types.
  await loadFirmware(args.elf);
  const { allocator, engine } = args;
  return LiveHeapSession.onTarget({
    elf: args.elf,
    ...targetOptions(args, context),
    rolling: args.rolling,
    signal: context.signal,
    ...defined({ allocator, engine }),
  });
}

async function openNodeMcu(path: string, args: SessionArgs, { signal }: Context): Promise<NodeMcuSession> {
  const options = { baudRate: args.baud, signal };
  const selector = await durableSelector(path);
  return NodeMcuSession.open(await openSerialPort(path, options), {
    idleTimeoutMs: secondsOption('--timeout', args.timeout ?? 3),
    hideTyping: args.hideTyping,
    signal,
    reopen: () => reopenSerialPort(selector, options),
  });
}
