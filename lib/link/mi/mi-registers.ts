import type { Architecture } from '../../arch/architecture.js';
import { architectureOfRegisters } from '../../arch/architectures.js';
import { ARM } from '../../arch/arm/arm.js';
import type { StepEffect } from '../../arch/step-effect.js';
import type { Address, Bytes } from '../../base/units.js';
import { StepSimulator } from '../rsp/step-simulator.js';
import { asText, isRecord, listOf } from './mi-values.js';

/** The registers of a target behind gdb: which they are, and gdb's number of each. */
interface KnownRegisters {
  readonly architecture: Architecture;
  /** By index; status words that the target has not are left out. */
  readonly numbers: readonly number[];
}

/** Reads the registers of a target behind gdb. */
export class MiRegisters {
  private known: KnownRegisters | undefined;
  private simulator: StepSimulator | undefined;

  constructor(
    private readonly ask: (command: string) => Promise<unknown>,
    private readonly readMemory: (address: Address, length: Bytes) => Promise<Uint8Array>,
  ) {}

  /** The registers of the architecture, in its order, then the status words that the target has. */
  async read(): Promise<Uint32Array> {
    const { numbers } = await this.find();
    const reply = await this.ask(`-data-list-register-values x ${numbers.join(' ')}`);
    const values = new Uint32Array(numbers.length);
    for (const entry of listOf(reply, 'register-values')) {
      if (!isRecord(entry)) continue;
      const index = numbers.indexOf(Number(asText(entry.number)));
      if (index >= 0) values[index] = Number(asText(entry.value));
    }
    return values;
  }

  async pcOf(registers: Uint32Array): Promise<Address> {
    const { architecture } = await this.find();
    return registers[architecture.pc] ?? 0;
  }

  /** What gdb is to be asked so that the instruction at pc is done in the processor's place; empty where the processor must run it. */
  async commandsPast(registers: Uint32Array): Promise<string[]> {
    const { architecture } = await this.find();
    this.simulator ??= new StepSimulator(architecture, { read: this.readMemory });
    const effect = await this.simulator.effect(registers);
    return effect ? commandsOf(effect, architecture) : [];
  }

  private async find(): Promise<KnownRegisters> {
    if (this.known) return this.known;
    const names = listOf(await this.ask('-data-list-register-names'), 'register-names').map(asText);
    const architecture = architectureOfRegisters(new Set(names)) ?? ARM;
    const found = architecture.registers.map((known, index) => {
      const number = names.findIndex((name) => known.includes(name));
      return number < 0 && index < architecture.required ? index : number;
    });
    const end = found.indexOf(-1);
    this.known = { architecture, numbers: end < 0 ? found : found.slice(0, end) };
    return this.known;
  }
}

/** What is to be asked of gdb so that an instruction's effect is there as if the processor had done it. */
function commandsOf({ registers, memory }: StepEffect, { registers: names }: Architecture): string[] {
  const assignments = [...registers].map(([register, value]) => `$${names[register]?.[0]} = ${value}`);
  const written = `-data-evaluate-expression "${assignments.join(', ')}"`;
  if (!memory) return [written];
  const bytes = Buffer.alloc(memory.words.length * 4);
  for (const [index, word] of memory.words.entries()) bytes.writeUInt32LE(word >>> 0, index * 4);
  return [`-data-write-memory-bytes ${memory.address} ${bytes.toString('hex')}`, written];
}
