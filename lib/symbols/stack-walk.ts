import { isExceptionReturn, undoException } from '../arch/arm/exception-frame.js';
import { type FrameRow, type RegisterRule, RuleKind } from '../arch/frame-row.js';
import type { Address } from '../base/units.js';
import { type ExpressionContext, evaluateExpression } from './dwarf-expression.js';
import type { FrameStep, FrameSteps } from './frame-step.js';
import type { Machine } from './machine.js';

/** The 32-bit word of the target's memory at an address; undefined where there is no copy of it. */
export type ReadMemory = (address: Address) => number | undefined;

/** One frame of the stack, before inlined calls are told apart (`locate` does that). */
export interface RawFrame {
  /** Frame 0, what an exception interrupted, the root of a task: where it is. Other frames: the return address. EXC_RETURN for `signal`. */
  readonly pc: Address;
  /** The stack pointer before the call: constant while the frame lives. The frame's own sp where it is not known. */
  readonly cfa: Address;
  /** `guessed` from the first frame on that was found without call frame information. */
  readonly certainty: 'exact' | 'guessed';
  /** `signal`: an exception was taken here (`<signal handler called>`). `tail`: not on the stack, found by call-site data. */
  readonly kind: 'normal' | 'signal' | 'tail';
  /** Whether `pc` is a return address: what `locate` must be told. */
  readonly isReturnAddress: boolean;
  /** Of frames whose registers were asked for ({@link UnwindOptions.registersOf}), and of those that called them: as they were in it. */
  readonly registers?: readonly number[];
  /** Whether it was asked for. */
  readonly isWatched?: boolean;
}

/**
 * Why a backtrace ended. `main`, `entry`, `outermost`: complete. `zero-pc`: a return to 0. `depth`: the limit. `repeated`, `corrupt`:
 * the stack makes no sense from here. `no-memory`: see `needs`. `no-psp`: the process stack pointer is needed and was not given.
 * `other-security`: a TrustZone exception that interrupted code of the other security state, whose stack pointer is not known.
 * `no-rule`: nothing says how to go on. `unknown-machine`: the registers of this processor are not described.
 */
export type StackEnd =
  | 'main'
  | 'entry'
  | 'outermost'
  | 'zero-pc'
  | 'depth'
  | 'repeated'
  | 'corrupt'
  | 'no-memory'
  | 'no-psp'
  | 'other-security'
  | 'no-rule'
  | 'unknown-machine';

/** How far a stack is walked. */
export interface UnwindOptions {
  /** Frames at most; 200 unless told, 10,000 at most. */
  readonly maxDepth?: number;
  /** Go on above `main`, up to the entry point (gdb's `backtrace past-main`). */
  readonly pastMain?: boolean;
  /** Cortex-M: the process stack pointer, needed when a handler interrupted code that used it. */
  readonly psp?: number;
  /** Starts of functions: their frames, and those that called them, come with registers. */
  readonly registersOf?: ReadonlySet<Address> | undefined;
}

/** The frames of a stack that was walked, and why the walk ended. */
export interface UnwoundStack {
  /** Innermost first; at least one unless the machine is unknown. */
  readonly frames: readonly RawFrame[];
  readonly end: StackEnd;
  /** The address that was wanted and not there: read more of the stack and unwind again. */
  readonly needs?: { readonly address: Address };
}

const DEFAULT_DEPTH = 200;
const MAX_DEPTH = 10_000;
const KEEP_GOING = undefined;

/** One walk up one stack. */
export class StackWalk {
  private readonly frames: RawFrame[] = [];
  private readonly maxDepth: number;
  private registers: number[] = [];
  private next: number[] = [];
  private certainty: RawFrame['certainty'] = 'exact';
  private needs: Address | undefined;
  /** Whether the pc is where the code stopped, not a return address. */
  private isTop = true;
  private lastCfa = -1;
  private lastStart: Address | undefined;
  /** Whether the frame before is one whose registers are wanted. */
  private calledWatched = false;

