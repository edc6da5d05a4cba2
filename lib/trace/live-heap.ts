import type { Address, Bytes, Seq } from '../base/units.js';
import type { TraceRecord } from './heap-event.js';

/**
 * The live blocks while events stream in: what a progress line, a journal summary and the end-of-capture check need.
 * Counts are exact for consistent streams; see `lifespans` for the findings of inconsistent ones.
 */
export class LiveHeap {
  readonly blocks = new Map<Address, Bytes>();
  eventCount = 0;
  allocations = 0;
  frees = 0;
  reallocations = 0;
  failures = 0;
  liveBytes: Bytes = 0;
  peakBytes: Bytes = 0;
  /** The event at which the peak was first reached; -1 before the first allocation. */
  peakSeq: Seq = -1;

  add(record: TraceRecord): void {
    switch (record.kind) {
      case 'alloc':
        this.allocations++;
        this.open(record.address, record.sizeBytes);
        break;
      case 'existing':
        this.open(record.address, record.sizeBytes);
        break;
      case 'realloc':
        this.reallocations++;
        this.close(record.fromAddress);
        this.open(record.address, record.sizeBytes);
        break;
      case 'free':
      case 'sweep':
        this.frees++;
        this.close(record.address);
        break;
      case 'failed':
        this.failures++;
        break;
      case 'epoch':
        this.blocks.clear();
        this.liveBytes = 0;
        return;
      default:
        return;
    }
    if (this.liveBytes > this.peakBytes) {
      this.peakBytes = this.liveBytes;
      this.peakSeq = this.eventCount;
    }
    this.eventCount++;
  }

  private open(address: Address, sizeBytes: Bytes): void {
    this.close(address);
    this.blocks.set(address, sizeBytes);
    this.liveBytes += sizeBytes;
  }

  private close(address: Address): void {
    const sizeBytes = this.blocks.get(address);
    if (sizeBytes === undefined) return;
    this.blocks.delete(address);
    this.liveBytes -= sizeBytes;
  }
}
