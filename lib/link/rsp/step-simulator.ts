import type { Architecture } from '../../arch/architecture.js';
import type { Instruction, StepEffect } from '../../arch/step-effect.js';
import type { Address, Bytes } from '../../base/units.js';

const MAX_CACHED = 10_000;

export interface SimulatedCode {
  readonly read: (address: Address, length: Bytes) => Promise<Uint8Array>;
  /** Whether the program's code there never changes; needed where the architecture does not tell. Default: it may. */
  readonly isConstant?: (address: Address) => boolean;
}

/**
 * Gets a target past a breakpoint without taking it away: does the one instruction in the processor's place. Taking a breakpoint away
 * costs two more requests, and an emulator throws its translated code away at each.
 */
export class StepSimulator {
  private readonly codes = new Map<Address, Instruction>();

  constructor(
    private readonly architecture: Architecture,
    private readonly code: SimulatedCode,
  ) {}

  /** What the instruction at pc does; undefined when the processor must run it itself. */
  async effect(registers: Uint32Array): Promise<StepEffect | undefined> {
    const { architecture } = this;
    const pc = registers[architecture.pc] ?? 0;
    if (!architecture.mayStepAt(pc, registers)) return undefined;
    const code = this.codes.get(pc) ?? (await this.fetch(pc));
    return architecture.effectOf(code, registers);
  }

  private async fetch(pc: Address): Promise<Instruction> {
    const word = wordOf(await this.code.read(pc, 4));
    const at = this.architecture.literalAddress(word, pc);
    const code = at === undefined ? { word } : { word, literal: wordOf(await this.code.read(at, 4)) };
    if (!this.architecture.hasConstantCode && !this.code.isConstant?.(pc)) return code;
    if (this.codes.size >= MAX_CACHED) this.codes.clear();
    this.codes.set(pc, code);
    return code;
  }
}

function wordOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
}
