import type { Bytes, StackId } from '../base/units.js';
import { EndCause, lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { walkSpans } from './walk-spans.js';

/** Figures of some of a trace's allocations. */
export interface SpanGroup {
  readonly count: number;
  readonly liveCount: number;
  readonly liveBytes: Bytes;
  /** The most that the group had alive together, at a moment of its own. */
  readonly peakBytes: Bytes;
  /** The stack with the most live bytes (then the most allocated); -1 for an empty group. */
  readonly topStack: StackId;
}

/** Adds up the allocations for which `isMember` says yes. */
export function spanGroup(trace: Trace, isMember: (span: number, stack: StackId) => boolean): SpanGroup {
  const spans = lifespans(trace);
  const member = new Uint8Array(spans.count);
  const byStack = new Map<StackId, { live: Bytes; total: Bytes }>();
  let [count, liveCount, liveBytes, now, peakBytes] = [0, 0, 0, 0, 0];
  for (let span = 0; span < spans.count; span++) {
    const stack = trace.events.stack[spans.startSeq[span] ?? 0] ?? -1;
    if (!isMember(span, stack)) continue;
    member[span] = 1;
    count++;
    const sizeBytes = spans.sizeBytes[span] ?? 0;
    const sum = byStack.get(stack) ?? { live: 0, total: 0 };
    sum.total += sizeBytes;
    byStack.set(stack, sum);
    if (spans.endCause[span] !== EndCause.alive) continue;
    liveCount++;
    liveBytes += sizeBytes;
    sum.live += sizeBytes;
  }
  walkSpans(trace, spans, {
    closed: (span) => {
      if (member[span]) now -= spans.sizeBytes[span] ?? 0;
    },
    opened: (span) => {
      if (!member[span]) return;
      now += spans.sizeBytes[span] ?? 0;
      if (now > peakBytes) peakBytes = now;
    },
  });
  const [top] = [...byStack].sort((a, b) => b[1].live - a[1].live || b[1].total - a[1].total);
  return { count, liveCount, liveBytes, peakBytes, topStack: top?.[0] ?? -1 };
}
