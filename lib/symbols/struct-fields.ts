import type { Address } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import { ByteReader } from './byte-reader.js';
import type { DebugInfo } from './debug-info.js';
import { childrenOf, Die } from './die.js';
import { At, Tag } from './dwarf-constants.js';
import type { Unit } from './dwarf-units.js';
import type { SymbolTable } from './elf-symbols.js';
import { type FieldPlace, type Member, TypeWalk } from './type-walk.js';

export type { FieldPlace } from './type-walk.js';

const TYPES: ReadonlySet<number> = new Set([Tag.typedef, Tag.structureType, Tag.unionType, Tag.classType]);

/** Walks from a global variable along a member path. @throws SymbolError HH1310 or HH1311. */
export function structField(info: DebugInfo, symbols: SymbolTable, variable: string, path: string): FieldPlace {
  const address = info.attempt(() => symbols.named(variable).find((symbol) => symbol.kind !== 'function'))?.address;
  let failure: SymbolError | undefined;
  for (const die of variableDies(info, variable)) {
    const start = address ?? fixedAddress(info, die);
    const type = start === undefined ? undefined : typeOf(info, die);
    if (start === undefined || !type) continue;
    try {
      return new TypeWalk(info, variable, path).run(start, type);
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
  const asked = info.unitAt(at);
  let failure: SymbolError | undefined;
  for (const unit of unitsFrom(info, asked)) {
    for (const die of typeDies(info, unit, type)) {
      try {
        return new TypeWalk(info, type, path).run(0, die);
      } catch (error) {
        if (!(error instanceof SymbolError)) throw error;
        failure ??= error;
      }
    }
    // A member that one whole definition lacks is in no other either.
    if (failure && unit === asked) break;
  }
  throw failure ?? new SymbolError('HH1310', `${type}: ELF file: found no type of this name, expected one`);
}

/**
 * The members of a type that have a place of their own, down to those that are no structures, in order of their offset: `vm.dict_main.map.table`.
 * Of arrays each element (one without a length is one member), of a union each alternative. Empty for a type that no unit defines.
 */
export function typeMembers(info: DebugInfo, type: string, at: Address): readonly Member[] {
  for (const unit of unitsFrom(info, info.unitAt(at))) {
    for (const die of typeDies(info, unit, type)) {
      const members = info.attempt(() => new TypeWalk(info, type, '').members(die)) ?? [];
      if (members.length > 0) return members;
    }
  }
  return [];
}

/** All units, the one that is asked first in front. */
function unitsFrom(info: DebugInfo, asked: Unit | undefined): readonly Unit[] {
  return asked ? [asked, ...info.units.filter((unit) => unit !== asked)] : info.units;
}

/** By unit: where its typedefs and structures are described, by name. */
const KNOWN_TYPES = new WeakMap<Unit, ReadonlyMap<string, readonly number[]>>();

/** A unit's typedefs and structures of a name. Interpreters are asked for dozens: a unit is gone through for the first of them only. */
function* typeDies(info: DebugInfo, unit: Unit, name: string): Generator<Die> {
  const types = KNOWN_TYPES.get(unit) ?? typesOf(info, unit);
  KNOWN_TYPES.set(unit, types);
  for (const offset of types.get(name) ?? []) {
    const die = info.attempt(() => Die.at(info.units, offset));
    if (die) yield die;
  }
}

function typesOf(info: DebugInfo, unit: Unit): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const die of topDies(info, unit, ({ tag }) => TYPES.has(tag))) {
    const name = info.attempt(() => die.text(At.name));
    if (name === undefined) continue;
    const offsets = found.get(name);
    if (offsets) offsets.push(die.offset);
    else found.set(name, [die.offset]);
  }
  return found;
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