  constructor(
    private readonly known: FrameSteps,
    private readonly machine: Machine,
    private readonly readMemory: ReadMemory,
    private readonly options: UnwindOptions,
  ) {
    this.maxDepth = Math.min(options.maxDepth ?? DEFAULT_DEPTH, MAX_DEPTH);
  }

  run(registers: ArrayLike<number>): UnwoundStack {
    const { machine } = this;
    for (let index = 0; index < machine.registerCount; index++) {
      this.registers.push(registers[index] ?? 0);
      this.next.push(0);
    }
    this.registers[machine.pc] = this.codeAddress(this.register(machine.pc));
    let end: StackEnd | undefined;
    while (end === KEEP_GOING) end = this.step();
    const { frames, needs } = this;
    return needs === undefined ? { frames, end } : { frames, end, needs: { address: needs } };
  }

  /** Adds the frame at the current pc and moves to its caller; says why when there is none. */
  private step(): StackEnd | undefined {
    const pc = this.register(this.machine.pc);
    if (this.frames.length >= this.maxDepth) return 'depth';
    if (this.machine.isCortexM && isExceptionReturn(pc)) return this.stepException(pc);
    // The root of a task: what the scheduler put into lr. Nothing called it, and lr still holds it.
    const isRoot = !this.isTop && this.known.isEntry(pc);
    if (isRoot) this.isTop = true;
    const step = this.known.stepAt(this.isTop ? pc : pc - 1, this.isTop);
    const row = pc === 0 && !this.isTop ? undefined : step.row;
    const cfa = row && this.cfaOf(row);
    if (!this.isTop && cfa !== undefined && cfa === this.lastCfa && step.start === this.lastStart) return 'repeated';
    if (row?.certainty === 'guessed') this.certainty = 'guessed';
    this.push(pc, cfa ?? this.register(this.machine.sp), 'normal');
    if (this.options.registersOf) this.keepRegisters(step.start, this.options.registersOf);
    const stop = isRoot ? 'outermost' : this.stopHere(step, pc);
    if (stop) return stop;
    if (!row) return 'no-rule';
    if (cfa === undefined) return this.needs === undefined ? 'no-rule' : 'no-memory';
    if (row.isOutermost) return 'outermost';
    if (!this.isTop && this.lastCfa >= 0 && cfa < this.lastCfa) return 'corrupt';
    this.lastCfa = cfa;
    this.lastStart = step.start;
    return this.stepOut(step, row, cfa);
  }

  private stopHere({ stop }: FrameStep, pc: Address): StackEnd | undefined {
    if (stop === 'main' && !this.options.pastMain) return 'main';
    if (stop === 'entry') return 'entry';
    return pc === 0 && !this.isTop ? 'zero-pc' : undefined;
  }

  private stepOut(step: FrameStep, row: FrameRow, cfa: number): StackEnd | undefined {
    for (let index = 0; index < this.registers.length; index++) this.next[index] = this.register(index);
    this.next[this.machine.sp] = cfa;
    for (const rule of row.rules) {
      if (rule.register >= this.machine.registerCount) continue;
      const value = this.ruleValue(rule, cfa);
      // A register that is not preserved matters only when it holds the return address.
      if (value === undefined && (this.needs !== undefined || rule.register === row.returnColumn)) {
        return this.needs === undefined ? 'no-rule' : 'no-memory';
      }
      if (value !== undefined) this.next[rule.register] = value;
    }
    const callerPc = this.codeAddress(this.next[row.returnColumn] ?? 0);
    this.next[this.machine.pc] = callerPc;
    [this.registers, this.next] = [this.next, this.registers];
    this.isTop = row.isSignalFrame;
    if (!row.isSignalFrame && row.certainty === 'exact') {
      for (const tailPc of this.known.tailFrames(step, callerPc)) {
        if (this.frames.length < this.maxDepth) this.push(tailPc, cfa, 'tail', true);
      }
    }
    return KEEP_GOING;
  }

