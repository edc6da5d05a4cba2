import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  ExitCode,
  HarvestError,
  type HeapTraceSession,
  journalBytes,
  LiveHeapSession,
  loadFirmware,
  makeOutputFolder,
  NodeMcuSession,
  OUTPUT_FILES,
  type SessionMode,
  sanitize,
  symbolizedTrace,
  UsageError,
  writeOutputs,
  writeWhole,
} from '../../lib/public/command-line.js';
import type { Context } from '../context.js';
import { secondsOption } from '../number-options.js';
import { printOutputs } from './capture-to-folder.js';

const COMMON = [
  ['init N', 'make room for N records'],
  ['start leaks|all', 'empty the records and trace; the first time a firmware is run'],
  ['stop, resume', 'stop tracing, go on'],
  ['dump', 'show what was recorded and write it to --out'],
] as const;
const LIVE = [
  ['mark NAME', 'name this moment: leaks and phases go from mark to mark'],
  ['type TEXT', "type a line at the firmware's console (emulators)"],
  ['wait TEXT', 'show what the console shows, up to this text'],
] as const;
const NODEMCU = [['lua STATEMENT', 'run a statement on the board (the action under test)']] as const;
const REST = [['status, help, quit', '']] as const;

const COMMON_WORDS = ['init ', 'start leaks', 'start all', 'stop', 'resume', 'dump', 'status', 'help', 'quit'];
const DEFAULT_RECORDS = { live: 100_000, nodemcu: 100 };
const DEFAULT_WAIT_S = 30;

export interface SessionPromptArgs {
  readonly out: string;
  /** The firmware, to name the addresses that a NodeMCU board sends. */
  readonly elf?: string | undefined;
  /** Seconds that `wait` waits. */
  readonly timeout?: number | undefined;
}

/** Runs a session's commands from standard input, with completion at a terminal. */
export class SessionPrompt {
  private complete = true;
  private told = 0;
  private readonly live: LiveHeapSession | undefined;

  constructor(
    private readonly session: HeapTraceSession,
    private readonly args: SessionPromptArgs,
    private readonly context: Context,
  ) {
    this.live = session instanceof LiveHeapSession ? session : undefined;
  }

  async run(): Promise<ExitCode> {
    const { context } = this;
    await makeOutputFolder(this.args.out);
    const terminal = context.live && process.stdin.isTTY === true;
    const completer = (line: string) => completeCommand(line, this.live ? 'live' : 'nodemcu');
    const options = { terminal, completer, prompt: 'heap> ' };
    const lines = createInterface({ input: process.stdin, output: process.stderr, ...options });
    context.signal.addEventListener('abort', () => lines.close(), { once: true });
    let failed: ExitCode = ExitCode.ok;
    if (terminal) lines.prompt();
    for await (const line of lines) {
      try {
        if (!(await this.step(line.trim()))) break;
      } catch (error) {
        if (context.signal.aborted) break;
        // At a terminal one goes on; a script must not.
        if (!(error instanceof HarvestError) || !terminal) throw error;
        context.err(`${sanitize(error.message)}\n${error.remedy === undefined ? '' : `${sanitize(error.remedy)}\n`}`);
        failed = error.exitCode;
      }
      this.tellWarnings();
      if (terminal) lines.prompt();
    }
    lines.close();
    if (context.signal.aborted) return ExitCode.interrupted;
    return failed === ExitCode.ok && !this.complete ? ExitCode.partial : failed;
  }

  private tellWarnings(): void {
    const { warnings } = this.session;
    for (; this.told < warnings.length; this.told++) this.context.err(`${sanitize(warnings[this.told] ?? '')}\n`);
  }

  /** False ends the session. */
  private async step(line: string): Promise<boolean> {
    const { session, context } = this;
    const [, word = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(line) ?? [];
    switch (word) {
      case '':
        break;
      case 'init':
        await session.init(rest === '' ? this.defaultRecords() : Number(rest));
        break;
      case 'start':
        await session.start(modeOf(rest || 'all'));
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
      case 'status':
      case 'state':
        context.out(`${this.status()}\n`);
        break;
      case 'help':
        context.out(this.help());
        break;
      case 'quit':
      case 'exit':
        return false;
      default:
        await this.stepOfKind(word, rest);
    }
    return true;
  }

  /** The commands that only one kind of session has. */
  private async stepOfKind(word: string, rest: string): Promise<void> {
    const { session, live, context } = this;
    if (live && word === 'mark') await live.mark(named(word, rest));
    else if (live && word === 'type') await live.type(rest);
    else if (live && word === 'wait') await this.wait(live, named(word, rest));
    else if (session instanceof NodeMcuSession && word === 'lua') context.out(await session.run(rest));
    else throw new UsageError('HH1110', `session: '${sanitize(word)}': no such command`, { remedy: 'help lists them' });
  }

  private async wait(live: LiveHeapSession, text: string): Promise<void> {
    const timeoutMs = secondsOption('--timeout', this.args.timeout ?? DEFAULT_WAIT_S);
    const shown = await live.console.until(text, { timeoutMs });
    this.context.err(`${shown.split(/\r?\n/).map(sanitize).join('\n')}\n`);
  }

  private status(): string {
    const { live, session } = this;
    return live && session.state !== 'none' ? `${live.state}, ${live.events} events since start` : session.state;
  }

  private help(): string {
    const rows = [...COMMON, ...(this.live ? LIVE : NODEMCU), ...REST];
    return rows
      .map(([command, what]) => `${command.padEnd(18)}${what}`.trimEnd())
      .join('\n')
      .concat('\n');
  }

  private defaultRecords(): number {
    return this.live ? DEFAULT_RECORDS.live : DEFAULT_RECORDS.nodemcu;
  }

  private async dump(): Promise<void> {
    const { out, elf } = this.args;
    const dumped = await this.session.dump();
    // A firmware's backtraces have their names already.
    const trace = elf === undefined || this.live ? dumped : symbolizedTrace(dumped, await loadFirmware(elf));
    await writeWhole(join(out, OUTPUT_FILES.journal), journalBytes(trace));
    printOutputs(await writeOutputs(trace, out), this.context);
    this.complete &&= trace.info.complete;
  }
}

/** What readline asks for at TAB: the commands that begin with the line so far, and the line. */
export function completeCommand(line: string, kind: 'live' | 'nodemcu'): [matches: string[], line: string] {
  const words = [...COMMON_WORDS, ...(kind === 'live' ? ['mark ', 'type ', 'wait '] : ['lua '])];
  return [words.filter((word) => word.startsWith(line)), line];
}

function modeOf(text: string): SessionMode {
  if (text === 'leaks' || text === 'all') return text;
  throw new UsageError('HH1110', `session: start ${sanitize(text)}: expected start leaks or start all`);
}

function named(word: string, rest: string): string {
  if (rest !== '') return rest;
  throw new UsageError('HH1110', `session: ${word}: expected a text behind it`);
}
