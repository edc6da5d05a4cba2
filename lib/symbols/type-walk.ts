import type { Address, Bytes } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import { ByteReader } from './byte-reader.js';
import type { DebugInfo } from './debug-info.js';
import { childrenOf, type Die } from './die.js';
import { At, Tag } from './dwarf-constants.js';

/** Where a variable or a member of one lies in the target's memory. */
export interface FieldPlace {
  readonly address: Address;
  readonly sizeBytes: Bytes;
}

/** A member that is no structure. */
export interface Member {
  /** From the type down: `vm.dict_main.map.table`, `items[2]`. */
  readonly path: string;
  readonly offset: Bytes;
  /** 0 for an array without a length, at the end of a structure. */
  readonly sizeBytes: Bytes;
}

const MAX_TYPE_DEPTH = 64;
/** What a type's members are listed of at most. */
const MAX_MEMBERS = 4096;
const MAX_NESTING = 16;
const MAX_ELEMENTS = 256;
const QUALIFIERS: ReadonlySet<number> = new Set([
  Tag.typedef,
  Tag.constType,
  Tag.volatileType,
  Tag.restrictType,
  Tag.atomicType,
]);
const AGGREGATES: ReadonlySet<number> = new Set([Tag.structureType, Tag.unionType, Tag.classType]);

/** A type without typedefs and qualifiers; of an array, the part below its first `dimension` indexes. */
interface FieldType {
  readonly die: Die;
  readonly dimension: number;
}

/** One walk; `done` is the part of the path that was followed, for messages. */
export class TypeWalk {
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

  /** Those below a structure or union, in order of offset; see `typeMembers`. */
  members(first: Die): Member[] {
    const found: Member[] = [];
    this.collect(this.strip(first), { path: '', offset: 0, depth: 0 }, found);
    return found.sort((a, b) => a.offset - b.offset);
  }

  private collect(
    die: Die,
    at: { readonly path: string; readonly offset: Bytes; readonly depth: number },
    found: Member[],
  ): void {
    if (found.length >= MAX_MEMBERS || at.depth > MAX_NESTING) return;
    if (die.tag === Tag.arrayType) {
      const element = this.elementOf({ die, dimension: this.counts(die).length });
      const each = this.sizeOf(element);
      const count = this.counts(die).reduce((product, one) => product * one, 1);
      if (count === 0) found.push({ path: at.path, offset: at.offset, sizeBytes: 0 });
      for (let index = 0; index < Math.min(count, MAX_ELEMENTS); index++) {
        const inner = { path: `${at.path}[${index}]`, offset: at.offset + index * each, depth: at.depth + 1 };
        this.collect(element.die, inner, found);
      }
      return;
    }
    if (!AGGREGATES.has(die.tag)) {
      found.push({ path: at.path, offset: at.offset, sizeBytes: this.sizeOf({ die, dimension: 0 }) });
      return;
    }
    for (const child of childrenOf(die, this.info.units)) {
      if (child.tag !== Tag.member && child.tag !== Tag.inheritance) continue;
      const type = child.follow(At.type, this.info.units);
      if (!type) continue;
      const name = child.tag === Tag.member ? child.text(At.name) : undefined;
      const path = name === undefined ? at.path : at.path === '' ? name : `${at.path}.${name}`;
      this.collect(
        this.strip(type),
        { path, offset: at.offset + this.memberOffset(child), depth: at.depth + 1 },
        found,
      );
    }
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
