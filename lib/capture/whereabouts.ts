import type { Architecture } from '../arch/architecture.js';
import { type Address, formatAddress, type Milliseconds } from '../base/units.js';
import { architectureOf } from '../firmware/capturable.js';
import type { Symbolizer } from '../symbols/symbolizer.js';

/** A halted target that can be looked at: a debug link, or a client of the remote serial protocol. */
export interface HaltedTarget {
  registers(): Promise<Uint32Array>;
  readMemory(address: Address, length: number): Promise<Uint8Array>;
}

/** What a halted target was doing. */
export interface Whereabouts {
  readonly pc: Address;
  /** `fault`: it handles HardFault, MemManage, BusFault or UsageFault. `asleep`: it waits for an interrupt (wfi, wfe). */
  readonly state: 'running' | 'asleep' | 'fault' | 'lockup';
  /** One line: `in main (main.c:41)`, `asleep in idle (port.c:12)`, `in fault_handler (start.c:9): BusFault, CFSR 0x00008200`. */
  readonly text: string;
}

/** Where a halted target stands; what cannot be read is left out. @throws DeviceLostError when the link is gone */
export async function whereabouts(target: HaltedTarget, firmware: Symbolizer): Promise<Whereabouts> {
  const registers = await target.registers();
  const architecture = architectureOf(firmware);
  const pc = architecture.codeAddress(registers[architecture.pc] ?? 0);
  const { text, isFault } = architecture.stateOf(registers, firmware);
  const place = placeText(firmware, pc);
  const faults = () => faultText(target, architecture);
  if (architecture.isLockup(pc)) return { pc, state: 'lockup', text: `locked up${await faults()}` };
  if (isFault && text?.startsWith('in ')) return { pc, state: 'fault', text: `${place}, ${text}` };
  if (isFault) return { pc, state: 'fault', text: `${place}: ${text}${await faults()}` };
  const handler = text === undefined ? '' : `, ${text}`;
  if (architecture.isAsleepAt(firmware.elfFile, pc)) return { pc, state: 'asleep', text: `asleep ${place}${handler}` };
  return { pc, state: 'running', text: `${place}${handler}` };
}

/** The status of a target that gives no events: `no event for 5 s: asleep in idle (port.c:12); 2 breakpoints are set`. */
export function statusText(where: Whereabouts, armed: number, quietMs: Milliseconds): string {
  const set =
    armed === 0 ? 'NO breakpoint is set' : `${armed} ${armed === 1 ? 'breakpoint is' : 'breakpoints are'} set`;
  return `no event for ${Math.round(quietMs / 1000)} s: ${doingText(where)}; ${set}`;
}

/** `the target runs in main (main.c:41)`, `the target is asleep in idle (port.c:12)`. */
export function doingText({ text, state }: Whereabouts): string {
  return `the target ${state === 'running' ? 'runs' : 'is'} ${text}`;
}

/** `in main (main.c:41)`; `at 0x20000100` where the ELF file has no code. */
export function placeText(firmware: Symbolizer, pc: Address): string {
  const named = firmware.locate(pc)[0];
  if (!named || named.functionName === '??') return `at ${formatAddress(pc)}`;
  const file = named.file?.split('/').at(-1);
  return `in ${named.functionName} (${file ? `${file}:${named.line}` : formatAddress(pc)})`;
}

async function faultText(target: HaltedTarget, { faultRegisters }: Architecture): Promise<string> {
  const words: number[] = [];
  for (const { address } of faultRegisters) {
    const bytes = await target.readMemory(address, 4).catch(() => undefined);
    words.push(bytes ? new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) : 0);
  }
  const status = words[0] ?? 0;
  return faultRegisters
    .map(({ name, validMask = 0xffffffff }, index) => {
      const word = words[index] ?? 0;
      return word !== 0 && (status & validMask) !== 0 ? `, ${name} ${formatAddress(word)}` : '';
    })
    .join('');
}
