import type { StepEffect } from '../../arch/step-effect.js';
import type { Address } from '../../base/units.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';
import { StepSimulator } from '../../link/rsp/step-simulator.js';
import type { Symbolizer } from '../../symbols/symbolizer.js';

/** Whether the program's code never changes at an address: the ELF file says that nothing writes there, and no overlay is loaded there. */
export function constantCode(firmware: Symbolizer): (address: Address) => boolean {
  return (address) => firmware.elfFile.isConstantCode(address) && !firmware.isOverlaid(address);
}

/** Gets a halted target past a breakpoint at its pc, which would stop it before it moved. */
export class BreakpointPass {
  private readonly simulator: StepSimulator;

  /** `isConstant`: whether the program's code never changes at an address; default: it may. */
  constructor(
    private readonly client: RspClient,
    isConstant?: (address: Address) => boolean,
  ) {
    this.simulator = new StepSimulator(client.architecture, {
      read: (address, length) => client.readMemory(address, length),
      ...(isConstant ? { isConstant } : {}),
    });
  }

  /**
   * Returns what to write so that the target stands behind the instruction. One that cannot be done here is stepped, with the breakpoint
   * away for so long; a step that ends at another breakpoint is no loss: the run that follows stops there at once.
   */
  async writes(registers: Uint32Array): Promise<readonly string[]> {
    const { client } = this;
    const effect = await this.simulator.effect(registers);
    const writes = effect && this.writesOf(effect);
    if (writes && client.mayPipelineRun) return writes;
    if (writes) {
      for (const request of writes) client.expectOk(await client.connection.request(request), request);
      return [];
    }
    const pc = registers[client.architecture.pc] ?? 0;
    await client.breakpoints.remove(pc);
    await client.step();
    await client.breakpoints.set(pc);
    return [];
  }

  private writesOf({ registers, memory }: StepEffect): string[] | undefined {
    const { layout } = this.client.features;
    // A status word that the server has no number for cannot be set.
    if ([...registers.keys()].some((register) => (layout.numbers[register] ?? -1) < 0)) return undefined;
    const writes = [...registers].map(([register, value]) => layout.write(register, value));
    if (memory) {
      const bytes = Buffer.alloc(memory.words.length * 4);
      for (const [index, word] of memory.words.entries()) bytes.writeUInt32LE(word >>> 0, index * 4);
      writes.push(`M${memory.address.toString(16)},${bytes.length.toString(16)}:${bytes.toString('hex')}`);
    }
    return writes;
  }
}
