/**
 * Evaluates DWARF expressions of call frame information and of locations (DWARF 5, 2.5.1): a stack machine without names. Values are
 * BigInts, so that 64-bit targets are exact; it runs rarely. Long because the operations are one table.
 */
import { SymbolError } from '../errors/errors.js';
import { ByteReader } from './byte-reader.js';

export interface ExpressionContext {
  readonly littleEndian: boolean;
  readonly addressBytes: 4 | 8;
  readonly register: (number: number) => number | undefined;
  /** Reads `sizeBytes` (1, 2, 4, 8) of the target's memory; undefined when there is no copy of it. */
  readonly memory: (address: number, sizeBytes: number) => number | undefined;
  /** Of a frame, where the expression is one of its function's: what it counts from, where it was called from, how its registers were. */
  readonly frame?: {
    readonly base: () => number | undefined;
    readonly cfa: number;
    readonly entryValue: (expression: Uint8Array) => number | undefined;
  };
}

/** What a location's expression leaves: a value, or the address where it lies. */
export interface EvaluatedLocation {
  readonly value: number;
  readonly isValue: boolean;
}

const MAX_STEPS = 1000;
const MAX_STACK = 64;

/** The value that an expression leaves; undefined when it needs a register or memory that is not known. @throws SymbolError HH1309. */
export function evaluateExpression(
  bytes: Uint8Array,
  initial: number | undefined,
  context: ExpressionContext,
): number | undefined {
  const machine = new StackMachine(bytes, context);
  if (initial !== undefined) machine.push(BigInt(initial));
  return machine.run();
}

/** The same of a location, which does not begin with a register's name. @throws SymbolError HH1309. */
export function evaluateLocation(bytes: Uint8Array, context: ExpressionContext): EvaluatedLocation | undefined {
  const machine = new StackMachine(bytes, context);
  const value = machine.run();
  return value === undefined ? undefined : { value, isValue: machine.isValue };
}

class UnknownValue extends Error {}

class StackMachine {
  private readonly stack: bigint[] = [];
  private readonly reader: ByteReader;
  private readonly bits: number;
  /** Whether stack_value said that what is left is no address. */
  isValue = false;

  constructor(
    bytes: Uint8Array,
    private readonly context: ExpressionContext,
  ) {
    this.reader = new ByteReader(bytes, context.littleEndian, 'DWARF expression');
    this.bits = context.addressBytes * 8;
  }

  run(): number | undefined {
    try {
      for (let step = 0; this.reader.offset < this.reader.limit; step++) {
        if (step >= MAX_STEPS) throw this.bad(`more than ${MAX_STEPS} steps`);
        this.step(this.reader.u8());
      }
      return Number(this.pop());
    } catch (error) {
      if (error instanceof UnknownValue) return undefined;
      throw error;
    }
  }

  push(value: bigint): void {
    if (this.stack.length >= MAX_STACK) throw this.bad(`more than ${MAX_STACK} values`);
    this.stack.push(BigInt.asUintN(this.bits, value));
  }

  private pop(): bigint {
    const value = this.stack.pop();
    if (value === undefined) throw this.bad('an empty stack');
    return value;
  }

  private pick(depth: number): bigint {
    const value = this.stack.at(-1 - depth);
    if (value === undefined) throw this.bad('too few values');
    return value;
  }

  private signed(value: bigint): bigint {
    return BigInt.asIntN(this.bits, value);
  }

  private bad(found: string): SymbolError {
    return new SymbolError('HH1309', `${this.reader.where()}: found ${found} in a DWARF expression`);
  }

  private step(opcode: number): void {
    const { reader } = this;
    if (opcode >= 0x30 && opcode <= 0x4f) {
      this.push(BigInt(opcode - 0x30)); // lit0-31
      return;
    }
    if (opcode >= 0x70 && opcode <= 0x8f) {
      this.register(opcode - 0x70, reader.sleb()); // breg0-31
      return;
    }
    if (opcode >= 0x08 && opcode <= 0x11) {
      this.push(this.constant(opcode));
      return;
    }
    switch (opcode) {
      case 0x03: // addr
        this.push(BigInt(reader.unsigned(this.context.addressBytes)));
        return;
      case 0x06: // deref
        this.deref(this.context.addressBytes);
        return;
      case 0x94: // deref_size
        this.deref(reader.u8());
        return;
      case 0x92: // bregx
        this.register(reader.uleb(), reader.sleb());
        return;
      case 0x23: // plus_uconst
        this.push(this.pop() + BigInt(reader.uleb()));
        return;
      case 0x2f: // skip
        this.jump(true);
        return;
      case 0x28: // bra
        this.jump(this.pop() !== 0n);
        return;
      case 0x96: // nop
        return;
      case 0x9f: // stack_value
        this.isValue = true;
        return;
      default:
        if (!this.ofFrame(opcode)) this.arrange(opcode);
        return;
    }
  }

