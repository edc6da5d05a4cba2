import type { Bytes, Seq } from '../base/units.js';
import type { Lifespans } from '../trace/lifespans.js';
import { EventKind, type Trace } from '../trace/trace.js';
import { type BlockCounter, type BlockVisitor, countBlocks } from './walk-spans.js';

/** What happened between two marks. */
export interface Phase {
  /** The mark that it begins with; `(start)` before the first. */
  readonly name: string;
  readonly fromSeq: Seq;
  /** Exclusive. */
  readonly toSeq: Seq;
  readonly allocations: number;
  readonly frees: number;
  readonly failures: number;
  readonly allocatedBytes: Bytes;
  /** The highest live bytes in the phase, the state at its begin included. */
  readonly peakBytes: Bytes;
  readonly liveAtStartBytes: Bytes;
  readonly liveAtEndBytes: Bytes;
}

/** The trace cut at its marks; one phase without marks. A phase without an event (two marks in a row) stays, with zeros. */
export function phasesOf(trace: Trace, spans: Lifespans): Phase[] {
  return countBlocks(trace, spans, phaseCounter(trace));
}

/** The same on a walk of somebody else's. */
export function phaseCounter(trace: Trace): BlockCounter<Phase[]> {
  const cuts = [{ name: '(start)', beforeSeq: 0 }, ...trace.marks];
  const phases: Phase[] = [];
  let live = 0;
  let open = openPhase(cuts[0]?.name ?? '', 0, 0);
  let next = 1;
  let nextSeq = cuts[next]?.beforeSeq ?? Number.POSITIVE_INFINITY;
  const closeUpTo = (seq: Seq) => {
    for (let cut = cuts[next]; cut && cut.beforeSeq <= seq; cut = cuts[++next]) {
      phases.push(closePhase(open, cut.beforeSeq, live));
      open = openPhase(cut.name, cut.beforeSeq, live);
    }
    nextSeq = cuts[next]?.beforeSeq ?? Number.POSITIVE_INFINITY;
  };
  const visitor: BlockVisitor = {
    closed: (_start, sizeBytes, seq) => {
      if (seq >= nextSeq) closeUpTo(seq);
      live -= sizeBytes;
    },
    opened: (start, sizeBytes) => {
      if (start >= nextSeq) closeUpTo(start);
      live += sizeBytes;
      open.allocatedBytes += sizeBytes;
      if (live > open.peakBytes) open.peakBytes = live;
    },
  };
  const result = () => {
    closeUpTo(trace.eventCount);
    phases.push(closePhase(open, trace.eventCount, live));
    return withoutEmptyStart(phases.map((phase) => ({ ...phase, ...countEvents(trace, phase) })));
  };
  return { visitor, result };
}

/** A mark before the first event leaves nothing in front of it. */
export function withoutEmptyStart(phases: Phase[]): Phase[] {
  return phases.length > 1 && phases[0]?.toSeq === 0 ? phases.slice(1) : phases;
}

/** One that goes on. */
export type OpenPhase = { -readonly [K in keyof Phase]: Phase[K] };

export function openPhase(name: string, fromSeq: Seq, live: Bytes): OpenPhase {
  const counts = { allocations: 0, frees: 0, failures: 0, allocatedBytes: 0 };
  return { name, fromSeq, toSeq: fromSeq, ...counts, peakBytes: live, liveAtStartBytes: live, liveAtEndBytes: live };
}

export function closePhase(phase: OpenPhase, toSeq: Seq, live: Bytes): Phase {
  return { ...phase, toSeq, liveAtEndBytes: live };
}

function countEvents({ events }: Trace, { fromSeq, toSeq }: Phase): Pick<Phase, 'allocations' | 'frees' | 'failures'> {
  let [allocations, frees, failures] = [0, 0, 0];
  for (let seq = fromSeq; seq < toSeq; seq++) {
    switch (events.kind[seq]) {
      case EventKind.alloc:
      case EventKind.realloc:
        allocations++;
        break;
      case EventKind.failed:
        failures++;
        break;
      case EventKind.existing:
        break;
      default:
        frees++;
    }
  }
  return { allocations, frees, failures };
}
