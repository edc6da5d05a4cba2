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
import type { Engine, HarvestPlan } from '../engine.js';
import { compareBacktraces, type Explanation, GdbBacktraces } from './backtrace-check.js';

export interface AutoEngineOptions {
  readonly direct: Engine;
  /** The reference engine; absent where there is no gdb. */
  readonly gdb?: Engine;
  /** What checks backtraces; absent: nothing does, and the summary says so. */
  readonly program?: GdbProgram;
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
 */
export class AutoEngine implements Engine {
  readonly name = 'auto';

  constructor(private readonly options: AutoEngineOptions) {}

  async *harvest(target: Target, plan: HarvestPlan, signal: AbortSignal): AsyncGenerator<TraceRecord, void, undefined> {
    const { direct, gdb, program } = this.options;
    await using check = new LiveCheck(program, target.elf, plan);
    let began = false;
    try {
      for await (const record of direct.harvest(target, plan, signal)) {
        began ||= record.kind !== 'info';
        yield* check.follow(record);
      }
      return;
    } catch (error) {
      yield* check.rest();
      const unsupported = error instanceof HarvestError && UNSUPPORTED.has(error.code);
      if (began || !gdb || !unsupported) throw error;
      yield { kind: 'note', code: 'engine-fallback', text: `the gdb engine captures: ${error.message}` };
    }
    yield* gdb.harvest(target, plan, signal);
  }
}

/** Follows the records of a capture, and compares backtraces on the way. */
class LiveCheck implements AsyncDisposable {
  private readonly opening: Promise<GdbBacktraces | undefined>;
  /** An event whose sample has not come yet. */
  private held: HeapEvent | undefined;
  private failure: string | undefined;
  private checked = 0;
  private readonly explained = new Map<Explanation, number>();
  private readonly marks: BacktraceJudge;
  private hasFunction: HasFunction | undefined;
  private lastGood: Seq = -1;
  /** The event from which on gdb makes the backtraces. */
  private gdbFrom: Seq | undefined;

  constructor(
    private readonly program: GdbProgram | undefined,
    elf: string,
    private readonly plan: { readonly firmware: Symbolizer; readonly maxDepth: number },
  ) {
    this.marks = new BacktraceJudge(plan.firmware);
    const checked = { elf, architecture: architectureOf(plan.firmware) };
    const opening = program ? GdbBacktraces.open(program, checked, plan.maxDepth) : Promise.resolve(undefined);
    this.opening = opening.catch((error: unknown) => {
      this.failure = errorMessage(error);
      return undefined;
    });
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
    else if (record.kind === 'info') yield { kind: 'info', info: this.withReport(record.info) };
    else yield record;
  }

  /** The event that still waits for its sample, as it is. */
  *rest(): Generator<TraceRecord, void, undefined> {
    const { held } = this;
    this.held = undefined;
    if (held) yield held;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.opening)?.[Symbol.asyncDispose]();
  }

  private async *judge(event: HeapEvent, sample: RawSample): AsyncGenerator<TraceRecord, void, undefined> {
    const { seq } = sample;
    const due = this.gdbFrom !== undefined || seq < CHECKED_AT_FIRST || seq % SAMPLE_STRIDE === 0;
    const gdb = due && this.failure === undefined ? await this.opening : undefined;
    if (!gdb) {
      yield event;
      return;
    }
    try {
      const own = await gdb.of(sample, this.plan.maxDepth);
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

  private withReport(info: Partial<TraceInfo>): Partial<TraceInfo> {
    if (info.engineReport === undefined) return info;
    const by = this.program?.version ?? 'nothing: no gdb was found';
    const checks = {
      backtracesChecked: this.checked,
      checkedBy: this.failure === undefined ? by : `${by}, until it failed: ${this.failure}`,
      ...Object.fromEntries([...this.explained].map(([by, count]) => [EXPLAINED[by], count])),
      ...(this.gdbFrom === undefined ? {} : { backtracesByGdbFromEvent: this.gdbFrom }),
    };
    return { ...info, engineReport: { ...info.engineReport, ...checks } };
  }
}
