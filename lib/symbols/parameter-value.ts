import type { Address } from '../base/units.js';
import type { DebugInfo } from './debug-info.js';
import { childrenOf, Die } from './die.js';
import { At, Form, Tag } from './dwarf-constants.js';
import { type ExpressionContext, evaluateExpression } from './dwarf-expression.js';
import type { Unit } from './dwarf-units.js';
import { blockAt, inLocationList, inLocList } from './location-lists.js';

/** A frame of a stack that was walked, with the registers as they were in it. */
export interface FrameState {
  /** Inside of the function: of a frame that called on, the address before the return address. */
  readonly pc: Address;
  readonly registers: ArrayLike<number>;
  /** The stack pointer before the call. */
  readonly cfa: Address;
  /** The frame that called this one: what a parameter was at the entry may only be known there. */
  readonly caller?: FrameState | undefined;
  /** Where the call returns to. */
  readonly returnPc?: Address | undefined;
}

/** Reads 1, 2, 4 or 8 bytes of the target's memory; undefined where there is no copy of it. */
export type ReadSized = (address: Address, sizeBytes: number) => number | undefined;

const OP = { reg0: 0x50, reg31: 0x6f, regx: 0x90, fbreg: 0x91, stackValue: 0x9f, callFrameCfa: 0x9c };
const ENTRY_VALUE: ReadonlySet<number> = new Set([0xa3, 0xf3]);
const MAX_BLOCKS = 64;

/** Answers what a parameter of a function is in a frame, by its location in the debug information. */
export class ParameterValues {
  /** By name and pc: the expression that holds there. */
  private readonly locations = new Map<string, Location | undefined>();
  private readonly callValues = new Map<string, Uint8Array | undefined>();

  constructor(private readonly info: DebugInfo) {}

  /** Undefined where it was optimised out, or what it takes is not known. */
  valueOf(name: string, frame: FrameState, memory: ReadSized): number | undefined {
    const key = `${frame.pc}:${name}`;
    let location = this.locations.get(key);
    if (!location && !this.locations.has(key)) {
      location = this.info.attempt(() => findLocation(this.info, name, frame.pc));
      this.locations.set(key, location);
    }
    return location && this.info.attempt(() => this.evaluate(location, frame, memory));
  }

  private evaluate(
    { expression, unit, frameBase }: Location,
    frame: FrameState,
    memory: ReadSized,
  ): number | undefined {
    const { littleEndian } = this.info.elfFile;
    const first = expression[0] ?? 0;
    if (first >= OP.reg0 && first <= OP.reg31) return frame.registers[first - OP.reg0];
    const reader = this.info.elfFile.reader(expression, 'DWARF expression', 1);
    if (first === OP.regx) return frame.registers[reader.uleb()];
    const addressBytes = unit.addressSize === 8 ? 8 : 4;
    if (first === OP.fbreg) {
      const base = this.baseOf(frameBase, frame, memory);
      return base === undefined ? undefined : memory(base + reader.sleb(), addressBytes);
    }
    if (ENTRY_VALUE.has(first)) {
      const inner = blockAt(reader, reader.uleb());
      return this.entryValue(inner[0] ?? 0, frame, memory);
    }
    const context: ExpressionContext = {
      littleEndian,
      addressBytes,
      register: (number) => frame.registers[number],
      memory,
    };
    const value = evaluateExpression(expression, undefined, context);
    return value === undefined || expression.at(-1) === OP.stackValue ? value : memory(value, addressBytes);
  }

  private baseOf(base: Uint8Array | undefined, frame: FrameState, memory: ReadSized): Address | undefined {
    if (!base || base[0] === OP.callFrameCfa) return frame.cfa;
    const first = base[0] ?? 0;
    if (first >= OP.reg0 && first <= OP.reg31) return frame.registers[first - OP.reg0];
    const { littleEndian } = this.info.elfFile;
    return evaluateExpression(base, undefined, {
      littleEndian,
      addressBytes: 4,
      register: (number) => frame.registers[number],
      memory,
    });
  }