  private stepException(excReturn: Address): StackEnd | undefined {
    const sp = this.register(this.machine.sp);
    const { registers } = this;
    this.push(excReturn, sp, 'signal');
    // All ones is no EXC_RETURN but what an operating system puts into lr so that a task never returns; gdb shows it all the same.
    if (excReturn === 0xffffffff) return 'corrupt';
    const read = (address: Address) => this.readMemory(address);
    const failure = undoException({ excReturn, registers, psp: this.options.psp, read }, this.next);
    if (failure && 'needs' in failure) this.needs = failure.needs;
    if (failure) return 'needs' in failure ? 'no-memory' : failure.missing === 'psp' ? 'no-psp' : 'other-security';
    [this.registers, this.next] = [this.next, this.registers];
    this.isTop = true;
    this.lastCfa = -1;
    this.lastStart = undefined;
    return KEEP_GOING;
  }

  private push(
    pc: Address,
    cfa: Address,
    kind: RawFrame['kind'],
    isReturnAddress = !this.isTop && kind === 'normal',
  ): void {
    this.frames.push({ pc, cfa, certainty: this.certainty, kind, isReturnAddress });
  }

  /** Adds its registers to the frame that was pushed last, when they are wanted. */
  private keepRegisters(start: Address | undefined, wanted: ReadonlySet<Address>): void {
    const isWatched = start !== undefined && wanted.has(start);
    const last = this.frames.pop();
    if (last && (isWatched || this.calledWatched)) {
      this.frames.push({ ...last, registers: this.registers.slice(), ...(isWatched ? { isWatched } : {}) });
    } else if (last) this.frames.push(last);
    this.calledWatched = isWatched;
  }

  private register(number: number): number {
    return this.registers[number] ?? 0;
  }

  private codeAddress(value: number): Address {
    if (!this.machine.hasThumbBit || (this.machine.isCortexM && isExceptionReturn(value))) return value;
    return value - (value % 2);
  }

  private wrap(value: number): number {
    return this.machine.addressBytes === 4 ? value >>> 0 : value;
  }

  private cfaOf(row: FrameRow): number | undefined {
    if (row.cfaExpression) return this.evaluate(row.cfaExpression, undefined);
    if (row.cfaRegister < 0 || row.cfaRegister >= this.machine.registerCount) return undefined;
    return this.wrap(this.register(row.cfaRegister) + row.cfaOffset);
  }

  private ruleValue(rule: RegisterRule, cfa: number): number | undefined {
    switch (rule.kind) {
      case RuleKind.offset:
        return this.readRegister(this.wrap(cfa + rule.value));
      case RuleKind.valueOffset:
        return this.wrap(cfa + rule.value);
      case RuleKind.register:
        return this.registers[rule.value];
      case RuleKind.same:
        return this.register(rule.register);
      case RuleKind.expression: {
        const address = this.evaluate(rule.expression, cfa);
        return address === undefined ? undefined : this.readRegister(address);
      }
      case RuleKind.valueExpression:
        return this.evaluate(rule.expression, cfa);
      case RuleKind.undefined:
        return undefined;
    }
  }

  private readRegister(address: Address): number | undefined {
    return this.readSized(address, this.machine.addressBytes);
  }

  private readSized(address: Address, sizeBytes: number): number | undefined {
    const low = this.readMemory(address);
    if (low === undefined) {
      this.needs ??= address;
      return undefined;
    }
    const little = this.known.info.elfFile.littleEndian;
    if (sizeBytes < 4) return little ? low % 2 ** (sizeBytes * 8) : Math.floor(low / 2 ** (32 - sizeBytes * 8));
    if (sizeBytes === 4) return low;
    const high = this.readMemory(address + 4);
    if (high === undefined) {
      this.needs ??= address + 4;
      return undefined;
    }
    return little ? high * 2 ** 32 + low : low * 2 ** 32 + high;
  }

  private evaluate(expression: Uint8Array | undefined, cfa: number | undefined): number | undefined {
    if (!expression) return undefined;
    const context: ExpressionContext = {
      littleEndian: this.known.info.elfFile.littleEndian,
      addressBytes: this.machine.addressBytes,
      register: (number) => this.registers[number],
      memory: (address, sizeBytes) => this.readSized(address, sizeBytes),
    };
    return this.known.info.attempt(() => evaluateExpression(expression, cfa, context));
  }
}
