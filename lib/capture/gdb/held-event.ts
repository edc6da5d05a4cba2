import type { Milliseconds } from '../../base/units.js';
import { isHeapEvent, type TraceRecord } from '../../trace/heap-event.js';

/** A link that dies during a backtrace is told right after it; what stayed so long is sound. */
const HOLD_MS: Milliseconds = 500;

/**
 * Holds the last event back until the next record, or a moment: gdb cuts a backtrace short when the link dies in it, and writes the
 * event as if its caller had none.
 */
export class HeldEvent {
  private held: TraceRecord | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly emit: (record: TraceRecord) => void) {}

  push(record: TraceRecord): void {
    this.release();
    if (!isHeapEvent(record)) {
      this.emit(record);
      return;
    }
    this.held = record;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.release();
    }, HOLD_MS);
  }

  /** All is well: gives the event out. */
  release(): void {
    const { held } = this;
    this.held = undefined;
    if (held) this.emit(held);
  }

  /** The link is lost: the event may be wrong. */
  drop(): void {
    this.held = undefined;
    clearTimeout(this.timer);
  }
}
