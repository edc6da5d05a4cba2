import { didYouMean } from '../base/did-you-mean.js';
import type { Bytes } from '../base/units.js';
import type { TraceContents } from '../trace/heap-event.js';
import { lifespans } from '../trace/lifespans.js';
import { EventKind, type Trace } from '../trace/trace.js';
import { stacksWith } from './add-marks.js';
import type { Budget, BudgetMetric, BudgetRule, BudgetScope } from './budget-file.js';
import { type GapTimeline, gapTimeline } from './gap-timeline.js';
import { heapPeak } from './heap-usage.js';
import { type HideOptions, hiddenFrames } from './hidden-frames.js';
import { type Phase, phasesOf } from './phases.js';
import type { Place } from './places.js';
import { type ShownFrame, shownStack } from './shown-stack.js';
import { type SpanSources, spanSources } from './source-table.js';
import { type SpanGroup, spanGroup } from './span-group.js';

/** One limit of a budget against what the trace shows. */
export interface BudgetResult {
  readonly scope: BudgetScope;
  /** Empty for the heap. */
  readonly name: string;
  readonly metric: BudgetMetric;
  readonly limit: number;
  /** Undefined when the trace cannot tell: a phase that never began, a name that no allocation fits, a heap without addresses. */
  readonly actual?: number;
  readonly passed: boolean;
  /** Why there is no figure, or what is odd about it. */
  readonly note?: string;
  /** The path that holds the most of what is counted, innermost first; empty where that has no meaning. */
  readonly frames: readonly ShownFrame[];
}

/** How a trace stands against its budget. */
export interface BudgetCheck {
  readonly schema: 'heap-harvest/budget@1';
  readonly subject: string;
  /** In the order of the file. */
  readonly results: readonly BudgetResult[];
  readonly passed: boolean;
  /** A limit that holds on an incomplete capture proves nothing: `passed` is false then unless that was allowed. */
  readonly complete: boolean;
  /** Why the events are not to be trusted, which proves as little; absent when they are. */
  readonly doubtful?: string;
}

/** What a check of a budget lets pass. */
export interface BudgetOptions extends HideOptions {
  readonly allowIncomplete?: boolean;
}

/** Checks every limit of a budget. Never throws for what is in the trace. */
export function budgetCheck(trace: Trace, budget: Budget, options: BudgetOptions = {}): BudgetCheck {
  const facts = new Facts(trace, options);
  const results = budget.rules.flatMap((rule) =>
    rule.limits.map(({ metric, limit }): BudgetResult => {
      const measured = facts.measure(rule, metric, limit);
      const { actual } = measured;
      const within = actual !== undefined && (metric === 'largest_free' ? actual >= limit : actual <= limit);
      return { scope: rule.scope, name: rule.name, metric, limit, passed: within, ...measured };
    }),
  );
  const { complete, doubtful } = trace.info;
  const isSound = (complete && doubtful === undefined) || options.allowIncomplete === true;
  const passed = results.every((result) => result.passed) && isSound;
  return {
    schema: 'heap-harvest/budget@1',
    subject: budget.subject,
    results,
    passed,
    complete,
    ...(doubtful === undefined ? {} : { doubtful }),
  };
}

/** Why a trace that is no history cannot tell a figure; undefined when it can. */
function untoldBy(contents: TraceContents, rule: BudgetRule, metric: BudgetMetric): string | undefined {
  if (contents === 'history') return undefined;
  if (contents === 'levels') return 'the log only says how full the heap was: it has no events';
  const isOfOneMoment = rule.scope !== 'phase' && (metric === 'live' || metric === 'blocks');
  if (isOfOneMoment || (metric === 'largest_free' && contents === 'snapshot' && rule.scope === 'heap'))
    return undefined;
  return 'a snapshot of one moment does not tell it';
}

type Measured = Pick<BudgetResult, 'actual' | 'note' | 'frames'>;

/** Figures of a trace, each computed when it is first asked for. */
class Facts {
  private line: GapTimeline | undefined;
  private phases: readonly Phase[] | undefined;
  private sources: SpanSources | undefined;
  private readonly groups = new Map<string, SpanGroup>();
  private readonly hidden: Uint8Array;

  constructor(
    private readonly trace: Trace,
    options: BudgetOptions,
  ) {
    this.hidden = hiddenFrames(trace, options);
  }

