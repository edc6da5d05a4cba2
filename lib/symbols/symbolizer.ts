import type { Architecture } from '../arch/architecture.js';
import type { Address, Bytes } from '../base/units.js';
import type { SymbolError } from '../errors/errors.js';
import { findReturnsInto, type NamedCall } from './call-places.js';
import { DebugInfo } from './debug-info.js';
import { functionNameOf, symbolName } from './demangle.js';
import { ElfFile } from './elf-file.js';
import { readBuildId } from './elf-notes.js';
import { type CodeKind, type ElfSymbol, SymbolTable } from './elf-symbols.js';
import { findInlinedInstances, type InlinedInstance } from './inlined-instances.js';
import { findLineAddresses, type LineMatch } from './line-search.js';
import type { Overlay } from './overlays.js';
import { type FrameState, ParameterValues, type ReadSized } from './parameter-value.js';
import { type SourceFrame, SourceLookup } from './source-lookup.js';
import type { SplitFiles, SplitPackageFile } from './split-units.js';
import { type FieldPlace, structField, typeField, typeMembers } from './struct-fields.js';
import { TailCalls } from './tail-calls.js';
import type { Member } from './type-walk.js';
import { type RawFrame, type ReadMemory, Unwinder, type UnwindOptions, type UnwoundStack } from './unwinder.js';

/** What an address is, which decides where it is looked up. */
export interface LocateOptions {
  /** The address is one that a call returns to: look at the call before it (but see {@link Symbolizer.isTaskRoot}). */
  readonly isReturnAddress?: boolean;
  /** `tail`: it stands behind a jump that took its frame off the stack: look at the jump, whatever begins behind it. */
  readonly kind?: RawFrame['kind'];
}

/** A function of the program. */
export interface FunctionInfo {
  readonly name: string;
  readonly linkageName: string | undefined;
  readonly address: Address;
  /** 0 when the file does not say. */
  readonly sizeBytes: Bytes;
}

/** What belongs to an ELF file and lies outside of it. */
export interface SymbolizerOptions {
  /** Finds the .dwo files of a program that was built with -gsplit-dwarf; default: none are looked for. */
  readonly splitFiles?: SplitFiles;
  /** Finds the package (.dwp) that such files were laid into; default: none is looked for. Asked once, and only where it is needed. */
  readonly splitPackage?: SplitPackageFile;
}

/**
 * Answers what an ELF file says about addresses: functions, source lines, inlined calls, callers. Debug information is read when
 * it is first needed, a unit at a time. Damaged debug information never throws here: it is listed in {@link problems}.
 */
export class Symbolizer {
  /** The file itself: sections, segments and initialised memory. */
  readonly elfFile: ElfFile;
  /** The GNU build id in hexadecimal; undefined when the program was linked without one. */
  readonly buildId: string | undefined;
  /** `arm`, `riscv`, `xtensa`, ... */
  readonly machine: string;
  /** Whether the file has .debug_info or .debug_line: without them only function names are known. */
  readonly hasDebugInfo: boolean;
  private readonly symbols: SymbolTable;
  private readonly info: DebugInfo;
  private readonly lookup: SourceLookup;
  private readonly unwinder: Unwinder;
  private readonly parameters: ParameterValues;

  /** @throws SymbolError HH1301 to HH1303 when the bytes are not a linked ELF program. */
  constructor(bytes: Uint8Array, options: SymbolizerOptions = {}) {
    this.elfFile = new ElfFile(bytes);
    this.machine = this.elfFile.machine;
    this.symbols = new SymbolTable(this.elfFile);
    this.info = new DebugInfo(this.elfFile, this.symbols, {
      files: options.splitFiles,
      package: options.splitPackage,
    });
    this.buildId = this.info.attempt(() => readBuildId(this.elfFile));
    this.hasDebugInfo = ['.debug_info', '.zdebug_info', '.debug_line'].some(
      (name) => this.elfFile.section(name) !== undefined,
    );
    this.lookup = new SourceLookup(this.info, this.symbols);
    this.unwinder = new Unwinder(this.info, this.symbols, new TailCalls(this.info, this.symbols));
    this.parameters = new ParameterValues(this.info);
  }

  /** What could not be read of the file's debug information so far; empty for a good file. At most 100. */
  get problems(): readonly SymbolError[] {
    return this.info.problems;
  }

