import type { Address } from '../base/units.js';
import type { DebugInfo } from './debug-info.js';
import { Die } from './die.js';
import { At } from './dwarf-constants.js';
import type { SourceLookup } from './source-lookup.js';
import type { UnitIndex } from './unit-index.js';

/** One place where a function's code was inlined instead of called. */
export interface InlinedInstance {
  readonly address: Address;
  /** Where its code is entered, which need not be the lowest address of it. */
  readonly entry: Address;
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
        entry: entryOf(info, index, node),
        callerName: lookup.names.at(index.dies[outer] ?? 0).name,
        callFile: fileNames[index.callFiles[node] ?? 0],
        callLine: index.callLines[node] ?? 0,
      });
    });
  }
  return found.sort((a, b) => a.address - b.address);
}

/** DW_AT_entry_pc where it lies in the instance's own code (DWARF 5 allows an offset, too, in a form that does not tell it), else the first range's start. */
function entryOf(info: DebugInfo, index: UnitIndex, node: number): Address {
  const first = index.lowPcs[node] ?? 0;
  const told = info.attempt(() => Die.at(info.units, index.dies[node] ?? 0)?.number(At.entryPc));
  if (told === undefined) return first;
  for (let inner = index.addresses.at(told); inner >= 0; inner = index.parents[inner] ?? -1)
    if (inner === node) return told;
  return first;
}
