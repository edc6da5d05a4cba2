import type { Address, Bytes } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import { ByteReader } from './byte-reader.js';
import type { DebugInfo } from './debug-info.js';
import { childrenOf, Die } from './die.js';
import { At, Tag } from './dwarf-constants.js';
import type { Unit } from './dwarf-units.js';
import type { SymbolTable } from './elf-symbols.js';

/** Where a variable or a member of one lies in the target's memory. */
export interface FieldPlace {
  readonly address: Address;
  readonly sizeBytes: Bytes;
}

const MAX_TYPE_DEPTH = 64;
const QUALIFIERS: ReadonlySet<number> = new Set([
  Tag.typedef,
  Tag.constType,
  Tag.volatileType,
  Tag.restrictType,
  Tag.atomicType,
]);
const TYPES: ReadonlySet<number> = new Set([Tag.typedef, Tag.structureType, Tag.unionType, Tag.classType]);
const AGGREGATES: ReadonlySet<number> = new Set([Tag.structureType, Tag.unionType, Tag.classType]);

/** Walks from a global variable along a member path. @throws SymbolError HH1310 or HH1311. */
export function structField(info: DebugInfo, symbols: SymbolTable, variable: string, path: string): FieldPlace {
  const address = info.attempt(() => symbols.named(variable).find((symbol) => symbol.kind !== 'function'))?.address;
  let failure: SymbolError | undefined;
  for (const die of variableDies(info, variable)) {
    const start = address ?? fixedAddress(info, die);
    const type = start === undefined ? undefined : typeOf(info, die);
    if (start === undefined || !type) continue;
    try {
      return new FieldWalk(info, variable, path).run(start, type);
    } catch (error) {
      // A unit that only declares the structure cannot answer; another unit may hold its definition.
      if (!(error instanceof SymbolError)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? noVariable(info, variable);
}

/**
 * Where a member of a type lies from its start: `mp_code_state_t`, `ip`; a typedef, a structure or a union. Of a bit field, the byte that it
 * begins in. `at` is an address of code of a unit that is asked first. @throws SymbolError HH1310 or HH1311.
 */
export function typeField(
  info: DebugInfo,
  type: string,
  { path, at }: { readonly path: string; readonly at: Address },
): FieldPlace {
  const first = info.unitAt(at);
  let failure: SymbolError | undefined;
  for (const unit of first ? [first, ...info.units.filter((other) => other !== first)] : info.units) {
    for (const die of topDies(info, unit, (child) => TYPES.has(child.tag) && child.text(At.name) === type)) {
      try {
        return new FieldWalk(info, type, path).run(0, die);
      } catch (error) {
        if (!(error instanceof SymbolError)) throw error;
        failure ??= error;
      }
    }
    // A member that one whole definition lacks is in no other either.
    if (failure && unit === first) break;
  }
  throw failure ?? new SymbolError('HH1310', `${type}: ELF file: found no type of this name, expected one`);
}

function noVariable(info: DebugInfo, variable: string): SymbolError {
  const found = info.units.length === 0 ? 'no debug information' : 'no global variable of this name';
  return new SymbolError('HH1310', `${variable}: ELF file: found ${found}, expected a variable with a fixed address`, {
    remedy: 'Check the name, and build the firmware with -g and without --strip-debug.',
  });
}

/** The entries of a global variable in all units: definitions and declarations, in file order. */
function* variableDies(info: DebugInfo, name: string): Generator<Die> {
  for (const unit of info.units)
    yield* topDies(info, unit, (die) => die.tag === Tag.variable && die.nameIn(info.units) === name);
}

/** The entries right below a unit's first that are wanted; what is damaged is passed over. */
function* topDies(info: DebugInfo, unit: Unit, isWanted: (die: Die) => boolean): Generator<Die> {
  const { units } = info;
  const root = Die.at(units, unit.entriesOffset);
  if (!root) return;
  const children = childrenOf(root, units);
  for (;;) {
    const next = info.attempt(() => children.next());
    if (!next || next.done) break;
    const die = next.value;
    if (info.attempt(() => isWanted(die))) yield die;
  }
}

function fixedAddress(info: DebugInfo, die: Die): Address | undefined {
  return info.attempt(() => {
    const location = die.block(At.location);
    // DW_OP_addr (0x03) and nothing else.
    if (location?.[0] !== 0x03 || location.length !== 1 + die.unit.addressSize) return undefined;
    return new ByteReader(location, info.elfFile.littleEndian, '.debug_info', 1).unsigned(die.unit.addressSize);
  });
}

function typeOf(info: DebugInfo, die: Die): Die | undefined {
  return info.attempt(() => {
    for (const step of die.originChain(info.units)) {
      const type = step.follow(At.type, info.units);
      if (type) return type;
    }
    return undefined;
  });
}

/** A type without typedefs and qualifiers; of an array, the part below its first `dimension` indexes. */
interface FieldType {
  readonly die: Die;
  readonly dimension: number;
}

/** One walk; `done` is the part of the path that was followed, for messages. */
class FieldWalk {
  private done: string;
  private steps = 0;

  constructor(
    private readonly info: DebugInfo,
    variable: string,
    private readonly path: string,
  ) {
    this.done = variable;
  }

  run(start: Address, first: Die): FieldPlace {
    let address = start;
    let type: FieldType = { die: this.strip(first), dimension: 0 };
    for (const step of parsePath(this.path)) {
      if (typeof step === 'number') {
        type = this.elementOf(type);
        address += step * this.sizeOf(type);
        this.done += `[${step}]`;
        continue;
      }
      while (type.die.tag === Tag.arrayType) type = this.elementOf(type);
      const member = this.member(type.die, step, 0);
      if (!member) throw this.fail(`no member ${step}`, this.memberNames(type.die));
      address += member.offset;
      type = { die: this.strip(member.type), dimension: 0 };
      this.done += `.${step}`;
    }
    return { address, sizeBytes: this.sizeOf(type) };
  }

  private fail(found: string, expected: string): SymbolError {
    return new SymbolError('HH1311', `${this.done}: path ${this.path}: found ${found}, expected ${expected}`, {
      remedy: 'Check the path against the firmware source that this ELF file was built from.',
    });
  }

  private strip(first: Die): Die {
    let die = first;
    for (let depth = 0; QUALIFIERS.has(die.tag); depth++) {
      const next = depth < MAX_TYPE_DEPTH ? die.follow(At.type, this.info.units) : undefined;
      if (!next) throw this.fail('a type without an end', 'a complete type');
      die = next;
    }
    return die;
  }

  private elementOf({ die, dimension }: FieldType): FieldType {
    if (die.tag === Tag.arrayType && dimension + 1 < this.counts(die).length) return { die, dimension: dimension + 1 };
    const element = die.tag === Tag.arrayType ? die.follow(At.type, this.info.units) : undefined;
    if (!element || ++this.steps > MAX_TYPE_DEPTH) {
      throw this.fail(die.tag === Tag.pointerType ? 'a pointer' : 'no array', 'an array');
    }
    return { die: this.strip(element), dimension: 0 };
  }

  /** How many elements each dimension of an array has; 0 for one without a bound (`int x[]`). */
  private counts(array: Die): number[] {
    const counts: number[] = [];
    for (const child of childrenOf(array, this.info.units)) {
      if (child.tag !== Tag.subrangeType) continue;
      const upper = child.number(At.upperBound);
      counts.push(child.number(At.count) ?? (upper === undefined ? 0 : upper + 1));
    }
    return counts;
  }

  private member(type: Die, name: string, depth: number): { readonly offset: number; readonly type: Die } | undefined {
    if (!AGGREGATES.has(type.tag)) {
      throw this.fail(
        type.tag === Tag.pointerType ? 'a pointer, whose target moves at run time' : 'no structure',
        'a structure',
      );
    }
    if ((type.number(At.declaration) ?? 0) !== 0)
      throw this.fail('a structure that is only declared', 'its definition');
    for (const child of childrenOf(type, this.info.units)) {
      if (child.tag !== Tag.member && child.tag !== Tag.inheritance) continue;
      const childName = child.tag === Tag.member ? child.text(At.name) : undefined;
      if (childName !== undefined && childName !== name) continue;
      const childType = child.follow(At.type, this.info.units);
      if (!childType) continue;
      const offset = this.memberOffset(child);
      if (childName === name) return { offset, type: childType };
      // Anonymous structures and unions, and base classes: their members count as this one's.
      const inner = this.strip(childType);
      const nested = AGGREGATES.has(inner.tag) && depth < 16 ? this.member(inner, name, depth + 1) : undefined;
      if (nested) return { offset: offset + nested.offset, type: nested.type };
    }
    return undefined;
  }

  /** A constant, or in DWARF 2 an expression of one DW_OP_plus_uconst (0x23). */
  private memberOffset(member: Die): number {
    const constant = member.number(At.dataMemberLocation);
    if (constant !== undefined) return constant;
    const bits = member.number(At.dataBitOffset);
    if (bits !== undefined) return Math.floor(bits / 8);
    const expression = member.block(At.dataMemberLocation);
    if (expression?.[0] !== 0x23) return 0;
    return new ByteReader(expression, this.info.elfFile.littleEndian, '.debug_info', 1).uleb();
  }

  private memberNames(type: Die): string {
    const names: string[] = [];
    for (const child of childrenOf(type, this.info.units)) {
      if (child.tag === Tag.member && names.length < 20) names.push(child.text(At.name) ?? '(anonymous)');
    }
    return names.length === 0 ? 'a structure with members' : `one of ${names.join(', ')}`;
  }

  private sizeOf({ die, dimension }: FieldType): Bytes {
    const isWhole = dimension === 0;
    const size = isWhole ? die.number(At.byteSize) : undefined;
    if (size !== undefined) return size;
    if (die.tag === Tag.pointerType) return die.unit.addressSize;
    if (die.tag !== Tag.arrayType) return 0;
    const counts = this.counts(die);
    const rest = counts.slice(dimension).reduce((product, count) => product * count, 1);
    return rest * this.sizeOf(this.elementOf({ die, dimension: counts.length }));
  }
}

/** `a.b[2].c` as names and indexes. */
function parsePath(path: string): (string | number)[] {
  const steps = path.match(/[^.[\]]+|\[\d+\]/g) ?? [];
  return steps.map((step) => (step.startsWith('[') ? Number(step.slice(1, -1)) : step));
}
