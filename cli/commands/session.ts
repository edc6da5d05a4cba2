import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  durableSelector,
  ExitCode,
  HarvestError,
  journalBytes,
  loadFirmware,
  makeOutputFolder,
  NodeMcuSession,
  OUTPUT_FILES,
  openSerialPort,
  recordsOf,
  reopenSerialPort,
  type SessionMode,
  symbolized,
  TraceBuilder,
  UsageError,
  writeOutputs,
  writeWhole,
} from '../../lib/index.js';
import { type Context, defineCommand } from '../context.js';
import { printOutputs } from './capture-to-folder.js';

const HELP = `init N            make room for N records
start leaks|all   begin tracing
stop, resume      stop tracing, go on
dump              show what was recorded and write it to --out
lua STATEMENT     run a statement on the board (the action under test)
state, help, quit
`;
const WORDS = ['init ', 'start leaks', 'start all', 'stop', 'resume', 'dump', 'lua ', 'state', 'help', 'quit'];

/** Heap tracing on a live board, one command a line: typed, or from a pipe. */
export const sessionCommand = defineCommand({
  name: 'session',
  describe: 'Trace the heap of a live board step by step: init, start, stop, dump, resume',
  examples: [
    ['harvest session --nodemcu /dev/ttyUSB0', 'interactive; `help` lists the commands'],
    ["printf 'init 100\\nstart all\\nlua f()\\nstop\\ndump\\n' | harvest session --nodemcu COM3", 'from a script'],
  ],
  options: (yargs) =>
    yargs
      .option('nodemcu', { type: 'string', describe: 'the serial port of a NodeMCU board (Lua REPL)' })
      .option('baud', { type: 'number', default: 115_200, describe: 'the rate of the port' })
      .option('elf', { type: 'string', describe: 'the firmware, to name addresses' })
      .option('hide-typing', { type: 'boolean', default: false, describe: 'leave out what typing commands allocates' })
      .option('timeout', { type: 'number', default: 3, describe: 'seconds of silence before a command is given up' })
      .option('out', { type: 'string', alias: 'o', default: '.', describe: 'the folder for the outputs of dump' }),
  run: async (args, context) => {
    if (args.nodemcu === undefined)
      throw new UsageError('HH1106', 'harvest session: found no port, expected --nodemcu PORT');
    const path = args.nodemcu;
    const options = { baudRate: args.baud, signal: context.signal };
    const selector = await durableSelector(path);
    await using session = await NodeMcuSession.open(await openSerialPort(path, options), {
      idleTimeoutMs: args.timeout * 1000,
      hideTyping: args.hideTyping,
      signal: context.signal,
      reopen: () => reopenSerialPort(selector, options),
    });
    // Awaited here: the port is closed when this function is left.
    return await new Prompt(session, args, context).run();
  },
});

class Prompt {
  private complete = true;
  private told = 0;

  constructor(
    private readonly session: NodeMcuSession,
    private readonly args: { readonly out: string; readonly elf?: string | undefined },
    private readonly context: Context,
  ) {}

  async run(): Promise<ExitCode> {
    const { context } = this;
    const terminal = context.live && process.stdin.isTTY === true;
    const completer = (line: string): [string[], string] => [WORDS.filter((word) => word.startsWith(line)), line];
    const lines = createInterface({
      input: process.stdin,
      output: process.stderr,
      terminal,
      completer,
      prompt: 'heap> ',
    });
    context.signal.addEventListener('abort', () => lines.close(), { once: true });
    let failed: ExitCode = ExitCode.ok;
    if (terminal) lines.prompt();
    for await (const line of lines) {
      try {
        if (!(await this.step(line.trim()))) break;
      } catch (error) {
        // At a terminal one goes on; a script must not.
        if (!(error instanceof HarvestError) || !terminal) throw error;
        context.err(`${error.message}\n${error.remedy === undefined ? '' : `${error.remedy}\n`}`);
        failed = error.exitCode;
      }
      for (; this.told < this.session.warnings.length; this.told++)
        context.err(`${this.session.warnings[this.told]}\n`);
      if (terminal) lines.prompt();
    }
    lines.close();
    if (context.signal.aborted) return ExitCode.interrupted;
    return failed === ExitCode.ok && !this.complete ? ExitCode.partial : failed;
  }

  /** False ends the session. */
  private async step(line: string): Promise<boolean> {
    const { session, context } = this;
    const [word = '', ...rest] = line.split(/\s+/);
    switch (word) {
      case '':
        break;
      case 'init':
        await session.init(Number(rest[0] ?? 100));
        break;
      case 'start':
        await session.start(modeOf(rest[0] ?? 'all'));
        break;
      case 'stop':
        await session.stop();
        break;
      case 'resume':
        await session.resume();
        break;
      case 'dump':
        await this.dump();
        break;
      case 'lua':
        context.out(await session.run(line.slice(3).trim()));
        break;
      case 'state':
        context.out(`${session.state}\n`);
        break;
      case 'help':
        context.out(HELP);
        break;
      case 'quit':
      case 'exit':
        return false;
      default:
        throw new UsageError('HH1110', `session: '${word}': no such command`, { remedy: 'help lists them' });
    }
    return true;
  }

  private async dump(): Promise<void> {
    const { out, elf } = this.args;
    const builder = new TraceBuilder();
    const records = recordsOf(await this.session.dump());
    const named = elf === undefined ? records : symbolized(records, await loadFirmware(elf));
    for await (const record of named) builder.add(record);
    await makeOutputFolder(out);
    await writeWhole(join(out, OUTPUT_FILES.journal), journalBytes(builder));
    const trace = builder.build();
    printOutputs(await writeOutputs(trace, out), this.context);
    this.complete &&= trace.info.complete;
  }
}

function modeOf(text: string): SessionMode {
  if (text === 'leaks' || text === 'all') return text;
  throw new UsageError('HH1110', `session: start ${text}: expected start leaks or start all`);
}
