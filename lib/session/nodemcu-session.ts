import { DeviceLostError, TargetError, UsageError } from '../errors/errors.js';
import { EspHeapTraceDecoder } from '../formats/esp-idf-heap-trace.js';
import type { ByteLink } from '../stream/byte-link.js';
import { hideTyping, type TypedAllocation, typedAllocations } from '../stream/hide-typing.js';
import type { Trace } from '../trace/trace.js';
import { TraceBuilder } from '../trace/trace-builder.js';
import { LuaRepl, type LuaReplOptions, type LuaResult } from './lua-repl.js';
import type { HeapTraceSession, SessionMode, SessionState } from './session.js';

/** How the Lua console of a NodeMCU is reached. */
export interface NodeMcuOptions extends LuaReplOptions {
  /** Opens the port again after it has vanished; absent: a vanished port ends the session. */
  readonly reopen?: () => Promise<ByteLink>;
  /**
   * Measures, before each start, what typing the session's own commands allocates, and leaves that out of dumps.
   * It costs one empty capture each time.
   */
  readonly hideTyping?: boolean;
}

/** ESP-IDF's ESP_ERR_INVALID_STATE. */
const INVALID_STATE = 259;
/** A Lua global that a reset forgets: it tells whether a board that was away still traces. */
const MARK = 'harvest_mark';
const MODES: Readonly<Record<SessionMode, string>> = { leaks: 'heaptrace.TRACE_LEAKS', all: 'heaptrace.TRACE_ALL' };

/** Lua commands may be sent again after the port was away, when they only ask for a state that may be there already. */
type Repeatable = 'repeatable' | 'once';

/**
 * ESP-IDF heap tracing through the Lua REPL of a NodeMCU board.
 * Order on the device: init, collectgarbage, start, [action], collectgarbage, stop, dump, resume.
 *
 * @example await using session = await NodeMcuSession.open(await openSerialPort('/dev/ttyUSB0'));
 */
export class NodeMcuSession implements HeapTraceSession {
  readonly warnings: string[] = [];
  private current: SessionState = 'none';
  private records = 0;
  private mark = '';
  private closed = false;
  private typing: readonly TypedAllocation[] = [];
  private repl: LuaRepl;

  private constructor(
    private link: ByteLink,
    private readonly options: NodeMcuOptions,
  ) {
    this.repl = new LuaRepl(link, options);
  }

  /** Takes over the link and waits for the prompt. @throws TargetError HH1610 when there is none; the link is closed then. */
  static async open(link: ByteLink, options: NodeMcuOptions = {}): Promise<NodeMcuSession> {
    const session = new NodeMcuSession(link, options);
    try {
      await session.repl.sync();
    } catch (error) {
      await link.close();
      throw error;
    }
    return session;
  }

  get state(): SessionState {
    return this.current;
  }

  async init(records: number): Promise<void> {
    if (!Number.isSafeInteger(records) || records < 1)
      throw new UsageError('HH1615', `init: found ${records} records, expected at least 1`);
    const before = this.current;
    this.current = 'none';
    this.mark = `m${Date.now().toString(36)}`;
    await this.done('init', `${MARK}="${this.mark}" heaptrace.init(${records})`, 'once');
    this.records = records;
    if (before === 'running') this.warnings.push('init: tracing was running; its records are gone');
    this.current = 'ready';
  }

  /** Starts with an empty buffer, whatever was recorded before. */
  async start(mode: SessionMode): Promise<void> {
    this.require('start', ['ready', 'stopped']);
    if (this.options.hideTyping) this.typing = await this.measureTyping(mode);
    await this.begin(mode);
  }

  async stop(): Promise<void> {
    this.require('stop', ['running', 'stopped']);
    await this.collect();
    const result = await this.command('heaptrace.stop()', 'repeatable');
    if (result.kind === 'error') this.tolerate('stop', result.message, 'tracing was already stopped');
    this.current = 'stopped';
  }

  async resume(): Promise<void> {
    this.require('resume', ['running', 'stopped']);
    const result = await this.command('heaptrace.resume()', 'repeatable');
    if (result.kind === 'error') this.tolerate('resume', result.message, 'tracing was already running');
    this.current = 'running';
  }

  /** A dump that breaks off gives what had arrived, with a gap. */
  async dump(): Promise<Trace> {
    this.require('dump', ['ready', 'running', 'stopped']);
    const trace = this.decode(await this.dumpText());
    return this.options.hideTyping ? hideTyping(trace, this.typing) : trace;
  }