  /** A rule that nothing of the trace fits is not kept: its name may be misspelt. Only that nothing is allowed, nothing proves. */
  measure(rule: BudgetRule, metric: BudgetMetric, limit: number): Measured {
    const untold = untoldBy(this.trace.info.contents ?? 'history', rule, metric);
    if (untold !== undefined) return { note: untold, frames: [] };
    if (rule.scope === 'phase') return this.ofPhase(rule.name, metric);
    if (metric === 'largest_free') return this.leastLargest(0, this.trace.eventCount);
    if (metric === 'failures') return { actual: this.failures(), frames: [] };
    const group = this.groupOf(rule);
    const fitsNothing = rule.scope !== 'heap' && group.count === 0;
    const nothing = fitsNothing ? { note: this.fitsNothing(rule) } : {};
    if (fitsNothing && limit > 0) return { ...nothing, frames: [] };
    const frames = shownStack(this.trace, group.topStack, this.hidden);
    const figures: Partial<Record<BudgetMetric, number>> = {
      peak: rule.scope === 'heap' ? heapPeak(this.trace).bytes : group.peakBytes,
      live: group.liveBytes,
      blocks: group.liveCount,
      count: group.count,
    };
    return { actual: figures[metric] ?? 0, frames, ...nothing };
  }

  private fitsNothing({ scope, name }: BudgetRule): string {
    const { strings, frames } = this.trace;
    const names = new Set(Array.from(frames.functionName, (id) => strings[id] ?? ''));
    if (scope === 'source') {
      for (const id of frames.file) names.add((strings[id] ?? '').split(/[\\/]/).at(-1) ?? '');
    }
    names.delete('');
    return `${scope} '${name}' allocates nothing in this trace${didYouMean(name, [...names])}`;
  }

  private failures(): number {
    return this.trace.events.kind.reduce((count, kind) => count + (kind === EventKind.failed ? 1 : 0), 0);
  }

  /** A phase that occurs several times is measured at its worst. */
  private ofPhase(name: string, metric: BudgetMetric): Measured {
    this.phases ??= phasesOf(this.trace, lifespans(this.trace));
    const phases = this.phases.filter((phase) => phase.name === name);
    if (phases.length === 0) return { note: `the trace has no mark '${name}'`, frames: [] };
    if (metric === 'largest_free') {
      const all = phases.map((phase) => this.leastLargest(phase.fromSeq, phase.toSeq));
      return all.reduce((worst, it) => ((it.actual ?? -1) < (worst.actual ?? -1) ? it : worst));
    }
    const figure = (phase: Phase): number => {
      switch (metric) {
        case 'growth':
          return phase.liveAtEndBytes - phase.liveAtStartBytes;
        case 'count':
          return phase.allocations;
        case 'failures':
          return phase.failures;
        default:
          return phase.peakBytes;
      }
    };
    return { actual: Math.max(...phases.map(figure)), frames: [] };
  }

  private leastLargest(from: number, to: number): Measured {
    if (!this.trace.info.hasAddresses) return { note: 'the trace has no addresses', frames: [] };
    this.line ??= gapTimeline(this.trace);
    let least = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let seq = from; seq < to; seq++) {
      const bytes: Bytes = this.line.largestFreeBytes[seq] ?? 0;
      if (bytes >= least) continue;
      least = bytes;
      at = seq;
    }
    if (at < 0) return { note: 'no event lies there', frames: [] };
    return { actual: least, frames: shownStack(this.trace, this.trace.events.stack[at] ?? -1, this.hidden) };
  }

  private groupOf(rule: BudgetRule): SpanGroup {
    const key = `${rule.scope} ${rule.name}`;
    const known = this.groups.get(key);
    if (known) return known;
    const group = spanGroup(this.trace, this.memberTest(rule));
    this.groups.set(key, group);
    return group;
  }

  private memberTest(rule: BudgetRule): (span: number, stack: number) => boolean {
    if (rule.scope === 'heap') return () => true;
    if (rule.scope === 'function') {
      const inside = stacksWith(this.trace, rule.name);
      return (_span, stack) => stack >= 0 && inside[stack] === 1;
    }
    this.sources ??= spanSources(this.trace, lifespans(this.trace), this.hidden);
    const { ofSpan, list } = this.sources;
    const matches = list.map((place) => isSource(place, rule.name));
    return (span) => matches[ofSpan[span] ?? -1] === true;
  }
}

/** A source is named by its function, its file, or file:line; files match by their last components. */
function isSource(place: Place, name: string): boolean {
  if (place.functionName === name) return true;
  const path = place.file.replaceAll('\\', '/');
  const withLine = `${path}:${place.line}`;
  return [path, withLine].some((text) => text !== '' && (text === name || text.endsWith(`/${name}`)));
}

/** What a rule is about, for messages: `heap`, `function tls_new`. */
export function ruleTitle(result: Pick<BudgetResult, 'scope' | 'name'>): string {
  return result.scope === 'heap' ? 'heap' : `${result.scope} ${result.name}`;
}