  /** The .dwo files that hold debug information which is therefore missing here (-gsplit-dwarf); empty for a whole file. */
  get splitUnits(): readonly string[] {
    return this.info.units.flatMap((unit) => unit.dwoName ?? []);
  }

  /** What captures and unwinding must know of its instruction set; undefined where only addresses can be named. @internal */
  get architecture(): Architecture | undefined {
    return this.unwinder.machine?.architecture;
  }

  /** Whether the program is for a Cortex-M: an Arm of the M profile. */
  get isCortexM(): boolean {
    return this.unwinder.machine?.isCortexM ?? false;
  }

  /** Whether the program is for a processor of Armv8-M, which may have TrustZone. */
  get mayHaveTrustZone(): boolean {
    return this.unwinder.machine?.mayHaveTrustZone ?? false;
  }

  /** Code that shares its addresses with other code: names there are one of several. Empty for nearly every program. */
  get overlays(): readonly Overlay[] {
    return this.unwinder.overlays;
  }

  /** Whether the code at an address shares it with other code. */
  isOverlaid(pc: Address): boolean {
    return this.unwinder.isOverlaid(pc);
  }

  /**
   * The source places of an address, innermost inlined call first, the function itself last; never empty (an unknown address gives
   * one frame named `??`). The same place always gives the same objects.
   */
  locate(pc: Address, options: LocateOptions = {}): readonly SourceFrame[] {
    const isBehind = options.isReturnAddress && (options.kind === 'tail' || !this.isTaskRoot(pc));
    return this.lookup.at(isBehind ? pc - 1 : pc);
  }

  /**
   * The source places of a frame that {@link unwind} gave, as gdb shows them: innermost first, never empty. A `signal` frame is
   * `<signal handler called>`. Of a `tail` frame gdb shows the innermost function only.
   */
  sourcesOf(frame: RawFrame): readonly SourceFrame[] {
    if (frame.kind === 'signal') return this.lookup.signalFrame;
    // A tail call's frame ends with a jump, not a call: the instruction behind it may be another function's first.
    const places = frame.kind === 'tail' ? this.lookup.at(frame.pc - 1) : this.locate(frame.pc, frame);
    return frame.kind === 'tail' && places.length > 1 ? this.lookup.innermostOf(places) : places;
  }

  /**
   * The callers of a stopped program. `registers` are numbered as in DWARF (Arm: r0-r15, pc last; then nothing else is needed);
   * `readMemory` gives a word of the target's memory, or undefined where the caller has no copy of it. Never throws.
   */
  unwind(registers: ArrayLike<number>, readMemory: ReadMemory, options: UnwindOptions = {}): UnwoundStack {
    return this.unwinder.unwind(registers, readMemory, options);
  }

  /**
   * How the caller of a frame at `pc` is found: `exact` by call frame information, `guessed` by what the code looks like, undefined when
   * nothing tells.
   */
  callerCertainty(pc: Address, { isReturnAddress = false }: LocateOptions = {}): 'exact' | 'guessed' | undefined {
    return this.unwinder.stepAt(isReturnAddress ? pc - 1 : pc, !isReturnAddress).row?.certainty;
  }

  /**
   * Whether a return address is the first instruction of a function and follows no call: what a scheduler puts into lr so that a task has
   * somewhere to return to. It belongs to that function, where other return addresses belong to the call before them.
   */
  isTaskRoot(returnAddress: Address): boolean {
    return this.unwinder.isEntry(returnAddress);
  }

  /** Whether an address is in the handler of a trap, which the code before a return address has not called. @internal */
  isInterruptOf(pc: Address, returnAddress: Address): boolean {
    return this.unwinder.isInterruptOf(this.unwinder.functionStart(pc), returnAddress);
  }

  /** Whether the debug information says that the jump before an address is a tail call. */
  isBehindTailCall(address: Address): boolean {
    const unit = this.info.unitAt(address - 1);
    return unit !== undefined && (this.info.indexOf(unit).callSites.get(address)?.isTailCall ?? false);
  }

  /** The function that covers an address, not the one inlined there. */
  functionAt(pc: Address): FunctionInfo | undefined {
    const symbol = this.info.attempt(() => this.symbols.functionAt(pc));
    const named = this.lookup.at(pc).at(-1);
    if (symbol) {
      const linkageName = named?.linkageName ?? symbol.name;
      return {
        name: named?.functionName ?? symbolName(symbol.name),
        linkageName,
        address: symbol.address,
        sizeBytes: symbol.sizeBytes,
      };
    }
    const address = this.unwinder.functionStart(pc);
    if (!named || address === undefined) return undefined;
    return { name: named.functionName, linkageName: named.linkageName, address, sizeBytes: 0 };
  }