  /** Runs a statement of the user's, the action under test for example, and resolves to its output. @throws TargetError HH1617 */
  async run(statement: string): Promise<string> {
    return this.done('run', statement, 'once');
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.link.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async begin(mode: SessionMode): Promise<void> {
    await this.collect();
    await this.done('start', `heaptrace.start(${MODES[mode]})`, 'once');
    this.current = 'running';
  }

  /** An empty capture with the commands that every capture has: what they allocate is typing, not the action. */
  private async measureTyping(mode: SessionMode): Promise<readonly TypedAllocation[]> {
    await this.begin(mode);
    await this.stop();
    const typed = typedAllocations(this.decode(await this.dumpText()));
    await this.init(this.records);
    return typed;
  }

  private async collect(): Promise<void> {
    await this.done('collectgarbage', 'collectgarbage()', 'repeatable');
  }

  private async dumpText(): Promise<{ readonly text: string; readonly broken?: string }> {
    try {
      return { text: await this.done('dump', 'heaptrace.dump()', 'repeatable') };
    } catch (error) {
      const text = this.repl.unfinished;
      const silent = error instanceof TargetError && (error.code === 'HH1612' || error.code === 'HH1613');
      if (!silent || !/Heap Trace:|allocations trace/.test(text)) throw error;
      return { text, broken: error.message };
    }
  }

  private decode({ text, broken }: { readonly text: string; readonly broken?: string }): Trace {
    const builder = new TraceBuilder();
    const decoder = new EspHeapTraceDecoder(builder, { subject: `${this.link.name}: dump` });
    decoder.push(new TextEncoder().encode(text));
    decoder.end();
    if (broken !== undefined) builder.add({ kind: 'gap', reason: broken });
    return builder.build();
  }

  private require(what: string, states: readonly SessionState[]): void {
    if (states.includes(this.current)) return;
    throw new TargetError(
      'HH1616',
      `${what}: the session is in state '${this.current}', expected ${states.join(' or ')}`,
      {
        remedy: this.current === 'none' ? 'init comes first' : 'see `harvest session --help` for the order',
      },
    );
  }

  /** Output of a command that must succeed. @throws TargetError HH1617 */
  private async done(what: string, statement: string, repeatable: Repeatable): Promise<string> {
    const result = await this.command(statement, repeatable);
    if (result.kind === 'done') return result.output;
    throw refused(what, result.message);
  }

  private tolerate(what: string, message: string, warning: string): void {
    const code = Number(/code (\d+)/.exec(message)?.[1]);
    if (code !== INVALID_STATE) throw refused(what, message);
    this.warnings.push(`${what}: ${warning}`);
  }

  private async command(statement: string, repeatable: Repeatable): Promise<LuaResult> {
    try {
      return await this.repl.run(statement);
    } catch (error) {
      if (error instanceof TargetError && error.code === 'HH1613') {
        this.current = 'none';
        await this.repl.sync();
        throw error;
      }
      if (!(error instanceof DeviceLostError) || !this.options.reopen || this.closed) throw error;
      await this.reconnect(this.options.reopen, error);
      if (repeatable === 'repeatable') return this.repl.run(statement);
      throw error;
    }
  }

  /** A port that came back may hide a board that was reset: only one that still knows our mark goes on tracing. */
  private async reconnect(reopen: () => Promise<ByteLink>, lost: DeviceLostError): Promise<void> {
    await this.link.close();
    this.link = await reopen();
    this.repl = new LuaRepl(this.link, this.options);
    await this.repl.sync();
    const kept = await this.repl.run(`print("@@M"..tostring(${MARK}))`);
    if (this.current === 'none' || kept.output.includes(`@@M${this.mark}`)) {
      this.warnings.push(`${this.link.name}: the port was away; the board went on`);
      return;
    }
    this.current = 'none';
    throw new DeviceLostError('HH1618', `${this.link.name}: the port came back, but the board was reset meanwhile`, {
      cause: lost,
      remedy: 'tracing has to be initialised again',
    });
  }
}

/** Lua's message without the place in the typed line; a missing module gets its remedy. */
function refused(what: string, message: string): TargetError {
  const text = message.replace(/^stdin:\d+:\s*/, '');
  const remedy = /attempt to index/.test(text)
    ? 'the firmware has no heaptrace module: build it with CONFIG_NODEMCU_CMODULE_HEAPTRACE'
    : 'out of memory' === text
      ? 'ask for fewer records'
      : undefined;
  return new TargetError('HH1617', `${what}: the board answered '${text}'`, remedy === undefined ? {} : { remedy });
}
