import type { Bytes, Seq } from '../base/units.js';
import type { Finding } from './finding-list.js';
import type { EventKernel } from './kernel/event-kernel.js';
import type { Trace } from './trace.js';

/**
 * Some of a trace's events in their order, as columns, with the block that each of them ended. The arrays may be longer than `count` and are
 * valid until the next run: what is summed while it lies in the cache need not be kept.
 */
export interface EventRun {
  readonly firstSeq: Seq;
  readonly count: number;
  readonly kind: Uint8Array;
  readonly address: Uint32Array;
  readonly sizeBytes: Uint32Array;
  readonly stack: Int32Array;
  /** NaN where unknown; undefined when no event of the run tells it. May end early: what is behind is unknown. */
  readonly fromAddress: Float64Array | undefined;
  readonly requestedBytes: Float64Array | undefined;
  readonly atUs: Float64Array | undefined;
  readonly task: Float64Array | undefined;
  /** Whether any event so far came with the target's own word on its largest free block. */
  readonly tellsLargest: boolean;
  /**
   * Of those that allocate, and of those that end a block: the block's number, one an address; else -1. As long as no event told a time or what was
   * asked for, all numbers may be 0: nobody keeps anything by them.
   */
  readonly openedBlock: Int32Array;
  readonly endedBlock: Int32Array;
  /** Of the block that the event ended: the event that made it (-1 where none was ended), its address, its size and its stack. */
  readonly endedStart: Int32Array;
  readonly endedAddress: Uint32Array;
  readonly endedSize: Uint32Array;
  readonly endedStack: Int32Array;
  /** Sums faster: the columns that every event has, and those of the blocks, lie in its memory. */
  readonly kernel?: EventKernel;
}

/** What is alive at a moment, in the order in which it was allocated. */
export interface LiveBlocks {
  readonly count: number;
  readonly startSeq: Int32Array;
  readonly address: Uint32Array;
  readonly sizeBytes: Uint32Array;
  readonly stack: Int32Array;
}

/** The most bytes that were alive at one moment, how many allocations that were, and the event that first reached it. */
export interface Peak {
  readonly bytes: Bytes;
  readonly count: number;
  /** -1 in a trace without allocations. */
  readonly seq: Seq;
}

/** What is known when all runs were told. */
export interface RunsEnd {
  /** Everything of the trace but its events, whose columns are empty. */
  readonly trace: Trace;
  readonly peak: Peak;
  readonly findings: readonly Finding[];
  liveBlocks(): LiveBlocks;
}

/** Figures that are made in one pass, run by run. */
export interface RunSink<T> {
  /** Ascending: a run ends before each of these events, so that what is alive then can be asked for. */
  readonly runsEndAt?: readonly Seq[];
  /** Whether a run ends with each request that failed, as it does before one. */
  readonly stopsAtFailures?: boolean;
  /** False when it cannot go on: the figures are then made from the whole trace. */
  run(run: EventRun, liveBlocks: () => LiveBlocks): boolean;
  /** Undefined where they cannot be made in this way. */
  result(end: RunsEnd): T | undefined;
}
