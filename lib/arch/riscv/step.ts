import type { Address } from '../../base/units.js';
import type { Instruction, StepEffect } from '../step-effect.js';
import { expand } from './expand.js';
import {
  funct3,
  immediateB,
  immediateI,
  immediateJ,
  immediateS,
  immediateU,
  lengthOf,
  Opcode,
  opcode,
  rd,
  rs1,
  rs2,
} from './instruction.js';
import { PC, SP, ZERO } from './registers.js';

/**
 * What a RISC-V instruction does that functions begin with or that follows a call: addi (mv, li), lui, auipc, add, sub, branches, jumps,
 * and stores to the stack. Undefined for all others, which the processor must run itself: what is loaded is not known here, and a store
 * anywhere else may be to a device.
 */
export function simulateRiscv({ word }: Instruction, registers: Uint32Array): StepEffect | undefined {
  const code = expand(word);
  if (code === undefined) return undefined;
  const machine = new Machine(registers, lengthOf(word));
  switch (opcode(code)) {
    case Opcode.immediate:
      return funct3(code) === 0 ? machine.set(rd(code), machine.read(rs1(code)) + immediateI(code)) : undefined;
    case Opcode.lui:
      return machine.set(rd(code), immediateU(code));
    case Opcode.auipc:
      return machine.set(rd(code), machine.pc + immediateU(code));
    case Opcode.register:
      return machine.arithmetic(code);
    case Opcode.branch:
      return machine.branch(code);
    case Opcode.jal:
      return machine.jump(rd(code), machine.pc + immediateJ(code));
    case Opcode.jalr:
      return machine.jump(rd(code), (machine.read(rs1(code)) + immediateI(code)) & ~1);
    case Opcode.store:
      return machine.store(code);
    default:
      return undefined;
  }
}

class Machine {
  readonly pc: Address;

  constructor(
    private readonly registers: Uint32Array,
    private readonly length: number,
  ) {
    this.pc = this.read(PC);
  }

  read(register: number): number {
    return register === ZERO ? 0 : (this.registers[register] ?? 0);
  }

  set(to: number, value: number): StepEffect {
    return this.next([[to, value]], this.pc + this.length);
  }

  jump(link: number, target: number): StepEffect {
    return this.next([[link, this.pc + this.length]], target);
  }

  /** add, sub. */
  arithmetic(code: number): StepEffect | undefined {
    const high = code >>> 25;
    if (funct3(code) !== 0 || (high !== 0 && high !== 0x20)) return undefined;
    const [a, b] = [this.read(rs1(code)), this.read(rs2(code))];
    return this.set(rd(code), high === 0 ? a + b : a - b);
  }

  branch(code: number): StepEffect | undefined {
    const taken = isTaken(funct3(code), this.read(rs1(code)), this.read(rs2(code)));
    if (taken === undefined) return undefined;
    return this.next([], this.pc + (taken ? immediateB(code) : this.length));
  }

  /** sw rs2, offset(sp) */
  store(code: number): StepEffect | undefined {
    const address = (this.read(SP) + immediateS(code)) >>> 0;
    if (funct3(code) !== 2 || rs1(code) !== SP || address % 4 !== 0) return undefined;
    return { ...this.next([], this.pc + this.length), memory: { address, words: [this.read(rs2(code))] } };
  }

  private next(changes: readonly (readonly [number, number])[], pc: number): StepEffect {
    const written = changes.filter(([register]) => register !== ZERO);
    return { registers: new Map([...written, [PC, pc] as const].map(([register, value]) => [register, value >>> 0])) };
  }
}

/** beq, bne, blt, bge, bltu, bgeu; undefined for what is none of them. */
function isTaken(condition: number, a: number, b: number): boolean | undefined {
  switch (condition) {
    case 0:
      return a === b;
    case 1:
      return a !== b;
    case 4:
      return (a | 0) < (b | 0);
    case 5:
      return (a | 0) >= (b | 0);
    case 6:
      return a < b;
    case 7:
      return a >= b;
    default:
      return undefined;
  }
}
