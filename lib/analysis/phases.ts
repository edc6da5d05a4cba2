import type { Bytes, Seq } from '../base/units.js';
import type { Lifespans } from '../trace/lifespans.js';
import { EventKind, type Trace } from '../trace/trace.js';
import { walkSpans } from './walk-spans.js';

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
  const cuts = [{ name: '(start)', beforeSeq: 0 }, ...trace.marks];
  const phases: Phase[] = [];
  let live = 0;
  let open = openPhase(cuts[0]?.name ?? '', 0, 0);
  let next = 1;
  const closeUpTo = (seq: Seq) => {
    for (let cut = cuts[next]; cut && cut.beforeSeq <= seq; cut = cuts[++next]) {
      phases.push(closePhase(open, cut.beforeSeq, live));
      open = openPhase(cut.name, cut.beforeSeq, live);
    }
  };
  closeUpTo(0);
  walkSpans(trace, spans, {
    closed: (span) => {
      live -= spans.sizeBytes[span] ?? 0;
    },
    opened: (span) => {
      const sizeBytes = spans.sizeBytes[span] ?? 0;
      live += sizeBytes;
      open.allocatedBytes += sizeBytes;
      if (live > open.peakBytes) open.peakBytes = live;
    },
    after: (seq) => {
      countEvent(open, trace.events.kind[seq] ?? 0);
      closeUpTo(seq + 1);
    },
  });
  phases.push(closePhase(open, trace.eventCount, live));
  const [first] = phases;
  // A mark before the first event leaves nothing in front of it.
  return phases.length > 1 && first && first.toSeq === 0 ? phases.slice(1) : phases;
}

type OpenPhase = { -readonly [K in keyof Phase]: Phase[K] };

function openPhase(name: string, fromSeq: Seq, live: Bytes): OpenPhase {
  const counts = { allocations: 0, frees: 0, failures: 0, allocatedBytes: 0 };
  return { name, fromSeq, toSeq: fromSeq, ...counts, peakBytes: live, liveAtStartBytes: live, liveAtEndBytes: live };
}

function closePhase(phase: OpenPhase, toSeq: Seq, live: Bytes): Phase {
  return { ...phase, toSeq, liveAtEndBytes: live };
}

function countEvent(phase: OpenPhase, kind: number): void {
  switch (kind) {
    case EventKind.alloc:
    case EventKind.realloc:
      phase.allocations++;
      break;
    case EventKind.failed:
      phase.failures++;
      break;
    case EventKind.existing:
      break;
    default:
      phase.frees++;
  }
}
