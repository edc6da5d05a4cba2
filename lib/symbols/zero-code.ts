import type { Address } from '../base/units.js';
import { functionNameOf } from './demangle.js';
import { Die } from './die.js';
import { At, Tag } from './dwarf-constants.js';
import type { Unit } from './dwarf-units.js';
import type { ElfSymbol, SymbolTable } from './elf-symbols.js';
import type { UnitIndex } from './unit-index.js';

/** The code at address 0: which unit it is of, and its function. */
export interface ZeroCode {
  readonly unit: Unit;
  /** Behind the function's last byte. */
  readonly end: Address;
  /** The line where it is declared; 0 when that is not known. */
  readonly line: number;
}

/** The parts of the debug information that are asked here. */
interface Info {
  readonly units: readonly Unit[];
  indexOf(unit: Unit): UnitIndex;
  rangesOf(unit: Unit): readonly number[];
}

/**
 * Whose code is at address 0. The linker leaves the entries of functions that it discarded (--gc-sections, second copies of inline
 * functions) with address 0, and flash starts there on many parts, so that dozens of functions may claim it. Only one can be right:
 * the one whose name and size are those of the symbol there. An assembler's unit without entries for functions is right when no other
 * unit is, and when it is the only one.
 */
export function findZeroCode(info: Info, symbols: SymbolTable): ZeroCode | undefined {
  const symbol = symbolAtZero(symbols);
  if (!symbol) return undefined;
  const nameless: ZeroCode[] = [];
  for (const unit of info.units) {
    const range = smallestAtZero(info.rangesOf(unit), symbol.sizeBytes);
    if (range === undefined) continue;
    const index = info.indexOf(unit);
    const node = index.lowPcs.findIndex((low, at) => low === 0 && !index.isInlined[at]);
    if (node >= 0) return functionAtZero(info, unit, index.dies[node] ?? 0, symbol);
    if (index.dies.length === 0 && !index.discardsFunctions)
      nameless.push({ unit, end: symbol.sizeBytes || range, line: 0 });
  }
  return nameless.length === 1 ? nameless[0] : undefined;
}

/** The function symbol that starts at 0, if one does. */
export function symbolAtZero(symbols: SymbolTable): ElfSymbol | undefined {
  const symbol = symbols.functionAt(0);
  return symbol && symbol.address === 0 && symbol.kind === 'function' ? symbol : undefined;
}

/** Whether a function's entry, of a function from 0 to `end`, is that of the symbol at 0: by name, and by size where it has one. */
export function isFunctionOf(symbol: ElfSymbol, { units }: Pick<Info, 'units'>, die: number, end: Address): boolean {
  if (symbol.sizeBytes > 0 && symbol.sizeBytes !== end) return false;
  for (const entry of Die.at(units, die)?.originChain(units) ?? []) {
    for (const attribute of [At.linkageName, At.mipsLinkageName, At.name]) {
      const name = entry.text(attribute);
      if (name !== undefined && isNameOf(symbol.name, name)) return true;
    }
  }
  return false;
}

/** By the linker's name, that of a clone, or the last part of a C++ name: functions of an unnamed namespace state no other. */
function isNameOf(linkageName: string, name: string): boolean {
  if (linkageName === name || linkageName.startsWith(`${name}.`)) return true;
  const demangled = functionNameOf(linkageName);
  return demangled !== linkageName && `::${withoutArguments(demangled)}`.endsWith(`::${withoutArguments(name)}`);
}

function withoutArguments(name: string): string {
  return name.includes('operator') ? name : name.replace(/<.*$/, '');
}

function functionAtZero({ units }: Info, unit: Unit, die: number, symbol: ElfSymbol): ZeroCode {
  let line = 0;
  for (const entry of Die.at(units, die)?.originChain(units) ?? []) {
    if (line === 0 && entry.tag === Tag.subprogram) line = entry.number(At.declLine) ?? 0;
  }
  return { unit, end: symbol.sizeBytes, line };
}

/** The end of the smallest range from 0 on that holds so many bytes. */
export function smallestAtZero(pairs: readonly number[], sizeBytes: number): Address | undefined {
  let smallest: Address | undefined;
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const high = pairs[at + 1] ?? 0;
    if (pairs[at] === 0 && high >= Math.max(sizeBytes, 1) && (smallest === undefined || high < smallest))
      smallest = high;
  }
  return smallest;
}
