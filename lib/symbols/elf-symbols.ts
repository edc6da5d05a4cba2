import { lastAtOrBefore } from '../base/sorted.js';
import type { Address, Bytes } from '../base/units.js';
import { textAt } from './byte-reader.js';
import type { ElfFile } from './elf-file.js';
import { SectionFlag, SectionType } from './elf-tables.js';
import { machineOf } from './machine.js';

/** A symbol of the ELF file. The Thumb bit of ARM functions is cleared in `address`. */
export interface ElfSymbol {
  readonly name: string;
  readonly address: Address;
  /** 0 when the file does not say (assembly code, linker symbols). */
  readonly sizeBytes: Bytes;
  readonly kind: 'function' | 'object' | 'other';
  readonly binding: 'local' | 'global' | 'weak';
}

/** What a mapping symbol says about the code from its address on ($a, $t, $d: Arm ELF specification, 5.5.5). */
export type CodeKind = 'arm' | 'thumb' | 'data';

const KINDS: Readonly<Record<number, ElfSymbol['kind']>> = { 1: 'object', 2: 'function', 10: 'function' };
const MAX_SYMBOLS = 4_000_000;
/** Labels without a size between a function's start and an address in it, at most. */
const MAX_NEIGHBOURS = 64;

/** The symbols of a file, ordered for lookup by address and by name. All work is done at the first call. */
export class SymbolTable {
  private loaded: LoadedSymbols | undefined;
  private names: Map<string, ElfSymbol[]> | undefined;

  constructor(private readonly elfFile: ElfFile) {}

  /** All named symbols in file order, mapping symbols, sections and files left out. */
  get all(): readonly ElfSymbol[] {
    return this.load().symbols;
  }

  /** The symbols of exactly this name, global ones first; empty when there is none. */
  named(name: string): readonly ElfSymbol[] {
    return this.nameIndex().get(name) ?? [];
  }

  /** Functions and objects whose name is `prefix` or starts with it, in order of name. */
  byPrefix(prefix: string): readonly ElfSymbol[] {
    const found = this.all.filter((symbol) => symbol.kind !== 'other' && symbol.name.startsWith(prefix));
    return found.sort((a, b) => compareText(a.name, b.name) || a.address - b.address);
  }

  /**
   * The function that covers an address: the nearest at or before it, if its size reaches it; one without a size where no other
   * reaches it. Of several at one address the last in order of name wins. All of it as gdb does (lookup_minimal_symbol_by_pc).
   */
  functionAt(address: Address): ElfSymbol | undefined {
    const { functions, starts } = this.load();
    let index = lastAtOrBefore(starts, address);
    let unsized: ElfSymbol | undefined;
    for (let tries = 0; functions[index]?.sizeBytes === 0 && tries < MAX_NEIGHBOURS; tries++)
      unsized ??= functions[index--];
    const nearest = functions[index];
    const overlapping = functions[index - 1];
    if (nearest && reaches(nearest, address)) return nearest;
    if (nearest && nearest.sizeBytes > 0 && overlapping && reaches(overlapping, address)) return overlapping;
    return unsized && this.elfFile.isCode(address) ? unsized : undefined;
  }

  /** All functions with a size that covers an address: one, or several names for the same code. */
  functionsAt(address: Address): readonly ElfSymbol[] {
    const { functions, starts } = this.load();
    const found: ElfSymbol[] = [];
    const last = lastAtOrBefore(starts, address);
    for (let index = last; index >= 0 && last - index < MAX_NEIGHBOURS; index--) {
      const symbol = functions[index];
      if (symbol && reaches(symbol, address)) found.push(symbol);
    }
    return found;
  }

  /** What the mapping symbols say; `undefined` where there are none (other machines, stripped files). */
  codeKindAt(address: Address): CodeKind | undefined {
    const { mappingStarts, mappingKinds } = this.load();
    return mappingKinds[lastAtOrBefore(mappingStarts, address)];
  }

  /** Whether an address is Arm code, not Thumb. An M-profile processor has none: there a symbol without the bit is assembly code's. */
  isArmState(address: Address): boolean {
    const kind = this.codeKindAt(address);
    if (kind === 'arm' || kind === 'thumb') return kind === 'arm';
    if (!machineOf(this.elfFile)?.mayBeInArmState) return false;
    const symbol = this.functionAt(address);
    return symbol?.kind === 'function' && !this.load().thumbStarts.has(symbol.address);
  }

