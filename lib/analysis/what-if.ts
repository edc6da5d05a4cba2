import type { Bytes, Seq } from '../base/units.js';
import { lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { heapRegions } from './heap-regions.js';
import { type HeapRequests, heapRequests } from './heap-requests.js';
import { heapPeak } from './heap-usage.js';
import type { HeapSpace, PlacementPolicy } from './policies/placement-policy.js';
import { PolicyReplay } from './policy-replay.js';
import { type Reproduction, reproduction } from './reproduction.js';
import { requireBlocks } from './requires-blocks.js';

/** A trace's requests under another placement policy. */
export interface WhatIf {
  readonly schema: 'heap-harvest/what-if@1';
  readonly policy: string;
  readonly title: string;
  readonly heapBytes: Bytes;
  readonly requests: number;
  /** Requests that found no room; they and what follows for their block are left out. */
  readonly failures: number;
  /** The event of the first one; -1 without failures. */
  readonly firstFailureSeq: Seq;
  /** From the heap's begin to the highest byte ever handed out. */
  readonly footprintBytes: Bytes;
  /** Of about 256 moments, the worst fragmentation; and that at the trace's own peak. */
  readonly worstFragmentation: number;
  readonly peakFragmentation: number;
  readonly largestFreeAtPeakBytes: Bytes;
  /** How many blocks came to lie where the captured allocator had put them; absent without addresses. */
  readonly agreement?: { readonly same: number; readonly of: number };
  /** Which policy comes nearest to the captured allocator, and how near; absent without addresses. */
  readonly reproduction?: Reproduction;
  /**
   * Whether the figures are estimates: no policy puts every block where the capture has it, the trace has no addresses to tell by, or
   * blocks' sizes where the policy wants those of requests. What was asked for, or the model, is not quite that of the program then.
   */
  readonly isEstimate: boolean;
  /** The smallest heap that serves everything, found by bisection; absent when it was not asked for or not found. */
  readonly leastHeapBytes?: Bytes;
  readonly assumptions: readonly string[];
}

/** The heap that a trace is replayed in. */
export interface WhatIfOptions {
  /** Default: the trace's region. */
  readonly space?: HeapSpace;
  /** Default true; costs some 20 further replays. */
  readonly leastHeap?: boolean;
}

/** Larger heaps are not replayed: some policies keep a table of the whole heap. */
const MAX_HEAP = 2 ** 30;
/**
 * Replays a trace under a policy. Failed requests of the capture are not replayed: how long they would have lived is unknown.
 *
 * @throws UsageError HH2130 for a log of heap levels
 */
export function whatIf(trace: Trace, policy: PlacementPolicy, options: WhatIfOptions = {}): WhatIf {
  requireBlocks(trace, 'whatif');
  const requests = heapRequests(trace);
  const assumptions = [...lifespans(trace).assumptions];
  const ofCapture: string[] = [];
  const captured = bounded(spaceOf(trace, ofCapture), ofCapture);
  const near = reproduction(trace, requests, captured);
  const space = options.space ? bounded(options.space, assumptions) : captured;
  if (!options.space) assumptions.push(...ofCapture);
  const addsToBlocks =
    trace.info.sizeKind === 'block' && !trace.events.requestedBytes && policy.id !== 'micropython-gc';
  if (addsToBlocks) {
    assumptions.push('the trace has the sizes of blocks, not of requests: this policy adds its own overhead on top');
  }
  const replay = new PolicyReplay(requests, policy, space);
  replay.run({ peakSeq: heapPeak(trace).seq, stopAtFailure: false });
  const least = options.leastHeap === false ? undefined : leastHeap(trace, requests, policy);
  if (least !== undefined)
    assumptions.push('a larger heap may fail where a smaller one serves: the bisection finds one limit');
  return {
    schema: 'heap-harvest/what-if@1',
    policy: policy.id,
    title: policy.title,
    heapBytes: space.sizeBytes,
    requests: requests.count,
    ...replay.result(),
    ...(trace.info.hasAddresses ? { agreement: replay.agreement } : {}),
    ...(near ? { reproduction: near } : {}),
    isEstimate: addsToBlocks || near === undefined || near.same < near.of,
    ...(least === undefined ? {} : { leastHeapBytes: least }),
    assumptions,
  };
}

function bounded(space: HeapSpace, assumptions: string[]): HeapSpace {
  if (space.sizeBytes <= MAX_HEAP) return space;
  assumptions.push('heaps above 1 GiB are replayed in 1 GiB');
  return { ...space, sizeBytes: MAX_HEAP };
}

/** The captured heap; where it is not known, what the trace's peak needs twice over. */
function spaceOf(trace: Trace, assumptions: string[]): HeapSpace {
  if (trace.info.hasAddresses) {
    const { regions, assumptions: more } = heapRegions(trace, lifespans(trace));
    const [first] = regions;
    const sizeBytes = regions.reduce((sum, region) => sum + region.sizeBytes, 0);
    if (first && sizeBytes > 0) {
      assumptions.push(...more.slice(lifespans(trace).assumptions.length));
      if (regions.length > 1) assumptions.push(`the ${regions.length} areas of the heap are replayed as one`);
      return { baseAddress: first.baseAddress, sizeBytes };
    }
  }
  const sizeBytes = Math.max(1024, 2 * heapPeak(trace).bytes);
  assumptions.push(`the size of the heap is not known: taken as ${sizeBytes} bytes, twice the peak`);
  return { baseAddress: 0x20000000, sizeBytes };
}

/** The least heap, in steps of 16 bytes, that serves every request; undefined when even 1 GiB does not. */
function leastHeap(trace: Trace, requests: HeapRequests, policy: PlacementPolicy): Bytes | undefined {
  const step = Math.max(16, policy.unitBytes);
  const survives = (steps: number) => {
    const replay = new PolicyReplay(requests, policy, { baseAddress: 0x20000000, sizeBytes: steps * step });
    replay.run({ peakSeq: -1, stopAtFailure: true });
    return replay.failures === 0;
  };
  let low = Math.floor(heapPeak(trace).bytes / step) - 1;
  let high = Math.max(1, Math.ceil((heapPeak(trace).bytes * 1.25) / step) + 4);
  for (; high * step <= MAX_HEAP && !survives(high); high *= 2) low = high;
  if (high * step > MAX_HEAP) return undefined;
  low = Math.max(0, low);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (survives(middle)) high = middle;
    else low = middle;
  }
  return high * step;
}
