import type { Address } from '../../base/units.js';

/** What is armed until the next stop. */
export interface Armed {
  readonly addresses: ReadonlySet<Address>;
  /** Returns that no comparator was left for; empty nearly always. */
  readonly unseenReturns: readonly Address[];
  /** Whether an end condition had to give its comparator to a return. */
  readonly endLeftOut: boolean;
}

/** Where a capture wants to stop. */
export interface WantedBreakpoints {
  /** Of hooked functions. */
  readonly entries: readonly Address[];
  /** Those of the entries that give way to a return, where there are not enough for both: what cannot be called inside of the open call. */
  readonly yielding?: readonly Address[];
  /** End conditions. */
  readonly ends: readonly Address[];
}

/**
 * Shares a chip's comparators between the entries of hooked functions, the returns of open calls, and the end conditions
 * (docs/malloc-hooks.md). Entries are always armed, but for those that yield: an interrupt or another task may allocate at any time. Returns of open calls
 * come next, the most recent first; an end condition gives way to them, as long as a call is open. What is left keeps the
 * returns of late: the same place allocates again soon, and its breakpoint then needs no request.
 */
export class BreakpointBudget {
  private recent: Address[] = [];

  constructor(
    private readonly limit: number,
    private readonly wanted: WantedBreakpoints,
  ) {}

  /** How many returns can be armed at once. At least 1 for a plan that was made with {@link fits}. */
  get returnSlots(): number {
    const { entries, yielding = [] } = this.wanted;
    return this.limit - new Set(entries).size + new Set(yielding).size;
  }

  /** Whether a limit is enough for so many entries and ends: one comparator serves returns and ends in turn. */
  static fits(limit: number, entries: number, ends: number): boolean {
    return entries + Math.max(1, ends) <= limit;
  }

  /** Whether it is enough where an entry gives its comparator to the return. */
  static fitsInTurns(limit: number, entries: number, ends: number): boolean {
    return entries + ends <= limit;
  }

  /** What to arm while calls are open that return to `returns`, the most recent first. */
  next(returns: readonly Address[]): Armed {
    const { entries, yielding = [], ends } = this.wanted;
    const addresses = new Set(entries.filter((address) => !yielding.includes(address)));
    const fill = (wanted: readonly Address[]): Address[] => {
      const left: Address[] = [];
      for (const address of wanted) {
        if (addresses.has(address)) continue;
        if (addresses.size < this.limit) addresses.add(address);
        else left.push(address);
      }
      return left;
    };
    const unseenReturns = fill(returns);
    fill(yielding);
    const endLeftOut = fill(ends).length > 0;
    fill(this.recent);
    this.recent = [...new Set([...returns, ...this.recent])].slice(0, MAX_RECENT);
    return { addresses, unseenReturns, endLeftOut };
  }
}

const MAX_RECENT = 16;
