import type { Address, Bytes, Seq } from '../base/units.js';
import { lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { fragmentationOf } from './heap-map.js';
import { heapRegions } from './heap-regions.js';
import { type HeapRequests, heapRequests, RequestKind } from './heap-requests.js';
import { heapPeak } from './heap-usage.js';
import type { HeapSpace, Placement, PlacementPolicy } from './policies/placement-policy.js';

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
const SAMPLES = 256;

/** Replays a trace under a policy. Failed requests of the capture are not replayed: how long they would have lived is unknown. */
export function whatIf(trace: Trace, policy: PlacementPolicy, options: WhatIfOptions = {}): WhatIf {
  const requests = heapRequests(trace);
  const assumptions = [...lifespans(trace).assumptions];
  const space = bounded(options.space ?? spaceOf(trace, assumptions), assumptions);
  if (trace.info.sizeKind === 'block' && !trace.events.requestedBytes && policy.id !== 'micropython-gc') {
    assumptions.push('the trace has the sizes of blocks, not of requests: this policy adds its own overhead on top');
  }
  const replay = new Replay(requests, policy, space);
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
    if (first && first.sizeBytes > 0) {
      assumptions.push(...more.slice(lifespans(trace).assumptions.length));
      return { baseAddress: first.baseAddress, sizeBytes: first.sizeBytes };
    }
  }
  const sizeBytes = Math.max(1024, 2 * heapPeak(trace).bytes);
  assumptions.push(`the size of the heap is not known: taken as ${sizeBytes} bytes, twice the peak`);
  return { baseAddress: 0x20000000, sizeBytes };
}

class Replay {
  failures = 0;
  private firstFailureSeq: Seq = -1;
  private high: Address;
  private worst = 0;
  private atPeak = { fragmentation: 0, largest: 0 };
  private same = 0;
  private placed = 0;
  private placement: Placement;
  /** By block: its address, -1 while it has none. */
  private readonly addresses: Float64Array;

  constructor(
    private readonly requests: HeapRequests,
    private readonly policy: PlacementPolicy,
    private readonly space: HeapSpace,
  ) {
    this.placement = policy.create(space);
    this.addresses = new Float64Array(requests.sizeBytes.length).fill(-1);
    this.high = space.baseAddress;
  }

  get agreement(): { same: number; of: number } {
    return { same: this.same, of: this.placed };
  }

  run({ peakSeq, stopAtFailure }: { peakSeq: Seq; stopAtFailure: boolean }): void {
    const { count, seq } = this.requests;
    const every = Math.max(1, Math.floor(count / SAMPLES));
    for (let at = 0; at < count; at++) {
      this.step(at);
      if (stopAtFailure) {
        if (this.failures > 0) return;
      } else if (at % every === 0 || seq[at] === peakSeq) this.sample(seq[at] === peakSeq);
    }
  }

  result() {
    return {
      failures: this.failures,
      firstFailureSeq: this.firstFailureSeq,
      footprintBytes: this.high - this.space.baseAddress,
      worstFragmentation: this.worst,
      peakFragmentation: this.atPeak.fragmentation,
      largestFreeAtPeakBytes: this.atPeak.largest,
    };
  }

  private step(at: number): void {
    const { kind, block, from } = this.requests;
    const id = block[at] ?? -1;
    switch (kind[at]) {
      case RequestKind.alloc:
        this.place(at, id, this.placement.alloc(this.requests.sizeBytes[id] ?? 0));
        break;
      case RequestKind.free:
        this.release(id);
        break;
      case RequestKind.realloc: {
        const old = this.addresses[from[at] ?? -1] ?? -1;
        const size = this.requests.sizeBytes[id] ?? 0;
        const address = old < 0 ? this.placement.alloc(size) : this.placement.realloc(old, size);
        // The program frees the old block in the end, whether its realloc succeeded or not.
        if (address < 0) this.release(from[at] ?? -1);
        this.place(at, id, address);
        break;
      }
      case RequestKind.collected:
        this.placement.collected?.();
        break;
      default:
        this.placement = this.policy.create(this.space);
        this.addresses.fill(-1);
    }
  }

  private place(at: number, id: number, address: Address): void {
    this.addresses[id] = address;
    this.placed++;
    if (address < 0) {
      this.failures++;
      if (this.firstFailureSeq < 0) this.firstFailureSeq = this.requests.seq[at] ?? -1;
      return;
    }
    if (address === this.requests.address[id]) this.same++;
    this.high = Math.max(this.high, address + (this.requests.sizeBytes[id] ?? 0));
  }

  private release(id: number): void {
    const address = this.addresses[id] ?? -1;
    if (address < 0) return;
    this.placement.free(address);
    this.addresses[id] = -1;
  }

  private sample(peak: boolean): void {
    const { freeBytes, largestFreeBytes } = this.placement;
    const fragmentation = fragmentationOf(freeBytes, Math.min(freeBytes, largestFreeBytes));
    if (fragmentation > this.worst) this.worst = fragmentation;
    if (peak) this.atPeak = { fragmentation, largest: largestFreeBytes };
  }
}

/** The least heap, in steps of 16 bytes, that serves every request; undefined when even 1 GiB does not. */
function leastHeap(trace: Trace, requests: HeapRequests, policy: PlacementPolicy): Bytes | undefined {
  const step = Math.max(16, policy.unitBytes);
  const survives = (steps: number) => {
    const replay = new Replay(requests, policy, { baseAddress: 0x20000000, sizeBytes: steps * step });
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
