import type { TargetMemory } from '../../allocators/gc-area.js';
import type { Milliseconds } from '../../base/units.js';
import type { BacktraceJudge } from '../../firmware/backtrace-judge.js';
import { gdbFunctionName } from '../../symbols/demangle.js';
import { type Backtrace, CUT_FRAME, type Frame, type OracleResult, type TraceRecord } from '../../trace/heap-event.js';
import type { CodePoint, HarvestPlan, LogHook } from '../engine.js';
import { eventOf, type FollowerStep, isLogged } from '../log/follower-step.js';
import { HeapFollower } from '../log/heap-follower.js';
import { ShownMemory } from './shown-memory.js';

const FLAG = { inlined: 1, signal: 2, tail: 4 } as const;
const CACHED_STACKS = 100_000;

/** How long the target was halted at events: in all, and at half, 95 %, 99 % and the longest of them. */
export interface StopTimes {
  readonly haltedMs: Milliseconds;
  readonly p50Ms: Milliseconds;
  readonly p95Ms: Milliseconds;
  readonly p99Ms: Milliseconds;
  readonly maxMs: Milliseconds;
}

/** Reads the lines that gdb-scripts/heap_harvest.py writes (its head describes them) and makes trace records of them. */
export class GdbScriptReader {
  limitReached = false;
  /** How long the stops took; absent until the script was asked, and without one. */
  stopTimes: StopTimes | undefined;
  /** Memory did not read as it did at the start, or an answer was not that to what was asked. */
  broken: 'memory' | 'answer' | undefined;
  private readonly heap: HeapFollower<Backtrace>;
  private readonly resetHandler: CodePoint | undefined;
  private memory = ShownMemory.nothing;
  private work: Promise<void> = Promise.resolve();
  private rest = '';
  private readonly frames: Frame[] = [];
  private readonly stacks = new Map<string, Backtrace>();

  constructor(
    plan: HarvestPlan & { readonly hook: LogHook },
    private readonly judge: BacktraceJudge,
    private readonly emit: (record: TraceRecord) => void,
  ) {
    this.heap = new HeapFollower(plan.hook, plan);
    this.resetHandler = plan.hook.resetHandler;
  }

  /** Events told so far. */
  get events(): number {
    return this.heap.events;
  }

  /** Whether the last event that is wanted has been seen; where its block lies may not be known yet. */
  get hasSeenAll(): boolean {
    return this.heap.hasSeenAll;
  }

  /** Settles when everything pushed so far was emitted. */
  get drained(): Promise<void> {
    return this.work;
  }

  /** The target is halted, before it runs. */
  begin(memory: TargetMemory): Promise<void> {
    return this.heap.begin(memory);
  }

  /** The target is halted for the last time. */
  async finish(memory: TargetMemory, atEnd: boolean): Promise<{ records: TraceRecord[]; oracle: OracleResult }> {
    await this.work;
    const { steps, oracle } = await this.heap.finish(memory, atEnd);
    return { records: steps.map(recordOf), oracle };
  }

  /** Console text, cut anywhere; lines that are not the script's are gdb's own and are left out. */
  push(text: string): void {
    this.rest += text;
    let from = 0;
    for (let at = this.rest.indexOf('\n'); at >= 0; at = this.rest.indexOf('\n', from)) {
      if (this.rest.charCodeAt(from) === 0x40) this.line(this.rest.slice(from, at));
      from = at + 1;
    }
    this.rest = this.rest.slice(from);
  }

  private line(line: string): void {
    switch (line[1]) {
      case 'E':
        this.event(line.slice(3));
        break;
      case 'F':
        this.frame(line.slice(3));
        break;
      case 'M':
        this.memory = this.memory.with(line.slice(3));
        break;
      case 'I': {
        const { memory, resetHandler } = this;
        const reason = line[3] === 'R' && resetHandler ? resetHandler.label : undefined;
        this.follow(() => this.heap.restart(memory, reason));
        break;
      }
      case 'R':
        this.refusal(line.slice(3));
        break;
      case 'L':
        this.limitReached = true;
        break;
      case 'T':
        this.stopTimes = stopTimesOf(line.slice(3));
        break;
      case 'X':
        this.broken = line[3] === 'A' ? 'answer' : 'memory';
        break;
      default: // Text of the target or of gdb that happens to begin so.
    }
  }

  private event(text: string): void {
    const stackAt = text.indexOf(' ', text.indexOf(' ') + 1) + 1;
    const [start = '', length = ''] = text.slice(0, stackAt).split(' ');
    const startBlock = Number.parseInt(start, 16);
    const blocks = Number.parseInt(length, 16);
    if (!Number.isFinite(startBlock) || !Number.isFinite(blocks)) return;
    const { memory } = this;
    const change = { block: startBlock, length: blocks, logged: this.stackOf(text.slice(stackAt)) };
    this.follow(() => this.heap.at(change, memory));
  }

  private refusal(text: string): void {
    const stackAt = text.indexOf(' ') + 1;
    const requestedBytes = Number.parseInt(text, 16);
    if (!Number.isFinite(requestedBytes) || stackAt === 0) return;
    const { memory } = this;
    const logged = this.stackOf(text.slice(stackAt));
    this.follow(() => this.heap.refused({ requestedBytes, logged }, memory));
  }

  private follow(stop: () => Promise<readonly FollowerStep<Backtrace>[]>): void {
    this.work = this.work.then(async () => {
      for (const step of await stop()) this.emit(recordOf(step));
    });
    this.work.catch(() => undefined);
  }

  private frame(text: string): void {
    const [numbers = '', functionName = '', file = ''] = text.split('\t');
    const [id = '', pc = '', flagBits = '', line = ''] = numbers.split(' ');
    const flags = Number.parseInt(flagBits, 16);
    this.frames[Number.parseInt(id, 16)] = {
      address: Number.parseInt(pc, 16) || 0,
      functionName: gdbFunctionName(functionName),
      file,
      line: Number.parseInt(line, 16) || 0,
      ...(flags & FLAG.inlined ? { inlined: true } : {}),
      ...(flags & FLAG.signal ? { kind: 'signal' as const } : {}),
      ...(flags & FLAG.tail ? { kind: 'tail' as const } : {}),
    };
  }

  /** Traces repeat their stacks: one object each lets the trace's tables find them by identity. */
  private stackOf(ids: string): Backtrace {
    const known = this.stacks.get(ids);
    if (known) return known;
    const told = ids
      .split(' ')
      .flatMap((id) => (id === '-' ? CUT_FRAME : (this.frames[Number.parseInt(id, 16)] ?? [])));
    const backtrace = this.judge.of(told);
    if (this.stacks.size >= CACHED_STACKS) this.stacks.clear();
    this.stacks.set(ids, backtrace);
    return backtrace;
  }
}

function stopTimesOf(text: string): StopTimes | undefined {
  const ms = text.split(' ').map((hex) => Number.parseInt(hex, 16) / 1000);
  const [haltedMs = Number.NaN, p50Ms = Number.NaN, p95Ms = Number.NaN, p99Ms = Number.NaN, maxMs = Number.NaN] = ms;
  return ms.length >= 5 && ms.every(Number.isFinite) ? { haltedMs, p50Ms, p95Ms, p99Ms, maxMs } : undefined;
}

function recordOf(step: FollowerStep<Backtrace>): TraceRecord {
  return isLogged(step) ? eventOf(step, step.logged) : step;
}
