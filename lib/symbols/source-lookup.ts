import { lastAtOrBefore } from '../base/sorted.js';
import type { Address } from '../base/units.js';
import type { DebugInfo, LineTable } from './debug-info.js';
import { symbolName } from './demangle.js';
import type { Unit } from './dwarf-units.js';
import type { ElfSymbol, SymbolTable } from './elf-symbols.js';
import { FunctionNames } from './function-names.js';
import type { UnitIndex } from './unit-index.js';

/** One source place of an address. */
export interface SourceFrame {
  /** As gdb prints it: demangled, qualified, without parameters; `??` when unknown. */
  readonly functionName: string;
  /** The linker's name, when the debug information or the symbol table states one. */
  readonly linkageName: string | undefined;
  /** As gdb prints it: not made absolute. Undefined without line information. */
  readonly file: string | undefined;
  /** From 1; 0 when unknown. */
  readonly line: number;
  /** Whether this function was inlined into the next one of the list. */
  readonly inlined: boolean;
  /** `guessed` when only a symbol without a size stands before the address: it may belong to something else. */
  readonly certainty: 'exact' | 'guessed';
}

/** Frames by place; addresses in one block and one line row share them. */
class PlaceCache {
  readonly byPlace = new Map<number, readonly SourceFrame[]>();

  constructor(
    readonly index: UnitIndex,
    readonly lines: LineTable,
  ) {}
}

const MAX_CACHED = 1_000_000;

/** Address to source, with every answer interned. */
export class SourceLookup {
  readonly names: FunctionNames;
  private readonly places = new Map<Unit, PlaceCache>();
  private readonly frames = new Map<string, SourceFrame>();
  private readonly bySymbol = new Map<ElfSymbol, readonly SourceFrame[]>();
  private readonly unknown: readonly SourceFrame[];
  private readonly innermost = new WeakMap<readonly SourceFrame[], readonly SourceFrame[]>();
  /** What gdb shows where an exception was taken. */
  readonly signalFrame: readonly SourceFrame[];

  constructor(
    private readonly info: DebugInfo,
    private readonly symbols: SymbolTable,
  ) {
    this.names = new FunctionNames(info);
    const nowhere = { linkageName: undefined, file: undefined, line: 0, inlined: false } as const;
    this.unknown = [this.intern({ functionName: '??', ...nowhere, certainty: 'guessed' })];
    this.signalFrame = [this.intern({ functionName: '<signal handler called>', ...nowhere, certainty: 'exact' })];
  }

  /** A list of the first of some places only; the same list for the same places. */
  innermostOf(places: readonly SourceFrame[]): readonly SourceFrame[] {
    let first = this.innermost.get(places);
    if (!first) {
      first = places.slice(0, 1);
      this.innermost.set(places, first);
    }
    return first;
  }

  at(pc: Address): readonly SourceFrame[] {
    const unit = this.info.unitAt(pc);
    if (!unit) return this.fromSymbol(pc);
    const cache = this.cacheOf(unit);
    const { index, lines } = cache;
    const step = index.addresses.step(pc);
    const row = lastAtOrBefore(lines.addresses, pc);
    const node = index.addresses.valueOfStep(step);
    if (node < 0 && (lines.lines[row] ?? 0) === 0) return this.fromSymbol(pc);
    // Without a function entry the name comes from the symbol table, which the key does not hold.
    if (node < 0) return [this.withLine(this.fromSymbol(pc)[0], lines, row)];
    const key = (step + 1) * (lines.addresses.length + 1) + row + 1;
    let frames = cache.byPlace.get(key);
    if (!frames) {
      frames = this.build(index, lines, node, row);
      cache.byPlace.set(key, frames);
    }
    return frames;
  }

  private cacheOf(unit: Unit): PlaceCache {
    let cache = this.places.get(unit);
    if (!cache) {
      cache = new PlaceCache(this.info.indexOf(unit), this.info.linesOf(unit));
      this.places.set(unit, cache);
    }
    return cache;
  }

  private build(index: UnitIndex, lines: LineTable, innermost: number, row: number): readonly SourceFrame[] {
    const frames: SourceFrame[] = [];
    let line = lines.lines[row] ?? 0;
    let file = line === 0 ? undefined : lines.fileNames[lines.files[row] ?? 0];
    for (let node = innermost; node >= 0; node = index.parents[node] ?? -1) {
      const inlined = index.isInlined[node] ?? false;
      frames.push(this.intern({ ...this.nameOf(index, node), file, line, inlined }));
      if (!inlined) break;
      line = index.callLines[node] ?? 0;
      file = line === 0 ? undefined : lines.fileNames[index.callFiles[node] ?? 0];
    }
    return frames;
  }

  /** A function without a name in its entry (made by the compiler, or of a build with line tables only) has that of its symbol. */
  private nameOf(index: UnitIndex, node: number): Pick<SourceFrame, 'functionName' | 'linkageName' | 'certainty'> {
    const { name, linkageName } = this.names.at(index.dies[node] ?? 0);
    const symbol = name === '??' && !index.isInlined[node] ? this.fromSymbol(index.lowPcs[node] ?? 0)[0] : undefined;
    return symbol ?? { functionName: name, linkageName, certainty: 'exact' };
  }

  private withLine(frame: SourceFrame | undefined, lines: LineTable, row: number): SourceFrame {
    const base = frame ?? { functionName: '??', linkageName: undefined, inlined: false };
    const file = lines.fileNames[lines.files[row] ?? 0];
    return this.intern({ ...base, file, line: lines.lines[row] ?? 0, certainty: 'exact' });
  }

  private fromSymbol(pc: Address): readonly SourceFrame[] {
    const symbol = this.info.attempt(() => this.symbols.functionAt(pc));
    if (!symbol) return this.unknown;
    let frames = this.bySymbol.get(symbol);
    if (!frames) {
      const functionName = symbolName(symbol.name);
      const certainty = symbol.sizeBytes === 0 ? 'guessed' : 'exact';
      frames = [
        this.intern({ functionName, linkageName: symbol.name, file: undefined, line: 0, inlined: false, certainty }),
      ];
      this.bySymbol.set(symbol, frames);
    }
    return frames;
  }

  private intern(frame: SourceFrame): SourceFrame {
    const { functionName, linkageName, file, line, inlined, certainty } = frame;
    const key = `${functionName}\0${linkageName}\0${file}\0${line}\0${inlined}\0${certainty}`;
    const known = this.frames.get(key);
    if (known) return known;
    if (this.frames.size >= MAX_CACHED) this.frames.clear();
    const kept = Object.freeze(frame);
    this.frames.set(key, kept);
    return kept;
  }
}
