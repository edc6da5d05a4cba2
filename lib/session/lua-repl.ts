import type { Milliseconds } from '../base/units.js';
import { DeviceLostError, TargetError } from '../errors/errors.js';
import type { ByteLink } from '../stream/byte-link.js';

export interface LuaReplOptions {
  /** For an answer that stays silent; each byte of output starts it anew. */
  readonly idleTimeoutMs?: Milliseconds;
  /** What the REPL prints when it is ready; `> ` unless it was changed. */
  readonly prompt?: string;
  readonly signal?: AbortSignal;
}

/** How a command ended: its output without echo, or the message of a Lua error. */
export type LuaResult =
  | { readonly kind: 'done'; readonly output: string }
  | { readonly kind: 'error'; readonly message: string; readonly output: string };

const DEFAULT_IDLE_MS = 3_000;
/** The REPL's line buffer is 256 bytes on the builds that are common. */
const MAX_LINE_BYTES = 254;
/** Output of one command that is kept; a dump of 10,000 records with 32 callers has about 4 MB. */
const MAX_OUTPUT_CHARS = 16 * 1024 * 1024;
/** How often an unfinished statement is closed before giving up. */
const SYNC_TRIES = 8;
/** Only the end of what arrived can complete something that we wait for. */
const TAIL_CHARS = 512;

