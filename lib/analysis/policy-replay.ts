import type { Address, Seq } from '../base/units.js';
import { fragmentationOf } from './heap-map.js';
import { type HeapRequests, RequestKind } from './heap-requests.js';
import type { HeapSpace, Placement, PlacementPolicy } from './policies/placement-policy.js';

const SAMPLES = 256;

/** The requests of a trace under a policy, one after the other. */
export class PolicyReplay {
  failures = 0;
  private firstFailureSeq: Seq = -1;
  private high: Address;
  private worst = 0;
  private atPeak = { fragmentation: 0, largest: 0 };
  private same = 0;
  /** The event of the first block that came to lie elsewhere than captured; -1 without one. */
  firstDifferentSeq: Seq = -1;
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
    if (address === this.requests.address[id]) this.same++;
    else if (this.firstDifferentSeq < 0) this.firstDifferentSeq = this.requests.seq[at] ?? -1;
    if (address < 0) {
      this.failures++;
      if (this.firstFailureSeq < 0) this.firstFailureSeq = this.requests.seq[at] ?? -1;
      return;
    }
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
