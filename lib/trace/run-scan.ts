import type { EventRun, LiveBlocks, Peak } from './event-run.js';
import type { Finding } from './finding-list.js';
import type { TraceBuilder } from './trace-builder.js';

/** So many events a run: their columns stay in the processor's cache from decoding to the last sum. */
export const RUN_EVENTS = 1 << 14;

/** Follows the blocks of a trace that comes run by run. */
export interface RunScan {
  /** The next events: those of a builder from `from` to `to` (without it), at most {@link RUN_EVENTS}. Undefined when it gave up. */
  next(builder: TraceBuilder, from: number, to: number): EventRun | undefined;
  readonly peak: Peak;
  findings(): Finding[];
  liveBlocks(): LiveBlocks;
}

/** What a scan tells of the blocks of a run. */
export type ToldOfBlocks = Pick<
  EventRun,
  'openedBlock' | 'endedBlock' | 'endedStart' | 'endedAddress' | 'endedSize' | 'endedStack'
>;

/** A run of a builder's events, with room for what is told of their blocks; undefined where not all addresses and sizes are of 32 bits. */
export function runOf(
  builder: TraceBuilder,
  { from, to }: { readonly from: number; readonly to: number },
  told: ToldOfBlocks,
): EventRun | undefined {
  const { kind, stack, optional } = builder;
  const [address, sizeBytes] = [builder.address.values, builder.sizeBytes.values];
  if (!(address instanceof Uint32Array && sizeBytes instanceof Uint32Array)) return undefined;
  const part = (name: 'fromAddress' | 'requestedBytes' | 'atUs' | 'task') => {
    const column = optional[name];
    return column && column.length > from ? column.values.subarray(from, Math.min(to, column.length)) : undefined;
  };
  return {
    firstSeq: builder.forgotten + from,
    count: to - from,
    kind: kind.values.subarray(from, to),
    address: address.subarray(from, to),
    sizeBytes: sizeBytes.subarray(from, to),
    stack: stack.values.subarray(from, to),
    fromAddress: part('fromAddress'),
    requestedBytes: part('requestedBytes'),
    atUs: part('atUs'),
    task: part('task'),
    tellsLargest: optional.largestBeforeBytes !== undefined || optional.largestAfterBytes !== undefined,
    ...told,
  };
}