  /** What a register held at the entry: the call site says how the caller made it. */
  private entryValue(register: number, frame: FrameState, memory: ReadSized): number | undefined {
    const { caller, returnPc } = frame;
    if (!caller || returnPc === undefined || register < OP.reg0 || register > OP.reg31) return undefined;
    const key = `${returnPc}:${register}`;
    if (!this.callValues.has(key)) this.callValues.set(key, findCallValue(this.info, returnPc, register));
    const expression = this.callValues.get(key);
    const unit = this.info.unitAt(caller.pc);
    if (!expression || !unit) return undefined;
    const frameBase = functionAt(this.info, unit, caller.pc)?.block(At.frameBase);
    const value = { expression: withStackValue(expression), unit, frameBase };
    return this.evaluate(value, caller, memory);
  }
}

interface Location {
  readonly expression: Uint8Array;
  readonly unit: Unit;
  readonly frameBase: Uint8Array | undefined;
}

/** DW_AT_call_value is the value itself: `breg13+8` there is no place in memory. */
function withStackValue(expression: Uint8Array): Uint8Array {
  const first = expression[0] ?? 0;
  const isRegister = (first >= OP.reg0 && first <= OP.reg31) || first === OP.regx || ENTRY_VALUE.has(first);
  if (isRegister || expression.at(-1) === OP.stackValue) return expression;
  return Uint8Array.from([...expression, OP.stackValue]);
}

function functionAt(info: DebugInfo, unit: Unit, pc: Address): Die | undefined {
  const index = info.indexOf(unit);
  let node = index.addresses.at(pc);
  while (node >= 0 && index.isInlined[node]) node = index.parents[node] ?? -1;
  return node < 0 ? undefined : Die.at(info.units, index.dies[node] ?? -1);
}

function findLocation(info: DebugInfo, name: string, pc: Address): Location | undefined {
  const unit = info.unitAt(pc);
  const die = unit && functionAt(info, unit, pc);
  if (!unit || !die) return undefined;
  for (const child of childrenOf(die, info.units)) {
    if (child.tag !== Tag.formalParameter || nameOf(info, child) !== name) continue;
    const expression = locationAt(child, unit, pc);
    return expression && { expression, unit, frameBase: die.block(At.frameBase) };
  }
  return undefined;
}

function nameOf(info: DebugInfo, die: Die): string | undefined {
  for (const step of die.originChain(info.units)) {
    const name = step.text(At.name);
    if (name !== undefined) return name;
  }
  return undefined;
}

function locationAt(parameter: Die, unit: Unit, pc: Address): Uint8Array | undefined {
  const whole = parameter.block(At.location);
  if (whole) return whole;
  const value = parameter.number(At.location);
  if (value === undefined) return undefined;
  // .debug_loc.dwo has a format of its own (GNU's, before DWARF 5).
  if (unit.skeleton && unit.version < 5) return undefined;
  const slot = parameter.abbrev.attributes.indexOf(At.location);
  const indexed = parameter.form(slot) === Form.loclistx;
  return unit.version >= 5 ? inLocList(unit, value, indexed, pc) : inLocationList(unit, value, pc);
}

/** What the call that returns to an address put into a register. */
function findCallValue(info: DebugInfo, returnPc: Address, register: number): Uint8Array | undefined {
  return info.attempt(() => {
    const unit = info.unitAt(returnPc - 1);
    const start = unit && functionAt(info, unit, returnPc - 1);
    const site = start && findCallSite(info, start, returnPc, 0);
    if (!site) return undefined;
    for (const child of childrenOf(site, info.units)) {
      if (child.tag !== Tag.callSiteParameter && child.tag !== Tag.gnuCallSiteParameter) continue;
      if (child.block(At.location)?.[0] !== register) continue;
      return child.block(At.callValue) ?? child.block(At.gnuCallSiteValue);
    }
    return undefined;
  });
}

function findCallSite(info: DebugInfo, parent: Die, returnPc: Address, depth: number): Die | undefined {
  if (depth > MAX_BLOCKS) return undefined;
  for (const child of childrenOf(parent, info.units)) {
    if (child.tag === Tag.callSite || child.tag === Tag.gnuCallSite) {
      if ((child.number(At.callReturnPc) ?? child.number(At.lowPc)) === returnPc) return child;
    } else if (child.tag === Tag.lexicalBlock || child.tag === Tag.inlinedSubroutine) {
      const found = findCallSite(info, child, returnPc, depth + 1);
      if (found) return found;
    }
  }
  return undefined;
}
