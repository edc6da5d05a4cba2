import { isInArmState } from '../../arch/arm/program-status.js';
import { PC, XPSR } from '../../arch/arm/registers.js';
import { literalAddress, type StepEffect, simulateThumb, type ThumbCode } from '../../arch/arm/thumb-step.js';
import type { Address, Bytes } from '../../base/units.js';

/** Code of Cortex-M parts that can change while a firmware runs. */
const RAM_START = 0x20000000;
const MAX_CACHED = 10_000;

/**
 * Gets a target past a breakpoint without taking it away: does the one instruction in the processor's place. Taking a breakpoint away
 * costs two more requests, and an emulator throws its translated code away at each.
 */
export class StepSimulator {
  private readonly codes = new Map<Address, ThumbCode>();

  constructor(private readonly read: (address: Address, length: Bytes) => Promise<Uint8Array>) {}

  /** What the instruction at pc does; undefined when the processor must run it itself. */
  async effect(registers: Uint32Array): Promise<StepEffect | undefined> {
    const pc = registers[PC] ?? 0;
    if (pc >= RAM_START || isInArmState(registers[XPSR])) return undefined;
    const code = this.codes.get(pc) ?? (await this.fetch(pc));
    return simulateThumb(code, registers);
  }

  private async fetch(pc: Address): Promise<ThumbCode> {
    const view = viewOf(await this.read(pc, 4));
    const first = view.getUint16(0, true);
    const at = literalAddress(first, pc);
    const literal = at === undefined ? undefined : viewOf(await this.read(at, 4)).getUint32(0, true);
    const code = { first, second: view.getUint16(2, true), ...(literal === undefined ? {} : { literal }) };
    if (this.codes.size >= MAX_CACHED) this.codes.clear();
    this.codes.set(pc, code);
    return code;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
