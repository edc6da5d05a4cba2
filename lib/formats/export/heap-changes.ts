import type { Seq } from '../../base/units.js';
import type { Lifespans } from '../../trace/lifespans.js';
import type { Trace } from '../../trace/trace.js';

/** What came to a heap and went, in order of events; what an event ends before what it begins. */
export class HeapChanges {
  /** By change: the lifespan that begins, or its complement (`~span`) where it ends. */
  readonly spans: Int32Array;

  constructor(
    trace: Trace,
    private readonly lifespans: Lifespans,
  ) {
    const { startSeq, endSeq, ended, count } = lifespans;
    const changes = new Int32Array(count + ended.length);
    let [length, ending] = [0, 0];
    const endsUpTo = (seq: Seq) => {
      for (; ending < ended.length; ending++) {
        const span = ended[ending] as number;
        if ((endSeq[span] as number) > seq) return;
        changes[length++] = ~span;
      }
    };
    for (let span = 0; span < count; span++) {
      endsUpTo(startSeq[span] as number);
      changes[length++] = span;
    }
    // What an epoch behind the last event ended has no event.
    endsUpTo(trace.eventCount - 1);
    this.spans = changes.subarray(0, length);
  }

  get count(): number {
    return this.spans.length;
  }

  /** The event of a change. */
  seqOf(change: number): Seq {
    const span = this.spans[change] as number;
    return (span < 0 ? this.lifespans.endSeq[~span] : this.lifespans.startSeq[span]) as number;
  }

  /** The lifespan that a change begins or ends. */
  spanOf(change: number): number {
    const span = this.spans[change] as number;
    return span < 0 ? ~span : span;
  }

  isEnd(change: number): boolean {
    return (this.spans[change] as number) < 0;
  }
}
