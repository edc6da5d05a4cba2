import type { OpenCall } from './call-hook.js';

/** More events than these are not kept waiting for a realloc that does not return. */
const MAX_WAITING = 10_000;

interface Slot<E> {
  /** The realloc whose entry this place is; what it did is not known before it returns. */
  readonly call?: OpenCall;
  readonly events: E[];
}

/**
 * The order of events while reallocs are under way. A realloc is told when it returns; what other tasks and interrupts did since its entry
 * waits until then, because the place that it left is free from its entry on as far as anybody can know, and may be theirs by now.
 */
export class EventOrder<E> {
  private slots: Slot<E>[] = [];
  private waiting = 0;

  /** A realloc of a block begins here. */
  open(call: OpenCall): void {
    this.slots.push({ call, events: [] });
  }

  /** Something happened; returns what can be told now. */
  add(event: E): E[] {
    this.slots.push({ events: [event] });
    this.waiting++;
    if (this.waiting > MAX_WAITING) this.slots = [{ events: this.slots.flatMap(({ events }) => events) }];
    return this.drain();
  }

  /** What waits that happened before the realloc's entry, and what happened since. */
  around(call: OpenCall): { readonly before: E[]; readonly since: E[] } {
    const at = this.slots.findIndex((slot) => slot.call === call);
    if (at < 0) return { before: [], since: [] };
    const [before, since] = [this.slots.slice(0, at), this.slots.slice(at + 1)];
    return { before: before.flatMap(({ events }) => events), since: since.flatMap(({ events }) => events) };
  }

  /** The realloc has ended: `atEntry` took effect where it began, `atReturn` now. Returns what can be told. */
  close(
    call: OpenCall,
    { atEntry, atReturn }: { readonly atEntry: readonly E[]; readonly atReturn: readonly E[] },
  ): E[] {
    const at = this.slots.findIndex((slot) => slot.call === call);
    if (at >= 0) this.slots[at] = { events: [...atEntry] };
    else this.slots.push({ events: [...atEntry] });
    this.slots.push({ events: [...atReturn] });
    return this.drain();
  }

  /** Everything, at the end: reallocs that are still under way did nothing that is known. */
  rest(): E[] {
    const events = this.slots.flatMap((slot) => slot.events);
    this.slots = [];
    this.waiting = 0;
    return events;
  }

  private drain(): E[] {
    const open = this.slots.findIndex(({ call }) => call !== undefined);
    const ready = open < 0 ? this.slots.splice(0) : this.slots.splice(0, open);
    const events = ready.flatMap((slot) => slot.events);
    this.waiting -= Math.min(this.waiting, events.length);
    return events;
  }
}
