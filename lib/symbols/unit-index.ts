import type { Address } from '../base/units.js';
import type { ByteReader } from './byte-reader.js';
import type { Abbrev } from './dwarf-abbrev.js';
import { At, Form, Tag } from './dwarf-constants.js';
import { readNumber, skipForm } from './dwarf-forms.js';
import { type RangePairs, readRanges } from './dwarf-ranges.js';
import { isAddressForm, type Unit } from './dwarf-units.js';
import { IntervalMap } from './interval-map.js';

/** A call, by the address that it returns to. */
export interface CallSite {
  readonly returnPc: Address;
  /** Its entry in .debug_info. */
  readonly die: number;
  /** The called function's entry in .debug_info; undefined for a call through a pointer. */
  readonly origin: number | undefined;
  readonly isTailCall: boolean;
  /** The node of the function (not inlined) that makes the call. */
  readonly caller: number;
}

/**
 * The functions and inlined calls with code of one unit, in columns by node. A node's parent is the function or inlined call that
 * it lies in, always with a lower number; -1 for none. Line and file are those of the call, 0 for functions.
 */
export interface UnitIndex {
  readonly dies: readonly number[];
  readonly parents: readonly number[];
  readonly callFiles: readonly number[];
  readonly callLines: readonly number[];
  readonly lowPcs: readonly number[];
  readonly isInlined: readonly boolean[];
  /** Address to innermost node. */
  readonly addresses: IntervalMap;
  readonly callSites: ReadonlyMap<Address, CallSite>;
  /** Tail calls by the function node that makes them. */
  readonly tailCalls: ReadonlyMap<number, readonly CallSite[]>;
  /** Functions and scopes that lie in a namespace, class or the like: entry offset to that of the scope. */
  readonly scopes: ReadonlyMap<number, number>;
  /** Whether entries of functions that the linker discarded were passed over. */
  readonly discardsFunctions: boolean;
}

const NONE = -1;
/** Below a function that the linker discarded: its addresses mean nothing. */
const DISCARDED = -2;
const MAX_DEPTH = 512;

const SCOPE_TAGS: ReadonlySet<number> = new Set([Tag.namespace, Tag.structureType, Tag.classType, Tag.unionType]);
const WANTED = [
  At.lowPc,
  At.highPc,
  At.ranges,
  At.callFile,
  At.callLine,
  At.callReturnPc,
  At.callOrigin,
  At.abstractOrigin,
  At.callTailCall,
  At.gnuTailCall,
];
/** Attribute to its place in {@link WANTED}; a plain array, since this is asked for every attribute of every function. */
const SLOTS: readonly (number | undefined)[] = WANTED.reduce<(number | undefined)[]>((slots, attribute, slot) => {
  slots[attribute] = slot;
  return slots;
}, []);

/** The wanted attributes of the entry that was read last; one object for the whole walk. */
class Values {
  private readonly numbers: number[] = WANTED.map(() => Number.NaN);
  highIsSize = false;
  rangesIndexed = false;

  read(reader: ByteReader, abbrev: Abbrev, unit: Unit): void {
    this.numbers.fill(Number.NaN);
    for (let index = 0; index < abbrev.attributes.length; index++) {
      const attribute = abbrev.attributes[index] ?? 0;
      const form = abbrev.forms[index] ?? 0;
      const slot = SLOTS[attribute];
      if (slot === undefined) {
        skipForm(reader, form, unit);
        continue;
      }
      this.numbers[slot] = readNumber(reader, form, abbrev.constants[index] ?? 0, unit);
      if (attribute === At.highPc) this.highIsSize = !isAddressForm(form);
      if (attribute === At.ranges) this.rangesIndexed = form === Form.rnglistx;
    }
  }

  get(attribute: number): number | undefined {
    const value = this.numbers[SLOTS[attribute] ?? -1];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  }

  ranges(unit: Unit): RangePairs {
    const list = this.get(At.ranges);
    if (list !== undefined) return readRanges(unit, list, this.rangesIndexed);
    const low = this.get(At.lowPc);
    const high = this.get(At.highPc);
    if (low === undefined || high === undefined) return [];
    const end = this.highIsSize ? low + high : high;
    return end > low ? [low, end] : [];
  }
}

/** The function (not inlined) that a node lies in; -1 for none. */
function outOfInlined(start: number, isInlined: readonly boolean[], parents: readonly number[]): number {
  let node = start;
  while (node >= 0 && isInlined[node]) node = parents[node] ?? NONE;
  return node;
}

/** The node of the function (not inlined) that covers an address; -1 for none. */
export function functionNodeAt(index: UnitIndex, pc: Address): number {
  return outOfInlined(index.addresses.at(pc), index.isInlined, index.parents);
}

export interface IndexRules {
  /** Whether the linker kept a function, by its first range and its entry. */
  readonly isLive: (low: Address, end: Address, die: number) => boolean;
  /** Addresses of functions may have the Thumb bit: GNU as 2.40 writes it in the entries that it makes for assembly code. */
  readonly hasThumbBit: boolean;
}

/** Walks all entries of a unit once. @throws SymbolError on damaged entries. */
export function indexUnit(unit: Unit, rules: IndexRules): UnitIndex {
  const builder = new IndexBuilder(unit, rules);
  builder.walk();
  return builder.finish();
}

/** Where the first address has the Thumb bit, all of it lies one byte too high. */
function evenRanges(ranges: RangePairs): RangePairs {
  return (ranges[0] ?? 0) % 2 === 0 ? ranges : ranges.map((address) => address - 1);
}

