import type { Address } from '../base/units.js';
import type { DebugInfo } from './debug-info.js';
import { childrenOf, Die } from './die.js';
import { At, Form, Tag } from './dwarf-constants.js';
import { type ExpressionContext, evaluateExpression, evaluateLocation } from './dwarf-expression.js';
import type { Unit } from './dwarf-units.js';
import { inLocationList, inLocList } from './location-lists.js';
import { functionNodeAt } from './unit-index.js';

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

const OP = { reg0: 0x50, reg31: 0x6f, regx: 0x90 };

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

  private evaluate(location: Location, frame: FrameState, memory: ReadSized): number | undefined {
    const { expression } = location;
    const register = this.registerNamed(expression);
    if (register !== undefined) return frame.registers[register];
    const context = this.contextOf(location, frame, memory);
    const found = evaluateLocation(expression, context);
    return found && (found.isValue ? found.value : memory(found.value, context.addressBytes));
  }

  private contextOf({ unit, frameBase }: Place, frame: FrameState, memory: ReadSized): ExpressionContext {
    const context: ExpressionContext = {
      littleEndian: this.info.elfFile.littleEndian,
      addressBytes: unit.addressSize === 8 ? 8 : 4,
      register: (number) => frame.registers[number],
      memory,
    };
    const base = () => {
      if (!frameBase) return frame.cfa;
      const register = this.registerNamed(frameBase);
      if (register !== undefined) return frame.registers[register];
      return evaluateExpression(frameBase, undefined, { ...context, frame: { ...ofFrame, base: () => undefined } });
    };
    const ofFrame = {
      base,
      cfa: frame.cfa,
      entryValue: (inner: Uint8Array) => this.entryValue(this.registerNamed(inner), frame, memory),
    };
    return { ...context, frame: ofFrame };
  }

  /** The register that an expression names as the place: it is no expression to compute then. */
  private registerNamed(expression: Uint8Array): number | undefined {
    const first = expression[0] ?? 0;
    if (first >= OP.reg0 && first <= OP.reg31) return first - OP.reg0;
    return first === OP.regx ? this.info.elfFile.reader(expression, 'DWARF expression', 1).uleb() : undefined;
  }

  /** What a register held at the entry: the call site says how the caller made it, as a value. */
  private entryValue(register: number | undefined, frame: FrameState, memory: ReadSized): number | undefined {
    const { caller, returnPc } = frame;
    if (!caller || returnPc === undefined || register === undefined) return undefined;
    const key = `${returnPc}:${register}`;
    if (!this.callValues.has(key)) {
      this.callValues.set(
        key,
        this.info.attempt(() => this.findCallValue(returnPc, register)),
      );
    }
    const expression = this.callValues.get(key);
    const unit = this.info.unitAt(caller.pc);
    if (!expression || !unit) return undefined;
    const given = this.registerNamed(expression);
    if (given !== undefined) return caller.registers[given];
    const frameBase = functionAt(this.info, unit, caller.pc)?.block(At.frameBase);
    return evaluateExpression(expression, undefined, this.contextOf({ unit, frameBase }, caller, memory));
  }

  /** What the call that returns to an address put into a register. */
  private findCallValue(returnPc: Address, register: number): Uint8Array | undefined {
    const { info } = this;
    const unit = info.unitAt(returnPc - 1);
    const site = unit && info.indexOf(unit).callSites.get(returnPc);
    const die = site && Die.at(info.units, site.die);
    if (!die) return undefined;
    for (const child of childrenOf(die, info.units)) {
      if (child.tag !== Tag.callSiteParameter && child.tag !== Tag.gnuCallSiteParameter) continue;
      const place = child.block(At.location);
      if (place && this.registerNamed(place) === register)
        return child.block(At.callValue) ?? child.block(At.gnuCallSiteValue);
    }
    return undefined;
  }
}

/** Whose function an expression belongs to. */
interface Place {
  readonly unit: Unit;
  readonly frameBase: Uint8Array | undefined;
}

interface Location extends Place {
  readonly expression: Uint8Array;
}

function functionAt(info: DebugInfo, unit: Unit, pc: Address): Die | undefined {
  const index = info.indexOf(unit);
  return Die.at(info.units, index.dies[functionNodeAt(index, pc)] ?? -1);
}

function findLocation(info: DebugInfo, name: string, pc: Address): Location | undefined {
  const unit = info.unitAt(pc);
  const die = unit && functionAt(info, unit, pc);
  if (!unit || !die) return undefined;
  for (const child of childrenOf(die, info.units)) {
    if (child.tag !== Tag.formalParameter || child.nameIn(info.units) !== name) continue;
    const expression = locationAt(child, unit, pc);
    return expression && { expression, unit, frameBase: die.block(At.frameBase) };
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
