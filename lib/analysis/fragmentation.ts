import type { Seq } from '../base/units.js';
import { lifespans } from '../trace/lifespans.js';
import { EventKind, type Trace } from '../trace/trace.js';
import {
  DEFAULT_LIMITS,
  type FailedRequest,
  type Fragmentation,
  type FragmentationOptions,
  fragmentationReport,
  GapSamples,
  type HeapMoment,
  type SampledGaps,
} from './fragmentation-report.js';
import { followGaps } from './gap-timeline.js';
import { heapMap } from './heap-map.js';
import { requireBlocks } from './requires-blocks.js';

export type {
  FailureReport,
  Fragmentation,
  FragmentationOptions,
  FreeState,
  RegionState,
  RoomReport,
  WithStack,
} from './fragmentation-report.js';

/**
 * Free space, its largest piece, and who is in the way.
 *
 * @throws UsageError HH1180 for a trace without addresses, HH2130 for a log of heap levels
 */
export function fragmentation(trace: Trace, options: FragmentationOptions = {}): Fragmentation {
  requireBlocks(trace, 'fragmentation');
  const { findings } = lifespans(trace);
  const at = momentOf(trace, options.atSeq);
  const { top = DEFAULT_LIMITS.top, points = DEFAULT_LIMITS.points } = options;
  const line = sampleGaps(trace, top, points);
  const { failures, count } = failedRequests(trace, options.maxFailures ?? DEFAULT_LIMITS.maxFailures);
  return fragmentationReport(
    trace,
    { at, atSeq: at.map.atSeq, line, failures, failureCount: count, findings },
    options,
  );
}

function momentOf(trace: Trace, atSeq: Seq | undefined): HeapMoment {
  return { blocks: trace, map: heapMap(trace, atSeq), seqOf: (seq) => seq };
}

function sampleGaps(trace: Trace, maxCuts: number, points: number): SampledGaps {
  const samples = new GapSamples(trace.eventCount, points);
  const followed = followGaps(trace, maxCuts, (seq, free, largest) => samples.after(seq, free, largest));
  return { ...followed, states: samples.states, tightest: samples.tightest };
}

function failedRequests(trace: Trace, limit: number): { failures: FailedRequest[]; count: number } {
  const { kind, sizeBytes, stack } = trace.events;
  const failures: FailedRequest[] = [];
  let count = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    if (kind[seq] !== EventKind.failed || count++ >= limit) continue;
    const of = { failedSeq: seq, requestedBytes: sizeBytes[seq] ?? 0, stack: stack[seq] ?? -1 };
    failures.push({ ...momentOf(trace, seq), ...of });
  }
  return { failures, count };
}