  private nameIndex(): Map<string, ElfSymbol[]> {
    if (this.names) return this.names;
    this.names = new Map();
    for (const symbol of this.all) {
      const same = this.names.get(symbol.name);
      if (!same) this.names.set(symbol.name, [symbol]);
      else if (symbol.binding === 'local') same.push(symbol);
      else same.unshift(symbol);
    }
    return this.names;
  }

  private load(): LoadedSymbols {
    this.loaded ??= loadSymbols(this.elfFile);
    return this.loaded;
  }
}

function reaches(symbol: ElfSymbol, address: Address): boolean {
  return address >= symbol.address && address < symbol.address + symbol.sizeBytes;
}

interface LoadedSymbols {
  readonly symbols: readonly ElfSymbol[];
  /** By address; at one address in order of name. */
  readonly functions: readonly ElfSymbol[];
  readonly starts: Float64Array;
  /** Where functions start whose symbols have the Thumb bit. */
  readonly thumbStarts: ReadonlySet<Address>;
  readonly mappingStarts: Float64Array;
  readonly mappingKinds: readonly CodeKind[];
}

function loadSymbols(elfFile: ElfFile): LoadedSymbols {
  const symbols: ElfSymbol[] = [];
  const functions: ElfSymbol[] = [];
  const thumbStarts = new Set<Address>();
  const mapping: { readonly address: Address; readonly kind: CodeKind }[] = [];
  for (const row of symbolRows(elfFile)) {
    const marker = row.kind === 'other' ? mappingKind(row.name) : undefined;
    if (marker) {
      mapping.push({ address: row.address, kind: marker });
      continue;
    }
    const { inCode, isThumb, ...symbol } = row;
    if (isThumb) thumbStarts.add(symbol.address);
    symbols.push(symbol);
    if (symbol.kind === 'function' || (symbol.kind === 'other' && inCode)) functions.push(symbol);
  }
  functions.sort((a, b) => a.address - b.address || compareText(a.name, b.name));
  mapping.sort((a, b) => a.address - b.address);
  return {
    symbols,
    functions,
    thumbStarts,
    starts: Float64Array.from(functions, (entry) => entry.address),
    mappingStarts: Float64Array.from(mapping, (entry) => entry.address),
    mappingKinds: mapping.map((entry) => entry.kind),
  };
}

type SymbolRow = ElfSymbol & { readonly inCode: boolean; readonly isThumb: boolean };

/** Elf32_Sym: name u32, value u32, size u32, info u8, other u8, shndx u16. Elf64_Sym: name, info, other, shndx, value u64, size u64. */
function* symbolRows(elfFile: ElfFile): Generator<SymbolRow> {
  const table =
    elfFile.sections.find((section) => section.type === SectionType.symbols) ??
    elfFile.sections.find((section) => section.type === SectionType.dynamicSymbols);
  const names = table ? elfFile.sections[table.link] : undefined;
  if (!table || !names) return;
  const text = elfFile.contentsOf(names);
  const wide = elfFile.addressSize === 8;
  const reader = elfFile.reader(elfFile.contentsOf(table), table.name);
  const count = Math.min(Math.floor(reader.limit / (wide ? 24 : 16)), MAX_SYMBOLS);
  const isArm = elfFile.machineNumber === 40;
  for (let index = 1; index < count; index++) {
    reader.seek(index * (wide ? 24 : 16));
    const nameOffset = reader.u32();
    const narrowValue = wide ? 0 : reader.u32();
    const narrowSize = wide ? 0 : reader.u32();
    const info = reader.u8();
    reader.skip(1);
    const sectionIndex = reader.u16();
    const value = wide ? reader.u64() : narrowValue;
    const sizeBytes = wide ? reader.u64() : narrowSize;
    const type = info & 15;
    const name = textAt(text, nameOffset) ?? '';
    if (name === '' || sectionIndex === 0 || type === 3 || type === 4 || type === 6) continue;
    const kind = KINDS[type] ?? 'other';
    const flags = elfFile.sections[sectionIndex]?.flags ?? 0;
    yield {
      name,
      // Bit 0 of a function's value says Thumb (Arm ELF specification, 5.5.3).
      address: isArm && kind === 'function' ? value - (value % 2) : value,
      sizeBytes,
      kind,
      binding: info >> 4 === 0 ? 'local' : info >> 4 === 2 ? 'weak' : 'global',
      isThumb: isArm && kind === 'function' && value % 2 === 1,
      inCode: (flags & SectionFlag.executable) !== 0,
    };
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function mappingKind(name: string): CodeKind | undefined {
  const match = /^\$([atd])(?:\.|$)/.exec(name);
  if (!match) return undefined;
  return match[1] === 'a' ? 'arm' : match[1] === 't' ? 'thumb' : 'data';
}
