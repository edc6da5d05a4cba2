import { isExceptionReturn, undoException } from '../arch/arm/exception-frame.js';
import { type FrameRow, type RegisterRule, RuleKind } from '../arch/frame-row.js';
import type { FoundCaller, WindowFrame } from '../arch/register-windows.js';
import type { Address } from '../base/units.js';
import { type ExpressionContext, evaluateExpression } from './dwarf-expression.js';
import type { FrameStep, FrameSteps } from './frame-step.js';
import type { Machine } from './machine.js';
import type { RawFrame, ReadMemory, StackEnd, UnwindOptions, UnwoundStack } from './unwound-stack.js';

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
    // Of a core with windows it tells how many registers they move over.
    const count = machine.architecture?.windows ? registers.length : machine.registerCount;
    for (let index = 0; index < Math.min(count, machine.registerCount); index++) {
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
    const windows = this.machine.architecture?.windows;
    const found = windows?.callerOf(this.windowFrame(), this.next);
    if (found && found.kind !== 'plain') return this.stepWindow(pc, found);
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
    // The start of what is known of a stack: what was interrupted did not call, and stands in no register.
    if (!row.isSignalFrame && this.known.isInterruptOf(step.start, callerPc)) return 'outermost';
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

  private windowFrame(): WindowFrame {
    const { registers, isTop } = this;
    return { registers, isTop, code: this.known.info.elfFile, read: (address) => this.readMemory(address) };
  }

  /** As {@link step} where the registers moved with the call: its caller's are in `next`, where it has one. */
  private stepWindow(pc: Address, found: FoundCaller): StackEnd | undefined {
    const { sp } = this.machine;
    const isCalled = found.kind === 'caller' || found.kind === 'interrupted';
    // The stack pointer before the call is the caller's.
    const cfa = isCalled ? (this.next[sp] ?? 0) : this.register(sp);
    const step = this.known.stepAt(this.isTop ? pc : pc - 1, this.isTop);
    this.push(pc, cfa, 'normal');
    if (this.options.registersOf) this.keepRegisters(step.start, this.options.registersOf);
    const stop = this.stopHere(step, pc);
    if (stop) return stop;
    if (found.kind === 'no-memory') this.needs = found.needs;
    if (!isCalled) return found.kind;
    // An interrupt may have changed the stack; that it looks like a call is its entry code's doing.
    const isInterrupted = found.kind === 'interrupted';
    if (isInterrupted) this.certainty = 'guessed';
    else if (this.lastCfa >= 0 && cfa < this.lastCfa) return 'corrupt';
    this.lastCfa = isInterrupted ? -1 : cfa;
    this.lastStart = step.start;
    [this.registers, this.next] = [this.next, this.registers];
    this.isTop = isInterrupted;
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