  /** Operations that only a function's frame has an answer to. */
  private ofFrame(opcode: number): boolean {
    const { frame } = this.context;
    if (!frame) return false;
    switch (opcode) {
      case 0x91: // fbreg
        this.pushKnown(frame.base(), this.reader.sleb());
        return true;
      case 0x9c: // call_frame_cfa
        this.pushKnown(frame.cfa);
        return true;
      case 0xa3: // entry_value, and GNU's forerunner
      case 0xf3:
        this.pushKnown(frame.entryValue(this.reader.block(this.reader.uleb())));
        return true;
      default:
        return false;
    }
  }

  private pushKnown(value: number | undefined, offset = 0): void {
    if (value === undefined) throw new UnknownValue();
    this.push(BigInt(value) + BigInt(offset));
  }

  /** const1u ... consts. */
  private constant(opcode: number): bigint {
    const { reader } = this;
    const unsigned = [
      reader.u8,
      reader.i8,
      reader.u16,
      undefined,
      reader.u32,
      reader.i32,
      reader.u64,
      reader.i64,
      reader.uleb,
      reader.sleb,
    ];
    if (opcode === 0x0b) return BigInt.asIntN(16, BigInt(reader.u16()));
    return BigInt(unsigned[opcode - 0x08]?.call(reader) ?? 0);
  }

  private register(number: number, offset: number): void {
    this.pushKnown(this.context.register(number), offset);
  }

  private deref(sizeBytes: number): void {
    this.pushKnown(this.context.memory(Number(this.pop()), sizeBytes));
  }

  private jump(taken: boolean): void {
    const distance = (this.reader.u16() << 16) >> 16;
    if (taken) this.reader.seek(this.reader.offset + distance);
  }

  private arrange(opcode: number): void {
    switch (opcode) {
      case 0x12: // dup
        this.push(this.pick(0));
        return;
      case 0x13: // drop
        this.pop();
        return;
      case 0x14: // over
        this.push(this.pick(1));
        return;
      case 0x15: // pick
        this.push(this.pick(this.reader.u8()));
        return;
      case 0x16: // swap
        this.reorder(2, 1);
        return;
      case 0x17: // rot
        this.reorder(3, 2);
        return;
      case 0x19: {
        // abs
        const value = this.signed(this.pop());
        this.push(value < 0n ? -value : value);
        return;
      }
      case 0x1f: // neg
        this.push(-this.pop());
        return;
      case 0x20: // not
        this.push(~this.pop());
        return;
      default: {
        const right = this.pop();
        const left = this.pop();
        this.push(this.binary(opcode, left, right));
        return;
      }
    }
  }

  /** Moves the top value down: swap and rot. */
  private reorder(count: number, depth: number): void {
    this.pick(count - 1);
    const top = this.pop();
    this.stack.splice(this.stack.length - depth, 0, top);
  }

  private binary(opcode: number, left: bigint, right: bigint): bigint {
    const [a, b] = [this.signed(left), this.signed(right)];
    const shift = right > 64n ? 64n : right;
    switch (opcode) {
      case 0x1a:
        return left & right;
      case 0x1b: // div, signed
        if (b === 0n) throw this.bad('a division by zero');
        return a / b;
      case 0x1c:
        return left - right;
      case 0x1d: // mod, unsigned
        if (right === 0n) throw this.bad('a division by zero');
        return left % right;
      case 0x1e:
        return left * right;
      case 0x21:
        return left | right;
      case 0x22:
        return left + right;
      case 0x24:
        return left << shift;
      case 0x25:
        return left >> shift;
      case 0x26: // shra
        return a >> shift;
      case 0x27:
        return left ^ right;
      case 0x29:
        return a === b ? 1n : 0n;
      case 0x2a:
        return a >= b ? 1n : 0n;
      case 0x2b:
        return a > b ? 1n : 0n;
      case 0x2c:
        return a <= b ? 1n : 0n;
      case 0x2d:
        return a < b ? 1n : 0n;
      case 0x2e:
        return a !== b ? 1n : 0n;
      default:
        throw this.bad(`operation 0x${opcode.toString(16)}`);
    }
  }
}
