import type { Address, Seq } from '../../base/units.js';
import { errorMessage, HarvestError } from '../../errors/errors.js';
import { BacktraceJudge } from '../../firmware/backtrace-judge.js';
import { architectureOf } from '../../firmware/capturable.js';
import { correctedBacktrace, functionsOf, type HasFunction } from '../../firmware/gdb-backtrace.js';
import { withBacktrace } from '../../firmware/resymbolize.js';
import type { GdbProgram } from '../../link/mi/find-gdb.js';
import type { Target } from '../../link/server/target.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';
import type { Backtrace, HeapEvent, RawSample, TraceInfo, TraceRecord } from '../../trace/heap-event.js';
import { withoutScripts, withScriptsOf } from '../../trace/script-stack.js';
import type { CapturedSoFar, Engine, HarvestPlan } from '../engine.js';
import { compareBacktraces, type Explanation, GdbBacktraces } from './backtrace-check.js';
import { ReadAhead } from './read-ahead.js';

/** What is there, or turns out to be while the capture has begun already. */
export type Found<T> = T | undefined | Promise<T | undefined>;

export interface AutoEngineOptions {
  readonly direct: Engine;
  /** The reference engine; absent where there is no gdb. */
  readonly gdb?: Found<Engine>;
  /** What checks backtraces; absent: nothing does, and the summary says so. */
  readonly program?: Found<GdbProgram>;
}

/** What the report calls the differences that are gdb's own. */
const EXPLAINED: Readonly<Record<Explanation, string>> = {
  'tail-calls': 'explainedByTailCalls',
  'ends-early': 'explainedByGdbEndingEarly',
  'wrong-name': 'explainedByDiscardedFunctions',
  cut: 'checkedUpToTheirCut',
  overlay: 'checkedUpToAnOverlay',
};
/** Every one of these is compared with gdb's. */
const CHECKED_AT_FIRST = 32;
/** Later, one of so many: a prime, so that no loop of the firmware hides from it. */
const SAMPLE_STRIDE = 509;
/** What the direct engine says of servers and hooks that it cannot work with: the gdb engine may. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['HH1556', 'HH1560']);

/**
 * The direct engine, with gdb looking over its shoulder: the first 32 backtraces and then a sample are compared with those that gdb
 * makes of the same registers and stack. On a difference that is not explained, gdb makes all backtraces from there on. Where the
 * direct engine cannot work at all, the gdb engine captures.
 *
 * gdb starts and compares beside the capture, which goes on meanwhile: an event is given on when it and all before it were compared, as far
 * as they are to be.
 */
export class AutoEngine implements Engine {
  readonly name = 'auto';
  private ahead: ReadAhead | undefined;

  constructor(private readonly options: AutoEngineOptions) {}

  get captured(): CapturedSoFar | undefined {
    return this.ahead?.captured;
  }

  async *harvest(target: Target, plan: HarvestPlan, signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    const { direct } = this.options;
    const control = new AbortController();
    const abort = () => control.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const records = direct.harvest(target, plan, control.signal)[Symbol.asyncIterator]();
    const ahead = new ReadAhead(records, { abort, ...(plan.isFollowed === true ? { maxRecords: 0 } : {}) });
    this.ahead = ahead;
    const check = new LiveCheck(this.options.program, ahead, { elf: target.elf, ...plan });
    let began = false;
    let gdb: Engine | undefined;
    try {
      for (let record = await ahead.next(); record; record = await ahead.next()) {
        began ||= record.kind !== 'info';
        yield* check.follow(record);
      }
    } catch (error) {
      yield* check.rest();
      const unsupported = error instanceof HarvestError && UNSUPPORTED.has(error.code);
      if (began || !unsupported) throw error;
      gdb = await Promise.resolve(this.options.gdb).catch(() => undefined);
      if (!gdb) throw error;
      yield { kind: 'note', code: 'engine-fallback', text: `the gdb engine captures: ${error.message}` };
    } finally {
      signal.removeEventListener('abort', abort);
      await Promise.all([ahead.close(), check[Symbol.asyncDispose]()]);
    }
    if (gdb) yield* gdb.harvest(target, plan, signal);
  }
}

/** The firmware whose backtraces are compared. */
interface CheckedPlan {
  readonly elf: string;
  readonly firmware: Symbolizer;
  readonly maxDepth: number;
}

/** Follows the records of a capture, and compares backtraces on the way. */
class LiveCheck implements AsyncDisposable {
  private readonly opening: Promise<GdbBacktraces | undefined>;
  private readonly end = new AbortController();
  private hasGdb = false;
  /** An event whose sample has not come yet. */
  private held: HeapEvent | undefined;
  private failure: string | undefined;
  private checkedBy = 'nothing: no gdb was found';
  private checked = 0;
  private readonly explained = new Map<Explanation, number>();
  private readonly marks: BacktraceJudge;
  private hasFunction: HasFunction | undefined;
  private lastGood: Seq = -1;
  /** The event from which on gdb makes the backtraces. */
  private gdbFrom: Seq | undefined;

