import type { Address } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import { readAddressRanges } from './dwarf-aranges.js';
import { ASSEMBLER_LANGUAGE } from './dwarf-constants.js';
import { readRanges } from './dwarf-ranges.js';
import { DwarfSections } from './dwarf-sections.js';
import { readUnits, type Unit } from './dwarf-units.js';
import type { ElfFile } from './elf-file.js';
import type { SymbolTable } from './elf-symbols.js';
import { IntervalMap } from './interval-map.js';
import { readLineHeader } from './line-header.js';
import { runLineProgram } from './line-program.js';
import type { LineRows } from './line-rows.js';
import { machineOf } from './machine.js';
import { fileNames } from './source-path.js';
import { joinSplitUnits, type SplitSources } from './split-units.js';
import { type IndexRules, indexUnit, type UnitIndex } from './unit-index.js';
import { findZeroCode, isFunctionOf, smallestAtZero, symbolAtZero, type ZeroCode } from './zero-code.js';

/** The line table of a unit: rows by address, and its files named as gdb names them. */
export interface LineTable extends LineRows {
  readonly fileNames: readonly (string | undefined)[];
}

const EMPTY_LINES: LineTable = {
  addresses: new Float64Array(0),
  files: new Uint32Array(0),
  lines: new Uint32Array(0),
  isStmt: new Uint8Array(0),
  fileNames: [],
};
const EMPTY_INDEX: UnitIndex = {
  dies: [],
  parents: [],
  callFiles: [],
  callLines: [],
  lowPcs: [],
  isInlined: [],
  addresses: IntervalMap.build([], [], []),
  callSites: new Map(),
  tailCalls: new Map(),
  scopes: new Map(),
  discardsFunctions: false,
};
const MAX_PROBLEMS = 100;

/**
 * The DWARF of one file. Only unit headers are read at first; a unit's entries and lines are read when an address in it is asked
 * for. What is damaged is put on record in `problems` and treated as missing: one bad unit does not cost the others.
 */
export class DebugInfo {
  readonly sections: DwarfSections;
  readonly problems: SymbolError[] = [];
  private unitList: readonly Unit[] | undefined;
  private unitMap: IntervalMap | undefined;
  private zero: { readonly code: ZeroCode | undefined } | undefined;
  private addressRanges: ReadonlyMap<number, readonly number[]> | undefined;
  private readonly indexes = new Map<Unit, UnitIndex>();
  private readonly lineTables = new Map<Unit, LineTable>();

  constructor(
    readonly elfFile: ElfFile,
    private readonly symbols: SymbolTable,
    private readonly split: SplitSources = {},
  ) {
    this.sections = new DwarfSections(elfFile);
  }

  get units(): readonly Unit[] {
    if (this.unitList) return this.unitList;
    const list = this.attempt(() => readUnits(this.sections)) ?? { units: [], problems: [] };
    for (const problem of list.problems) this.record(problem);
    this.unitList = joinSplitUnits(list.units, this, this.split);
    return this.unitList;
  }

  /** The unit whose code covers an address. */
  unitAt(address: Address): Unit | undefined {
    this.unitMap ??= this.mapUnits();
    return this.units[this.unitMap.at(address)];
  }

  indexOf(unit: Unit): UnitIndex {
    let index = this.indexes.get(unit);
    if (!index) {
      index = this.attempt(() => indexUnit(unit, this.indexRules(unit))) ?? EMPTY_INDEX;
      this.indexes.set(unit, index);
    }
    return index;
  }

  linesOf(unit: Unit): LineTable {
    let lines = this.lineTables.get(unit);
    if (!lines) {
      lines = this.attempt(() => this.readLines(unit)) ?? EMPTY_LINES;
      this.lineTables.set(unit, lines);
    }
    return lines;
  }

  /** Runs a read; when the bytes are damaged records why and returns undefined. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
      this.record(error);
      return undefined;
    }
  }

  /**
   * Whether code that starts at an address is in the program. The linker gives functions that it discarded (--gc-sections) the
   * address 0 or 1 (GNU ld) or the largest ones (lld). What is at 0 in truth: {@link zeroCode}.
   */
  readonly isLive = (address: Address): boolean => {
    const largest = this.elfFile.addressSize === 8 ? 2 ** 64 : 2 ** 32;
    return address > 1 && address < largest - 4096;
  };

  private indexRules({ language }: Unit): IndexRules {
    return {
      isLive: (low, end, die) => {
        const symbol = low === 0 ? symbolAtZero(this.symbols) : undefined;
        return symbol ? isFunctionOf(symbol, this, die, end) : this.isLive(low);
      },
      hasThumbBit: language === ASSEMBLER_LANGUAGE && machineOf(this.elfFile)?.hasThumbBit === true,
    };
  }

  /** The unit and function that are at address 0; undefined when none is, or when it cannot be told. */
  get zeroCode(): ZeroCode | undefined {
    this.zero ??= { code: this.attempt(() => findZeroCode(this, this.symbols)) };
    return this.zero.code;
  }

  private record(problem: SymbolError): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }

  private mapUnits(): IntervalMap {
    const lows: number[] = [];
    const highs: number[] = [];
    const owners: number[] = [];
    for (const unit of this.units) {
      const pairs = this.attempt(() => this.rangesOf(unit)) ?? [];
      if (pairs.includes(0) && this.zeroCode?.unit === unit) {
        lows.push(0);
        highs.push(smallestAtZero(pairs, this.zeroCode.end) ?? 0);
        owners.push(unit.index);
      }
      for (let index = 0; index + 1 < pairs.length; index += 2) {
        const low = pairs[index] ?? 0;
        if (!this.isLive(low)) continue;
        lows.push(low);
        highs.push(pairs[index + 1] ?? 0);
        owners.push(unit.index);
      }
    }
    return IntervalMap.build(lows, highs, owners);
  }

  /**
   * The addresses of a unit: from its first entry; else from .debug_aranges; else, where the file has no such section, from its
   * functions. Units of link-time optimisation hold only declarations and have none.
   */
  rangesOf(whole: Unit): readonly number[] {
    const unit = whole.skeleton ?? whole;
    if (unit.ranges >= 0) return readRanges(unit, unit.ranges, unit.rangesIndexed);
    if (unit.highPc > unit.lowPc) return [unit.lowPc, unit.highPc];
    this.addressRanges ??= this.attempt(() => readAddressRanges(this.sections)) ?? new Map();
    return this.addressRanges.size > 0
      ? (this.addressRanges.get(unit.unitOffset) ?? [])
      : this.indexOf(whole).addresses.ranges();
  }

  private readLines(unit: Unit): LineTable {
    if (unit.stmtList < 0) return EMPTY_LINES;
    const reader = this.sections.reader('.debug_line').seek(unit.stmtList);
    const header = readLineHeader(reader, unit.skeleton ?? unit);
    this.sections.budget.spend(header.programEnd - unit.stmtList, '.debug_line');
    const names = fileNames(unit, header);
    const fileIds = names.map((name) => names.indexOf(name));
    const zero = this.zeroCode?.unit === unit ? this.zeroCode : undefined;
    return { ...runLineProgram(reader, header, { fileIds, isLive: this.isLive, zero }), fileNames: names };
  }
}
