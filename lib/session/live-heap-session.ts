import { setTimeout as sleep } from 'node:timers/promises';
import type { Milliseconds } from '../base/units.js';
import { type ConsoleWait, TargetConsole } from '../capture/console/target-console.js';
import { type HarvestOptions, harvestEvents } from '../capture/harvest-events.js';
import { GraphRequests } from '../capture/objects/graph-requests.js';
import { DeviceLostError, errorMessage, TargetError, UsageError } from '../errors/errors.js';
import { HeapRing } from '../ring/heap-ring.js';
import { LeakBuffer } from '../ring/leak-buffer.js';
import { MAX_RING_RECORDS } from '../ring/ring-options.js';
import { traceOf } from '../trace/collect-trace.js';
import { isHeapEvent, type TraceRecord } from '../trace/heap-event.js';
import type { Trace } from '../trace/trace.js';
import type { HeapTraceSession, SessionMode, SessionState } from './session.js';

/** What a session keeps, and how it is named. */
export interface LiveSessionOptions {
  /** Aborting it must end the records; disposing the session does that. */
  readonly end?: AbortController;
  /** What the records' capture was given, to type at the target. */
  readonly console?: TargetConsole;
  /** What the records' capture was given, to read who holds which block at marks and dumps. @internal */
  readonly graphs?: GraphRequests;
  /** In mode `all`: go on with the newest events when the records are full; default false, which stops then. */
  readonly rolling?: boolean;
  /** Frames kept of each backtrace; default 128. */
  readonly maxDepth?: number;
  /** Before stop, mark and dump the session waits until no event has come for so long; default 250 ms. */
  readonly settleMs?: Milliseconds;
}

/** What a session on a target takes: a capture's options without its ends, which `stop` replaces. */
export type TargetSessionOptions = Omit<
  HarvestOptions,
  'untilRepl' | 'until' | 'prompt' | 'send' | 'maxEvents' | 'ring' | 'console' | 'graphs'
> &
  Omit<LiveSessionOptions, 'end' | 'console' | 'graphs'>;

const DEFAULT_SETTLE_MS: Milliseconds = 250;
/** A target that never rests is waited for no longer than so many times the time to settle. */
const MAX_SETTLES = 8;

/**
 * Heap tracing on a firmware behind a debug server, step by step. The first `start` runs the target; from then on it runs until the
 * session is disposed. `stop` stops recording, not the target: what happens until `resume` is a gap, with the number of events.
 *
 * @example
 * await using session = LiveHeapSession.onTarget({ elf: 'firmware.elf', board: 'qemu-mps2-an385' });
 * await session.init(10_000);
 * await session.start('all');
 * await session.console.until('>>> ');
 * await session.type('(work)', '>>> ');
 * const trace = await session.dump();
 */
export class LiveHeapSession implements HeapTraceSession {
  readonly warnings: string[] = [];
  readonly console: TargetConsole;
  private current: SessionState = 'none';
  private mode: SessionMode = 'all';
  private ring: HeapRing | undefined;
  private leaks: LeakBuffer | undefined;
  private readonly iterator: AsyncIterator<TraceRecord>;
  private pump: Promise<void> | undefined;
  private over: { readonly error?: unknown } | undefined;
  private lastRecordAt = 0;
  private full = false;
  private eventCount = 0;

  /** `records` is opened by the first `start`: a generator that has not begun. */
  constructor(
    records: AsyncIterable<TraceRecord>,
    private readonly options: LiveSessionOptions = {},
  ) {
    this.iterator = records[Symbol.asyncIterator]();
    this.console = options.console ?? new TargetConsole();
  }

