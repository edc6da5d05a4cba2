import { XPSR } from '../../arch/arm/registers.js';
import type { StepEffect } from '../../arch/arm/thumb-step.js';
import { asText, isRecord, listOf } from './mi-values.js';

const CORE_REGISTERS = '0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15';

const REGISTER_NAMES = 'r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 sp lr pc xpsr'.split(' ');

/** Reads the registers of a target behind gdb. */
export class MiRegisters {
  private statusRegister: number | undefined;

  constructor(private readonly ask: (command: string) => Promise<unknown>) {}

  /** r0 to r15, then xPSR where the target has it. */
  async read(): Promise<Uint32Array> {
    this.statusRegister ??= await this.findStatusRegister();
    const numbers = this.statusRegister < 0 ? CORE_REGISTERS : `${CORE_REGISTERS} ${this.statusRegister}`;
    const reply = await this.ask(`-data-list-register-values x ${numbers}`);
    const values = new Uint32Array(this.statusRegister < 0 ? XPSR : XPSR + 1);
    for (const entry of listOf(reply, 'register-values')) {
      if (!isRecord(entry)) continue;
      const number = Number(asText(entry.number));
      values[number === this.statusRegister ? XPSR : number] = Number(asText(entry.value));
    }
    return values;
  }

  /** gdb's number of xPSR, which says whether an exception handler runs; -1 where the target has none. */
  private async findStatusRegister(): Promise<number> {
    const names = listOf(await this.ask('-data-list-register-names'), 'register-names').map(asText);
    return names.findIndex((name) => name === 'xpsr' || name === 'cpsr');
  }
}

/** What is to be asked of gdb so that an instruction's effect is there as if the processor had done it. */
export function commandsOf({ registers, memory }: StepEffect): string[] {
  const assignments = [...registers].map(([register, value]) => `$${REGISTER_NAMES[register]} = ${value}`);
  const written = `-data-evaluate-expression "${assignments.join(', ')}"`;
  if (!memory) return [written];
  const bytes = Buffer.alloc(memory.words.length * 4);
  for (const [index, word] of memory.words.entries()) bytes.writeUInt32LE(word >>> 0, index * 4);
  return [`-data-write-memory-bytes ${memory.address} ${bytes.toString('hex')}`, written];
}
