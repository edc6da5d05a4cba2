import type { Address, Bytes } from '../base/units.js';
import type { Numbers } from './column.js';
import type { Lifespans } from './lifespans.js';
import type { Trace } from './trace.js';

/**
 * Where the blocks of lifespans lie, looked up at the events that made them: for who looks at those of one moment. The columns of
 * {@link Lifespans} are as long as the trace, and once made they stay in memory with it.
 */
export class SpanBlocks {
  private readonly startSeq: Int32Array;
  private readonly addresses: Numbers;
  private readonly sizes: Numbers;

  constructor({ events }: Trace, { startSeq }: Lifespans) {
    this.startSeq = startSeq;
    this.addresses = events.address;
    this.sizes = events.sizeBytes;
  }

  /** 0 for no lifespan. */
  addressOf(span: number): Address {
    return this.addresses[this.startSeq[span] ?? -1] ?? 0;
  }

  sizeOf(span: number): Bytes {
    return this.sizes[this.startSeq[span] ?? -1] ?? 0;
  }

  endOf(span: number): Address {
    return this.addressOf(span) + this.sizeOf(span);
  }
}