  /** A session on a firmware: the emulator is launched, or the server attached to, by the first `start`. */
  static onTarget(options: TargetSessionOptions): LiveHeapSession {
    const end = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, end.signal]) : end.signal;
    const console = new TargetConsole();
    const graphs = new GraphRequests();
    const records = harvestEvents({ ...options, untilRepl: false, signal, console, graphs });
    return new LiveHeapSession(records, { ...options, end, console, graphs });
  }

  get state(): SessionState {
    return this.current;
  }

  /** Heap events since `start`, whether they were recorded or not. */
  get events(): number {
    return this.eventCount;
  }

  /** Makes room for so many records. @throws UsageError HH1615; TargetError HH1616 when the session has begun */
  async init(records: number): Promise<void> {
    if (!Number.isSafeInteger(records) || records < 1 || records > MAX_RING_RECORDS)
      throw new UsageError('HH1615', `init: found ${records} records, expected 1 to ${MAX_RING_RECORDS}`);
    this.require('init', ['none', 'ready']);
    const { rolling = false, maxDepth = 128 } = this.options;
    const backtrace = { depth: maxDepth };
    this.ring = new HeapRing(records, { stopOnFull: !rolling, captureLargest: true, backtrace });
    this.leaks = new LeakBuffer(records);
    this.current = 'ready';
  }

  /** Runs the target, the first time; begins with empty records. @throws what the capture throws when it cannot begin */
  async start(mode: SessionMode): Promise<void> {
    this.require('start', ['ready', 'stopped']);
    if (this.over) throw this.ended('start');
    if (this.pump) await this.settle();
    this.mode = mode;
    this.full = false;
    this.eventCount = 0;
    this.ring?.reset();
    this.leaks?.reset();
    if (mode === 'all') this.leaks?.freeze();
    else this.ring?.freeze();
    this.current = 'running';
    if (!this.pump) await this.run();
  }

  async stop(): Promise<void> {
    this.require('stop', ['running', 'stopped']);
    if (this.current === 'stopped') {
      this.warnings.push('stop: tracing was already stopped');
      return;
    }
    await this.settle();
    this.ring?.freeze();
    this.leaks?.freeze();
    this.current = 'stopped';
  }

  /** @throws UsageError HH1191 when the records are full; TargetError HH1616 when the capture has ended */
  async resume(): Promise<void> {
    this.require('resume', ['running', 'stopped']);
    if (this.over) throw this.ended('resume');
    if (this.full) {
      throw new UsageError('HH1191', `resume: the ${this.ring?.capacity} records are full, expected room`, {
        remedy: 'start empties them; init before the first start makes more room',
      });
    }
    if (this.current === 'running') this.warnings.push('resume: tracing was already running');
    if (this.mode === 'all') this.ring?.resume();
    else this.leaks?.resume();
    this.current = 'running';
  }

  /**
   * Names this moment: phases, leak checks and budgets go from mark to mark. Who holds which block is read, unless the option `objects` is
   * false: the target is halted for that long.
   */
  async mark(name: string): Promise<void> {
    this.require('mark', ['running']);
    await this.settle();
    await this.readGraph(`mark ${name}`);
    this.keep({ kind: 'mark', name });
  }

  /** Types a line at the target's console and, with `until`, resolves to what it answers up to this text. */
  async type(line: string, until?: string, wait?: ConsoleWait): Promise<string> {
    this.console.take();
    // As the key Enter does: MicroPython takes a line feed for nothing.
    this.console.write(`${line}\r`);
    return until === undefined ? '' : this.console.until(until, wait);
  }

  /** What was recorded so far; after a lost link, with a gap at the end. */
  async dump(): Promise<Trace> {
    this.require('dump', ['ready', 'running', 'stopped']);
    await this.settle();
    if (this.current === 'running') await this.readGraph('dump');
    const records = (this.mode === 'all' ? this.ring : this.leaks)?.records() ?? [];
    const error = this.over?.error;
    return traceOf(error === undefined ? records : [...records, { kind: 'gap', reason: errorMessage(error) }]);
  }

  /** Ends the capture and waits until the target is without breakpoints. */
  async close(): Promise<void> {
    this.current = 'none';
    this.options.end?.abort();
    if (!this.options.end && !this.over) await this.iterator.return?.();
    await this.pump;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Waits for the first record, which says that the target runs. */
  private async run(): Promise<void> {
    let first: IteratorResult<TraceRecord>;
    try {
      first = await this.iterator.next();
    } catch (error) {
      this.finish({ error });
      this.current = 'none';
      throw error;
    }
    this.pump = this.follow(first);
  }

  private async follow(first: IteratorResult<TraceRecord>): Promise<void> {
    try {
      for (let next = first; !next.done; next = await this.iterator.next()) this.keep(next.value);
      this.finish({});
    } catch (error) {
      this.finish({ error });
    }
  }

  private keep(record: TraceRecord): void {
    this.lastRecordAt = performance.now();
    if (isHeapEvent(record)) this.eventCount++;
    this.ring?.add(record);
    this.leaks?.add(record);
    if (this.mode !== 'all' || this.full || this.ring?.state !== 'full') return;
    this.full = true;
    this.current = 'stopped';
    this.warnings.push(`the ${this.ring.capacity} records are full: tracing has stopped`);
  }

  private finish(over: { readonly error?: unknown }): void {
    this.over = over;
    if (this.current !== 'running') return;
    this.current = 'stopped';
    this.warnings.push(over.error === undefined ? 'the capture has ended' : errorMessage(over.error));
  }

  /** Events come a little after the target's own doings: the engine is still reading and unwinding them. */
  private async settle(): Promise<void> {
    const quietMs = this.options.settleMs ?? DEFAULT_SETTLE_MS;
    const since = performance.now();
    for (let now = since; this.pump && !this.over && now - since < quietMs * MAX_SETTLES; now = performance.now()) {
      const leftMs = Math.max(this.lastRecordAt, since) + quietMs - now;
      if (leftMs <= 0) return;
      await sleep(leftMs);
    }
  }

  private async readGraph(what: string): Promise<void> {
    const { graphs } = this.options;
    if (this.over || !graphs?.isConnected || (await graphs.ask())) return;
    this.warnings.push(`${what}: who holds which block was not read: the target was at work in its heap all the time`);
  }

  private require(what: string, states: readonly SessionState[]): void {
    if (states.includes(this.current)) return;
    throw new TargetError(
      'HH1616',
      `${what}: the session is in state '${this.current}', expected ${states.join(' or ')}`,
      {
        remedy: this.current === 'none' ? 'init comes first' : 'the order is init, start, stop, dump; resume goes on',
      },
    );
  }

  private ended(what: string): TargetError | DeviceLostError {
    const { error } = this.over ?? {};
    if (error instanceof DeviceLostError) return error;
    const why = error === undefined ? 'the capture has ended' : errorMessage(error);
    return new TargetError('HH1616', `${what}: found that ${why}, expected a target that runs`, {
      remedy: 'a new session runs it again',
      ...(error === undefined ? {} : { cause: error }),
    });
  }
}
