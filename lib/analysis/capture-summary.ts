import { defined } from '../base/defined.js';
import type { Blocks, Bytes, Milliseconds, Seq } from '../base/units.js';
import type { Gap, Note, OracleResult, TraceContents } from '../trace/heap-event.js';
import { EndCause, type Finding, lifespans } from '../trace/lifespans.js';
import { type StackDoubts, stackDoubts } from '../trace/stack-doubts.js';
import { EventKind, type Trace } from '../trace/trace.js';
import { heapLevels, type LevelSeries } from './heap-levels.js';
import { heapPeak } from './heap-usage.js';

/** What a capture holds and how far it can be trusted. */
export interface CaptureSummary {
  readonly schema: 'heap-harvest/summary@1';
  readonly source: string;
  readonly contents: TraceContents;
  readonly engine?: string;
  readonly engineReport?: Readonly<Record<string, string | number | boolean>>;
  readonly board?: string;
  readonly elf?: { readonly path: string; readonly buildId?: string };
  readonly events: number;
  readonly allocations: number;
  /** Given back by their owner. */
  readonly frees: number;
  /** Found dead by a garbage collector. */
  readonly sweeps: number;
  readonly reallocations: number;
  readonly failures: number;
  /** Blocks that were alive before the capture began; 0 for one that began at the reset. */
  readonly existing: number;
  /** Allocations alive at the end. */
  readonly liveAllocations: number;
  readonly liveBlocks: Blocks;
  readonly liveBytes: Bytes;
  readonly unitBytes: Bytes;
  readonly peakBytes: Bytes;
  /** The event that first reached the peak; -1 without allocations. */
  readonly peakSeq: Seq;
  readonly endReason?: string;
  readonly complete: boolean;
  /** What is not sure of the backtraces; absent when all are whole and exact. */
  readonly stacks?: StackDoubts;
  /** Why the events are not to be trusted; absent when they are. */
  readonly doubtful?: string;
  /** Wall time of the capture, the link's own delays included; absent for imported traces. */
  readonly durationMs?: Milliseconds;
  readonly eventsPerSecond?: number;
  /** The counter that the events' times were read from; absent where they are the host's, or the source's own. */
  readonly targetClock?: string;
  readonly oracle?: OracleResult;
  readonly epochs: number;
  /** How full the heap was, by the device's own word; empty unless the source tells it. */
  readonly levels: readonly LevelSeries[];
  readonly gaps: readonly Gap[];
  readonly notes: readonly Note[];
  readonly findings: readonly Finding[];
  readonly assumptions: readonly string[];
}

/** The summary that every capture and import ends with. */
export function captureSummary(trace: Trace): CaptureSummary {
  const spans = lifespans(trace);
  const { info } = trace;
  const kinds = new Array<number>(6).fill(0);
  for (const kind of trace.events.kind) kinds[kind] = (kinds[kind] ?? 0) + 1;
  const unitBytes = trace.regions[0]?.unitBytes ?? info.unitBytes;
  let liveAllocations = 0;
  let liveBlocks = 0;
  let liveBytes = 0;
  for (let span = 0; span < spans.count; span++) {
    if (spans.endCause[span] !== EndCause.alive) continue;
    const bytes = spans.sizeBytes[span] ?? 0;
    liveAllocations++;
    liveBytes += bytes;
    liveBlocks += Math.max(1, Math.ceil(bytes / unitBytes));
  }
  const peak = heapPeak(trace, spans);
  const seconds = (info.durationMs ?? 0) / 1000;
  return {
    schema: 'heap-harvest/summary@1',
    source: info.source,
    contents: info.contents ?? 'history',
    ...defined({ engine: info.engine, engineReport: info.engineReport, board: info.board, elf: info.elf }),
    ...(info.clock?.kind === 'target' ? { targetClock: info.clock.name } : {}),
    events: trace.eventCount,
    allocations: kinds[EventKind.alloc] ?? 0,
    frees: kinds[EventKind.free] ?? 0,
    sweeps: kinds[EventKind.sweep] ?? 0,
    reallocations: kinds[EventKind.realloc] ?? 0,
    failures: kinds[EventKind.failed] ?? 0,
    existing: kinds[EventKind.existing] ?? 0,
    liveAllocations,
    liveBlocks,
    liveBytes,
    unitBytes,
    peakBytes: peak.bytes,
    peakSeq: peak.seq,
    ...defined({
      endReason: info.endReason,
      durationMs: info.durationMs,
      oracle: info.oracle,
      doubtful: info.doubtful,
    }),
    complete: info.complete,
    ...defined({ stacks: stackDoubts(trace) }),
    ...(seconds > 0 ? { eventsPerSecond: trace.eventCount / seconds } : {}),
    epochs: trace.epochs.length,
    levels: heapLevels(trace),
    gaps: trace.gaps,
    notes: trace.notes,
    findings: spans.findings,
    assumptions: spans.assumptions,
  };
}