function passOver(reader: ByteReader, abbrev: Abbrev, unit: Unit): void {
  for (const step of abbrev.skipPlan) {
    if (step >= 0) reader.skip(step);
    else skipForm(reader, -step, unit);
  }
}

class IndexBuilder {
  private readonly dies: number[] = [];
  private readonly parents: number[] = [];
  private readonly callFiles: number[] = [];
  private readonly callLines: number[] = [];
  private readonly lowPcs: number[] = [];
  private readonly isInlined: boolean[] = [];
  private readonly lows: number[] = [];
  private readonly highs: number[] = [];
  private readonly owners: number[] = [];
  private readonly callSites = new Map<Address, CallSite>();
  private readonly tailCalls = new Map<number, CallSite[]>();
  private readonly scopes = new Map<number, number>();
  private readonly values = new Values();
  private discardsFunctions = false;

  constructor(
    private readonly unit: Unit,
    private readonly rules: IndexRules,
  ) {}

  walk(): void {
    const { unit } = this;
    const reader = unit.sections.reader('.debug_info', unit.entriesOffset);
    reader.limit = unit.end;
    const nodes = [NONE];
    const scopes = [NONE];
    while (reader.offset < reader.limit && nodes.length > 0) {
      const offset = reader.offset;
      const code = reader.uleb();
      if (code === 0) {
        nodes.pop();
        scopes.pop();
        continue;
      }
      const abbrev = unit.abbrevs.get(code);
      // An unknown shape: what follows cannot be read; what was read stays.
      if (!abbrev || nodes.length > MAX_DEPTH) return;
      const node = this.visit(reader, abbrev, offset, nodes.at(-1) ?? NONE, scopes.at(-1) ?? NONE);
      if (!abbrev.hasChildren) continue;
      nodes.push(node);
      scopes.push(SCOPE_TAGS.has(abbrev.tag) || abbrev.tag === Tag.subprogram ? offset : (scopes.at(-1) ?? NONE));
    }
  }

  /** Reads one entry and returns the node that its children lie in. */
  private visit(reader: ByteReader, abbrev: Abbrev, offset: number, parent: number, scope: number): number {
    const { unit, values } = this;
    const { tag } = abbrev;
    const isFunction = tag === Tag.subprogram || tag === Tag.inlinedSubroutine;
    if (isFunction || tag === Tag.callSite || tag === Tag.gnuCallSite) {
      values.read(reader, abbrev, unit);
    } else passOver(reader, abbrev, unit);
    if (scope !== NONE && (tag === Tag.subprogram || SCOPE_TAGS.has(tag))) this.scopes.set(offset, scope);
    if (isFunction) return abbrev.hasCode ? this.addFunction(offset, tag, parent) : parent;
    if ((tag === Tag.callSite || tag === Tag.gnuCallSite) && parent >= 0) this.addCallSite(offset, parent);
    return parent;
  }

  private addFunction(offset: number, tag: number, outer: number): number {
    const inlined = tag === Tag.inlinedSubroutine;
    // A nested function's code is not inside that of the function it is declared in.
    const parent = inlined ? outer : outer === DISCARDED ? DISCARDED : NONE;
    if (parent === DISCARDED) return DISCARDED;
    const ranges = this.rules.hasThumbBit ? evenRanges(this.values.ranges(this.unit)) : this.values.ranges(this.unit);
    const low = ranges[0];
    if (low === undefined) return parent;
    if (!inlined && !this.rules.isLive(low, ranges[1] ?? low, offset)) {
      this.discardsFunctions = true;
      return DISCARDED;
    }
    const node = this.dies.length;
    this.dies.push(offset);
    this.parents.push(parent);
    this.callFiles.push(this.values.get(At.callFile) ?? 0);
    this.callLines.push(this.values.get(At.callLine) ?? 0);
    const start = this.values.get(At.lowPc) ?? low;
    this.lowPcs.push(this.rules.hasThumbBit ? start - (start % 2) : start);
    this.isInlined.push(inlined);
    for (let index = 0; index + 1 < ranges.length; index += 2) {
      this.lows.push(ranges[index] ?? 0);
      this.highs.push(ranges[index + 1] ?? 0);
      this.owners.push(node);
    }
    return node;
  }

  /** DW_TAG_call_site (DWARF 5, 3.4.1); its GNU forerunner stores the return address as DW_AT_low_pc. */
  private addCallSite(die: number, parent: number): void {
    const { values } = this;
    const returnPc = values.get(At.callReturnPc) ?? values.get(At.lowPc);
    if (returnPc === undefined) return;
    const caller = outOfInlined(parent, this.isInlined, this.parents);
    const isTailCall = (values.get(At.callTailCall) ?? values.get(At.gnuTailCall) ?? 0) !== 0;
    const site = {
      returnPc,
      die,
      origin: values.get(At.callOrigin) ?? values.get(At.abstractOrigin),
      isTailCall,
      caller,
    };
    this.callSites.set(returnPc, site);
    if (!isTailCall) return;
    const known = this.tailCalls.get(caller);
    if (known) known.push(site);
    else this.tailCalls.set(caller, [site]);
  }

  finish(): UnitIndex {
    const { dies, parents, callFiles, callLines, lowPcs, isInlined, callSites, tailCalls, scopes } = this;
    const { discardsFunctions } = this;
    const addresses = IntervalMap.build(this.lows, this.highs, this.owners);
    return {
      dies,
      parents,
      callFiles,
      callLines,
      lowPcs,
      isInlined,
      addresses,
      callSites,
      tailCalls,
      scopes,
      discardsFunctions,
    };
  }
}
