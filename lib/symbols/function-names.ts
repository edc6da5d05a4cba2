import type { DebugInfo } from './debug-info.js';
import { functionNameOf } from './demangle.js';
import { Die } from './die.js';
import { At, CXX_LANGUAGES, RUST_LANGUAGE, Tag } from './dwarf-constants.js';
import { unitAt } from './dwarf-units.js';

/** The names of one function. */
export interface FunctionName {
  /** As gdb prints it in a backtrace: demangled, qualified, without parameters. `??` when the file does not say. */
  readonly name: string;
  /** As the linker knows it, when that differs from the name in the source. */
  readonly linkageName: string | undefined;
}

const UNKNOWN: FunctionName = { name: '??', linkageName: undefined };

/** Function names by entry; each is worked out once. */
export class FunctionNames {
  private readonly known = new Map<number, FunctionName>();

  constructor(private readonly info: DebugInfo) {}

  /** The names of the function (or inlined instance) whose entry is at an offset of .debug_info. */
  at(offset: number): FunctionName {
    let name = this.known.get(offset);
    if (!name) {
      name = this.info.attempt(() => this.read(offset)) ?? UNKNOWN;
      this.known.set(offset, name);
    }
    return name;
  }

  private read(offset: number): FunctionName {
    const { units } = this.info;
    const first = Die.at(units, offset);
    if (!first) return UNKNOWN;
    let plain: string | undefined;
    let named: Die | undefined;
    let scoped: Die | undefined;
    for (const die of first.originChain(units)) {
      const linkage = die.text(At.linkageName) ?? die.text(At.mipsLinkageName);
      if (linkage !== undefined) return { name: functionNameOf(linkage), linkageName: linkage };
      plain ??= die.text(At.name);
      if (plain !== undefined) named ??= die;
      scoped = die;
    }
    if (plain === undefined || !named) return UNKNOWN;
    return { name: this.qualify(plain, scoped ?? named), linkageName: undefined };
  }

  /** Namespaces and classes around a function without a linkage name, joined with `::` (C++ and Rust only). */
  private qualify(plain: string, die: Die): string {
    const { language } = die.unit;
    if (!CXX_LANGUAGES.has(language) && language !== RUST_LANGUAGE) return plain;
    const { units } = this.info;
    const unit = unitAt(units, die.offset);
    if (!unit) return plain;
    const { scopes } = this.info.indexOf(unit);
    let name = plain;
    let scope = scopes.get(die.offset);
    for (let depth = 0; scope !== undefined && depth < 32; depth++) {
      const outer = Die.at(units, scope);
      if (!outer || outer.tag === Tag.subprogram) break;
      // As in gdb: a class without a name (a lambda's) qualifies nothing, a namespace without one is spelled out.
      const outerName = outer.text(At.name) ?? (outer.tag === Tag.namespace ? '(anonymous namespace)' : undefined);
      if (outerName === undefined) break;
      name = `${outerName}::${name}`;
      scope = scopes.get(scope);
    }
    return name;
  }
}
