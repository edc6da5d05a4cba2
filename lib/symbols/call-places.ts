import type { Address } from '../base/units.js';
import type { DebugInfo } from './debug-info.js';
import type { SourceLookup } from './source-lookup.js';

/** A call by the names in the source. */
export interface NamedCall {
  readonly caller: string;
  readonly callee: string;
}

/**
 * Where calls of a function return to within another one, also where that was inlined; ascending. Tail calls do not return. Empty where
 * there are none, and where the compiler tells of no calls (GCC does from -Og on, with debug information). Reads all units.
 */
export function findReturnsInto(info: DebugInfo, lookup: SourceLookup, call: NamedCall): readonly Address[] {
  const found: Address[] = [];
  for (const unit of info.units) {
    const index = info.indexOf(unit);
    const isNamed = (die: number | undefined, name: string) =>
      die !== undefined && (lookup.names.at(die).name === name || lookup.names.at(die).linkageName === name);
    for (const { returnPc, origin, isTailCall } of index.callSites.values()) {
      if (isTailCall || !isNamed(origin, call.callee)) continue;
      for (let node = index.addresses.at(returnPc - 1); node >= 0; node = index.parents[node] ?? -1) {
        if (!isNamed(index.dies[node], call.caller)) continue;
        found.push(returnPc);
        break;
      }
    }
  }
  return found.sort((a, b) => a - b);
}