  constructor(
    program: Found<GdbProgram>,
    private readonly ahead: ReadAhead,
    private readonly plan: CheckedPlan,
  ) {
    this.marks = new BacktraceJudge(plan.firmware);
    this.opening = this.open(program).catch((error: unknown) => {
      this.failure = errorMessage(error);
      return undefined;
    });
  }

  private async open(found: Found<GdbProgram>): Promise<GdbBacktraces | undefined> {
    const program = await found;
    const { signal } = this.end;
    if (!program || signal.aborted) return undefined;
    this.hasGdb = true;
    this.checkedBy = program.version;
    const { elf, firmware, maxDepth } = this.plan;
    return await GdbBacktraces.open(program, { elf, architecture: architectureOf(firmware), maxDepth, signal });
  }

  async *follow(record: TraceRecord): AsyncGenerator<TraceRecord, void, undefined> {
    if (record.kind === 'raw') {
      const { held } = this;
      this.held = undefined;
      if (held) yield* this.judge(held, record.sample);
      yield record;
      return;
    }
    yield* this.rest();
    if ('backtrace' in record) this.held = record;
    else if (record.kind === 'info') yield { kind: 'info', info: await this.withReport(record.info) };
    else yield record;
  }

  /** The event that still waits for its sample, as it is. */
  *rest(): Generator<TraceRecord, void, undefined> {
    const { held } = this;
    this.held = undefined;
    if (held) yield held;
  }

  /** A gdb that is still starting is ended as well; one that is still looked for is not waited for. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.end.abort();
    if (this.hasGdb) await (await this.opening)?.[Symbol.asyncDispose]();
  }

  private async *judge(event: HeapEvent, sample: RawSample): AsyncGenerator<TraceRecord, void, undefined> {
    const { seq } = sample;
    const due = this.gdbFrom !== undefined || seq < CHECKED_AT_FIRST || seq % SAMPLE_STRIDE === 0;
    const gdb = due && this.failure === undefined ? await this.ahead.during(this.opening) : undefined;
    if (!gdb) {
      yield event;
      return;
    }
    try {
      const own = await this.ahead.during(gdb.of(sample, this.plan.maxDepth));
      const corrected = correctedBacktrace(own, this.plan.firmware);
      const gdbs = this.marks.of(corrected);
      if (this.gdbFrom !== undefined) {
        yield withBacktrace(event, withScriptsOf(event.backtrace ?? [], gdbs));
        return;
      }
      const ours = event.backtrace ?? [];
      const comparison = this.compare(withoutScripts(ours), gdbs);
      this.checked++;
      if (comparison.outcome === 'differs') {
        this.gdbFrom = seq;
        yield { kind: 'note', code: 'engine-fallback', text: this.reason(seq, comparison) };
        yield withBacktrace(event, withScriptsOf(ours, gdbs));
        return;
      }
      this.lastGood = seq;
      if (corrected !== own) this.explained.set('wrong-name', (this.explained.get('wrong-name') ?? 0) + 1);
      if (comparison.outcome === 'explained')
        this.explained.set(comparison.by, (this.explained.get(comparison.by) ?? 0) + 1);
      yield event;
    } catch (error) {
      // Without gdb the capture goes on: it is only less sure, which the summary says.
      this.failure = errorMessage(error);
      yield {
        kind: 'note',
        code: 'check-ended',
        text: `backtraces are not compared from event ${seq} on: ${this.failure}`,
      };
      yield event;
    }
  }

  private compare(ours: Backtrace, gdbs: Backtrace) {
    const { overlays } = this.plan.firmware;
    const isOverlay = (address: Address) => overlays.some(({ from, to }) => address >= from && address < to);
    const comparison = compareBacktraces(ours, gdbs, { hasFunction: this.hasFunction, isOverlay });
    if (comparison.outcome !== 'differs' || this.hasFunction) return comparison;
    // The symbol table, for the first time that it is needed.
    this.hasFunction = functionsOf(this.plan.firmware);
    return compareBacktraces(ours, gdbs, { hasFunction: this.hasFunction, isOverlay });
  }

  private reason(seq: Seq, { frame, ours, gdbs }: { frame: number; ours: string; gdbs: string }): string {
    const unsure = seq - this.lastGood - 1;
    const before = unsure === 0 ? '' : `; the ${unsure} before it were not compared`;
    return `gdb makes the backtraces from event ${seq} on: at frame ${frame} it shows ${gdbs}, the direct engine ${ours}${before}`;
  }

  private async withReport(info: Partial<TraceInfo>): Promise<Partial<TraceInfo>> {
    if (info.engineReport === undefined) return info;
    await this.ahead.during(this.opening);
    const by = this.checkedBy;
    const checks = {
      backtracesChecked: this.checked,
      checkedBy: this.failure === undefined ? by : `${by}, until it failed: ${this.failure}`,
      ...Object.fromEntries([...this.explained].map(([by, count]) => [EXPLAINED[by], count])),
      ...(this.gdbFrom === undefined ? {} : { backtracesByGdbFromEvent: this.gdbFrom }),
    };
    return { ...info, engineReport: { ...info.engineReport, ...checks } };
  }
}
