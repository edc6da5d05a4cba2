import type { Address } from '../base/units.js';
import type { DebugInfo } from './debug-info.js';
import type { SourceLookup } from './source-lookup.js';

/** One place where a function's code was inlined instead of called. */
export interface InlinedInstance {
  readonly address: Address;
  /** The function (not inlined) that holds the code. */
  readonly callerName: string;
  readonly callFile: string | undefined;
  /** 0 when unknown. */
  readonly callLine: number;
}

/** All inlined instances of a function, by address. `name` is its name in the source or the linker's. Reads all units. */
export function findInlinedInstances(info: DebugInfo, lookup: SourceLookup, name: string): readonly InlinedInstance[] {
  const found: InlinedInstance[] = [];
  for (const unit of info.units) {
    const index = info.indexOf(unit);
    const { fileNames } = index.dies.length === 0 ? { fileNames: [] } : info.linesOf(unit);
    index.dies.forEach((die, node) => {
      if (!index.isInlined[node]) return;
      const names = lookup.names.at(die);
      if (names.name !== name && names.linkageName !== name) return;
      let outer = node;
      while (index.isInlined[outer] && (index.parents[outer] ?? -1) >= 0) outer = index.parents[outer] ?? -1;
      found.push({
        address: index.lowPcs[node] ?? 0,
        callerName: lookup.names.at(index.dies[outer] ?? 0).name,
        callFile: fileNames[index.callFiles[node] ?? 0],
        callLine: index.callLines[node] ?? 0,
      });
    });
  }
  return found.sort((a, b) => a.address - b.address);
}
