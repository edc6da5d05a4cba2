import type { Address } from '../base/units.js';
import type { DebugInfo } from './debug-info.js';
import { Die } from './die.js';
import { At } from './dwarf-constants.js';
import type { SymbolTable } from './elf-symbols.js';
import { type CallSite, functionNodeAt, type UnitIndex } from './unit-index.js';

const MAX_STEPS = 2000;
const MAX_CHAIN = 64;

/** The search met a call whose target is not known: gdb then shows no virtual frames at all. */
class UnknownTarget extends Error {}

/** The chains found so far, reduced to what they have in common (gdb's chain_candidate). */
class Candidates {
  sites: readonly CallSite[] | undefined;
  private fromCaller = 0;
  private fromCallee = 0;
  ambiguous = false;

  add(chain: readonly CallSite[]): void {
    if (!this.sites) {
      this.sites = chain.slice();
      this.fromCaller = chain.length;
      this.fromCallee = chain.length;
      return;
    }
    const { sites } = this;
    let same = 0;
    while (same < Math.min(this.fromCaller, chain.length) && sites[same] === chain[same]) same++;
    this.fromCaller = same;
    same = 0;
    while (same < Math.min(this.fromCallee, chain.length) && sites.at(-1 - same) === chain.at(-1 - same)) same++;
    this.fromCallee = same;
    this.ambiguous = this.fromCaller === 0 && this.fromCallee === 0;
  }

  /** The sites that every chain has, innermost first. */
  common(): readonly CallSite[] {
    const { sites } = this;
    if (!sites || this.ambiguous) return [];
    if (this.fromCaller === sites.length && this.fromCallee === sites.length) return sites.slice().reverse();
    const inner = sites.slice(sites.length - this.fromCallee).reverse();
    return this.fromCallee === sites.length ? inner : [...inner, ...sites.slice(0, this.fromCaller).reverse()];
  }
}

interface Search {
  readonly callee: Address;
  /** The tail calls taken so far, outermost first. */
  readonly chain: CallSite[];
  readonly entered: Set<Address>;
  readonly candidates: Candidates;
  stepsLeft: number;
}

interface Place {
  readonly unitIndex: UnitIndex;
  readonly node: number;
}

/**
 * Finds frames that tail calls removed from the stack: a return address is preceded by a call of A, but the frame below is B; if A
 * reaches B by one chain of tail calls only, its functions belong in the backtrace. The search is that of gdb 13
 * (call_site_find_chain), so that both engines give one trace.
 */
export class TailCalls {
  private readonly targets = new Map<CallSite, Address | undefined>();

  constructor(
    private readonly info: DebugInfo,
    private readonly symbols: SymbolTable,
  ) {}

  /**
   * The return addresses of the missing frames between a function (by its start) and the frame that it returns to, innermost
   * first; empty when there are none or more than one chain is possible.
   */
  between(callerPc: Address, callee: Address): readonly Address[] {
    const unit = this.info.unitAt(callerPc - 1);
    const first = unit && this.info.indexOf(unit).callSites.get(callerPc);
    if (!first) return [];
    const candidates = new Candidates();
    try {
      this.follow(first, { callee, chain: [], entered: new Set(), candidates, stepsLeft: MAX_STEPS });
    } catch (error) {
      if (error instanceof UnknownTarget) return [];
      throw error;
    }
    return candidates.common().map((site) => site.returnPc);
  }

  /** Where the function (not inlined) that covers an address starts. */
  functionStart(pc: Address): Address | undefined {
    const place = this.place(pc);
    if (place) return place.unitIndex.lowPcs[place.node];
    return this.symbols.functionAt(pc)?.address;
  }

  private place(pc: Address): Place | undefined {
    const unit = this.info.unitAt(pc);
    if (!unit) return undefined;
    const unitIndex = this.info.indexOf(unit);
    const node = functionNodeAt(unitIndex, pc);
    return node < 0 ? undefined : { unitIndex, node };
  }

  private follow(site: CallSite, search: Search): void {
    const { callee, chain, entered, candidates } = search;
    const target = this.targetOf(site);
    if (target === callee) {
      candidates.add(chain);
      return;
    }
    const place = this.place(target);
    if (!place || place.unitIndex.lowPcs[place.node] !== target) throw new UnknownTarget();
    for (const next of place.unitIndex.tailCalls.get(place.node) ?? []) {
      if (candidates.ambiguous || entered.has(next.returnPc)) continue;
      if (search.stepsLeft-- <= 0 || chain.length > MAX_CHAIN) throw new UnknownTarget();
      entered.add(next.returnPc);
      chain.push(next);
      this.follow(next, search);
      chain.pop();
      entered.delete(next.returnPc);
    }
  }

  private targetOf(site: CallSite): Address {
    let target = this.targets.get(site);
    if (target === undefined && !this.targets.has(site)) {
      const { origin } = site;
      target = origin === undefined ? undefined : this.info.attempt(() => this.resolve(origin));
      this.targets.set(site, target);
    }
    if (target === undefined) throw new UnknownTarget();
    return target;
  }

  /**
   * The address of a called function: its own, or that of the symbol which a declaration names. A call of a function that has
   * both inlined and separate copies names the abstract one, without an address: gdb 13 gives up there, and so does this.
   */
  private resolve(origin: number): Address | undefined {
    const die = Die.at(this.info.units, origin);
    if (!die) return undefined;
    if ((die.number(At.declaration) ?? 0) === 0) return die.number(At.lowPc);
    const name = die.text(At.linkageName) ?? die.text(At.mipsLinkageName) ?? die.text(At.name);
    return name === undefined ? undefined : this.symbols.named(name)[0]?.address;
  }
}
