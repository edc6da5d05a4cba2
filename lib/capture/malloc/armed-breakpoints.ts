import type { Address } from '../../base/units.js';
import type { DebugLink } from '../../link/debug-link.js';
import type { TraceRecord } from '../../trace/heap-event.js';
import type { HarvestPlan, MallocHook } from '../engine.js';
import { BreakpointBudget } from '../plan/breakpoint-budget.js';
import type { OpenCall } from './call-hook.js';
import type { MallocTracker } from './malloc-tracker.js';

/** Keeps the target's breakpoints at what the budget says, with as few requests as possible. */
export class ArmedBreakpoints {
  /** The most that were set at once. */
  most = 0;
  /** Calls whose return could not be watched all the time. */
  lost = 0;
  private readonly budget: BreakpointBudget;
  private set: ReadonlySet<Address> = new Set();
  private readonly unwatched = new WeakSet<OpenCall>();

  constructor(
    private readonly link: DebugLink,
    plan: HarvestPlan & { readonly hook: MallocHook },
    private readonly tracker: MallocTracker,
  ) {
    const entries = plan.hook.calls.map(({ address }) => address);
    const ends = plan.stops.map(({ address }) => address);
    this.budget = new BreakpointBudget(plan.hook.breakpointLimit, { entries, yielding: plan.hook.yielding, ends });
  }

  /** How many are set now. */
  get count(): number {
    return this.set.size;
  }

  /** Whether a call may have returned without being seen. */
  wasUnwatched(call: OpenCall): boolean {
    return this.unwatched.has(call);
  }

  /** Arms what is wanted until the next stop. Returns a note for the first return that finds no breakpoint. */
  async update(): Promise<TraceRecord | undefined> {
    const { addresses, unseenReturns } = this.budget.next(this.tracker.returnAddresses);
    for (const address of this.set) if (!addresses.has(address)) await this.link.removeBreakpoint(address);
    for (const address of addresses) if (!this.set.has(address)) await this.link.setBreakpoint(address);
    this.set = addresses;
    this.most = Math.max(this.most, addresses.size);
    if (unseenReturns.length === 0) return undefined;
    const isFirst = this.lost === 0;
    for (const call of this.tracker.open) {
      if (!unseenReturns.includes(call.returnAddress) || this.unwatched.has(call)) continue;
      this.unwatched.add(call);
      this.lost++;
    }
    const text = `${this.tracker.open.length} allocations are under way at once, and the board's breakpoints watch ${this.budget.returnSlots} returns: the oldest may be missed, each is then a gap`;
    return isFirst ? { kind: 'note', code: 'breakpoints', text } : undefined;
  }
}