  /** The names in the source of all functions whose symbols cover an address; empty where none does. */
  functionNamesAt(address: Address): readonly string[] {
    return this.info.attempt(() => this.symbols.functionsAt(address).map(({ name }) => functionNameOf(name))) ?? [];
  }

  /** The symbol of exactly this (linker's) name, a global one before local ones. The Thumb bit is cleared. */
  symbol(name: string): ElfSymbol | undefined {
    return this.info.attempt(() => this.symbols.named(name)[0]);
  }

  /** Functions and objects whose name starts so, by name: the clones of one function (`f`, `f.isra.0`, `f.constprop.0`, `f.part.0`). */
  symbolsByPrefix(prefix: string): readonly ElfSymbol[] {
    return this.info.attempt(() => this.symbols.byPrefix(prefix)) ?? [];
  }

  /** Where calls of a function were inlined, by address; a breakpoint on the function's own address does not see these. */
  inlinedInstances(name: string): readonly InlinedInstance[] {
    return findInlinedInstances(this.info, this.lookup, name);
  }

  /** Where calls of one function return to within another, ascending; empty also where the compiler tells of no calls. @internal */
  returnsInto(call: NamedCall): readonly Address[] {
    return findReturnsInto(this.info, this.lookup, call);
  }

  /**
   * The addresses where statements of a line start, ascending. `file` is a path or the end of one. When the line has no code, those
   * of the next line that has, as gdb does; empty when there is none or the file is not known.
   */
  lineAddresses(file: string, line: number): readonly LineMatch[] {
    return findLineAddresses(this.info, file, line);
  }

  /** The source files of the program as gdb names them, in order of name. */
  sourceFiles(): readonly string[] {
    const names = this.info.units.flatMap((unit) => this.info.linesOf(unit).fileNames);
    return [...new Set(names.filter((name) => name !== undefined))].sort();
  }

  /**
   * Where a member of a global variable lies: `structFieldOffset('mp_state_ctx', 'mem.area.gc_pool_start')`. Arrays are entered at
   * element 0 unless the path says `[n]`; an empty path is the variable itself.
   * @throws SymbolError HH1310 (no such variable) or HH1311 (no such member).
   */
  structFieldOffset(variable: string, path: string): FieldPlace {
    return structField(this.info, this.symbols, variable, path);
  }

  /**
   * Where a member of a type lies from its start: `typeFieldOffset('mp_code_state_t', { path: 'ip', at })`; `at` is the address of code that
   * uses the type. @throws SymbolError HH1310 (no such type) or HH1311 (no such member).
   */
  typeFieldOffset(type: string, field: { readonly path: string; readonly at: Address }): FieldPlace {
    return typeField(this.info, type, field);
  }

  /** The members of a type that are no structures, in order of their offset; empty for an unknown type. `at`: see {@link typeFieldOffset}. @internal */
  typeMembers(type: string, at: Address): readonly Member[] {
    return typeMembers(this.info, type, at);
  }

  /** What a parameter of the function of a frame is there; undefined where that is not known. @internal */
  parameterValue(name: string, frame: FrameState, memory: ReadSized): number | undefined {
    return this.parameters.valueOf(name, frame, memory);
  }

  /** What the Arm mapping symbols say of an address: Arm code, Thumb code or data; undefined where there are none. */
  codeKindAt(address: Address): CodeKind | undefined {
    return this.info.attempt(() => this.symbols.codeKindAt(address));
  }

  /** Whether the code at an address is Arm code, not Thumb: by mapping symbols, else by the bit of its function's symbol. */
  isArmState(address: Address): boolean {
    return this.info.attempt(() => this.symbols.isArmState(address)) ?? false;
  }

  /** Initialised memory, from the file: what flash holds. Undefined unless all of it is in one loaded segment. */
  readMemory(address: Address, sizeBytes: Bytes): Uint8Array | undefined {
    return this.elfFile.readMemory(address, sizeBytes);
  }
}

/** Opens an ELF program. @throws SymbolError HH1301 to HH1303 when the bytes are not one. */
export function createSymbolizer(bytes: Uint8Array, options: SymbolizerOptions = {}): Symbolizer {
  return new Symbolizer(bytes, options);
}
