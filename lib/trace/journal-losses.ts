import { formatCount } from '../base/units.js';
import type { TraceBuilder } from './trace-builder.js';

/** So many are listed; the last one stands for all that follow. */
const MAX_GAPS = 1000;

/** A part of a journal that could not be read. */
export interface JournalLoss {
  /** Where it begins in the file. */
  readonly at: number;
  readonly bytes: number;
  /** What was found there. */
  readonly found: string;
}

/** Turns the damaged parts of a journal into gaps, each at its place among the events that are left and with what is lost there. */
export class JournalLosses {
  private open: JournalLoss | undefined;
  /** Parts that the open one stands for. */
  private parts = 0;
  private gaps = 0;

  constructor(private readonly builder: TraceBuilder) {}

  add(loss: JournalLoss): void {
    this.parts++;
    this.open = this.open ? { ...this.open, bytes: this.open.bytes + loss.bytes } : loss;
  }

  /** The journal goes on after `lostEvents` events that are not there. */
  settle(lostEvents: number): void {
    if (!this.open && lostEvents === 0) return;
    if (this.gaps >= MAX_GAPS) return;
    this.gap(lostEvents);
  }

  /** The journal is over. @param inGoodOrder whether its writer said so */
  end(inGoodOrder: boolean, lostStacks: number): void {
    if (this.open) this.gap(undefined);
    else if (!inGoodOrder && !this.endsInGap()) {
      this.builder.add({ kind: 'gap', reason: 'the capture was not ended in good order' });
    }
    const damaged = this.gaps > 0;
    if (damaged) {
      this.builder.gaps.sort((a, b) => a.beforeSeq - b.beforeSeq);
      if (lostStacks > 0) this.tellLostStacks(lostStacks);
    }
    if (!inGoodOrder && this.builder.info.endReason === undefined) {
      this.builder.add({ kind: 'info', info: { endReason: 'the capture process ended early' } });
    }
    if (damaged || !inGoodOrder) this.builder.add({ kind: 'info', info: { complete: false } });
  }

  private gap(lostEvents: number | undefined): void {
    const reason = this.open ? reasonOf(this.open, this.parts) : 'events are missing from the journal';
    this.builder.add({ kind: 'gap', reason, ...(lostEvents === undefined ? {} : { lostEvents }) });
    this.gaps++;
    this.open = undefined;
    this.parts = 0;
  }

  /** Whether the last thing that the capture told is that something was lost: its breaking off is no second loss. */
  private endsInGap(): boolean {
    return this.builder.gaps.at(-1)?.beforeSeq === this.builder.eventCount;
  }

  private tellLostStacks(count: number): void {
    this.builder.add({
      kind: 'note',
      code: 'journal-lost-backtraces',
      text: `the backtraces of ${formatCount(count)} events are lost: the damaged part of the journal named their functions`,
    });
  }
}

function reasonOf({ at, bytes, found }: JournalLoss, parts: number): string {
  const more = parts > 1 ? ` in ${formatCount(parts)} places` : '';
  return `damaged at byte ${at}: ${found}; ${formatCount(bytes)} bytes${more} left out`;
}