/** Boot messages of the ROM and the boot loader, at the start of a line: the board was reset. */
const RESET = /^(?:ESP-ROM:esp32|rst:0x[0-9a-f]+ \(|ets [A-Z][a-z]{2} +\d+ 20\d\d)/m;
const LUA_ERROR = /Lua error:\s*([^\r\n]*)/;

/**
 * Runs statements on NodeMCU's interactive Lua over a serial line. Each is wrapped so that its success prints a sentinel which
 * the echo cannot contain (`"@@E"..7` echoes as typed and prints `@@E7`); so neither echo, prompts nor output of other
 * tasks in between can be taken for the answer.
 */
export class LuaRepl {
  private sentinels = 0;
  /** Text after the last thing that was recognised. */
  private pending = '';
  /** Where in `pending` the sentinel or the error stands; -1 before it has come. */
  private answerAt = -1;
  private outOfStep = false;
  private readonly decoder = new TextDecoder('utf-8');
  private readonly prompt: string;
  private readonly idleTimeoutMs: Milliseconds;

  constructor(
    private readonly link: ByteLink,
    private readonly options: LuaReplOptions = {},
  ) {
    this.prompt = options.prompt ?? '> ';
    this.idleTimeoutMs = options.idleTimeoutMs ?? DEFAULT_IDLE_MS;
  }

  /**
   * Brings the REPL to its prompt, out of a half-typed statement if need be.
   * @throws TargetError HH1610 when no prompt comes, DeviceLostError.
   */
  async sync(): Promise<void> {
    let send = '\n';
    for (let attempt = 0; attempt < SYNC_TRIES; attempt++) {
      this.pending = '';
      await this.link.write(send);
      const text = await this.readUntil((seen) => this.atPrompt(seen) || />> $/.test(seen));
      if (text !== undefined && this.atPrompt(text)) {
        this.outOfStep = false;
        return;
      }
      // `>> `: a statement is open. One of the two closes it, or makes it an error, which ends it as well.
      send = attempt % 2 === 0 ? 'end\n' : ')\n';
      if (text === undefined) send = '\n';
    }
    throw new TargetError('HH1610', `${this.link.name}: found no prompt, expected '${this.prompt}' of the Lua REPL`, {
      remedy: 'check the baud rate, and that no program keeps the REPL busy (reset the board)',
    });
  }

  /**
   * Runs one statement. Output of other tasks may be in `output`.
   * @throws TargetError HH1611 (too long), HH1612 (no answer), HH1613 (the board was reset); DeviceLostError.
   */
  async run(statement: string): Promise<LuaResult> {
    const id = ++this.sentinels;
    const line = `${statement} print("@@E"..${id})\n`;
    if (Buffer.byteLength(line) > MAX_LINE_BYTES || /[\r\n]/.test(statement))
      throw new TargetError('HH1611', `${this.link.name}: ${line.length} characters, expected one line below 255`);
    if (this.outOfStep) await this.sync();
    this.pending = '';
    this.answerAt = -1;
    await this.link.write(line);
    const sentinel = `@@E${id}`;
    const text = await this.readUntil((seen, from) => this.finished(seen, sentinel, from));
    if (text === undefined) {
      // Its answer may still come, and must not be taken for the next one's.
      this.outOfStep = true;
      throw this.silent(statement);
    }
    return this.resultOf(text, sentinel, id);
  }

  /**
   * Whether an answer has ended: its sentinel or an error, and a prompt at the start of a later line. Output of other tasks may
   * stand behind the prompt already. `from`: where what is new since the last look begins.
   */
  private finished(seen: string, sentinel: string, from: number): boolean {
    const start = Math.max(0, from - TAIL_CHARS);
    if (this.answerAt < 0) {
      const at = seen.indexOf(sentinel, start);
      this.answerAt = at >= 0 ? at : start + seen.slice(start).search(LUA_ERROR);
      if (this.answerAt < start) this.answerAt = -1;
    }
    if (this.answerAt < 0) return RESET.test(seen.slice(start));
    return stripEscapes(seen.slice(Math.max(this.answerAt, start))).includes(`\n${this.prompt}`);
  }

  private resultOf(text: string, sentinel: string, id: number): LuaResult {
    const clean = stripEscapes(text);
    const end = clean.indexOf(sentinel);
    const error = LUA_ERROR.exec(clean);
    if (end < 0 && !error && RESET.test(clean))
      throw new TargetError('HH1613', `${this.link.name}: the board was reset, expected it to answer`, {
        remedy: 'tracing has to be initialised again',
      });
    const echo = clean.indexOf(`"@@E"..${id})`);
    const from = echo < 0 ? 0 : echo + `"@@E"..${id})`.length;
    if (end >= 0) return { kind: 'done', output: clean.slice(from, end).replace(/^\r?\n/, '') };
    return { kind: 'error', message: error?.[1]?.trim() ?? '', output: clean.slice(from, error?.index) };
  }

  private atPrompt(seen: string): boolean {
    const text = stripEscapes(seen.slice(-TAIL_CHARS));
    return text === this.prompt || text.endsWith(`\n${this.prompt}`);
  }

  /** Reads until `enough`; undefined when nothing came for the idle time-out. */
  private async readUntil(enough: (seen: string, from: number) => boolean): Promise<string | undefined> {
    const { signal } = this.options;
    for (;;) {
      const next = await this.link.read({ timeoutMs: this.idleTimeoutMs, ...(signal ? { signal } : {}) });
      if (next.kind === 'timeout') return undefined;
      if (next.kind === 'closed') throw new DeviceLostError('HH1608', `${this.link.name}: the port was closed`);
      const from = this.pending.length;
      this.pending += this.decoder.decode(next.bytes, { stream: true });
      if (this.pending.length > MAX_OUTPUT_CHARS)
        throw new TargetError('HH1614', `${this.link.name}: more than ${MAX_OUTPUT_CHARS} characters without an end`);
      if (enough(this.pending, from)) return this.pending;
    }
  }

  private silent(statement: string): TargetError {
    const last = JSON.stringify(stripEscapes(this.pending).slice(-80));
    return new TargetError(
      'HH1612',
      `${this.link.name}: ${statement}: found ${last} and then nothing for ${this.idleTimeoutMs} ms, expected an answer`,
      { remedy: 'the board may hang or be busy: reset it; a slow one needs a longer time-out' },
    );
  }

  /** What had arrived when a command was given up: a dump's beginning is worth keeping. */
  get unfinished(): string {
    return stripEscapes(this.pending);
  }
}

/** Removes terminal escape sequences (CSI, OSC, two-character ones), which status bars mix into output. */
function stripEscapes(text: string): string {
  return text.includes(ESC) ? text.replace(ESCAPES, '') : text;
}

const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
const ESCAPES = new RegExp(
  `${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)|[@-Z\\\\^_=>])`,
  'g',
);
