import { exceptionState } from '../arch/arm/program-status.js';
import { PC, XPSR } from '../arch/arm/registers.js';
import { type Address, formatAddress, type Milliseconds } from '../base/units.js';
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

const EXCEPTIONS: Readonly<Record<number, string>> = {
  2: 'NMI',
  3: 'HardFault',
  4: 'MemManage',
  5: 'BusFault',
  6: 'UsageFault',
};
/** Armv7-M: what is fetched from in lockup; also what Armv8-M shows. */
const LOCKUP_PCS: ReadonlySet<Address> = new Set([0xfffffffe, 0xeffffffe]);
/** System control block of Armv6-M to Armv8-M; a register that a core lacks reads as zero, or is refused. */
const FAULT_REGISTERS = [
  ['CFSR', 0xe000ed28],
  ['HFSR', 0xe000ed2c],
  ['MMFAR', 0xe000ed34],
  ['BFAR', 0xe000ed38],
] as const;
/** MMFAR and BFAR hold an address only when CFSR says so. */
const VALID: Readonly<Record<string, number>> = { MMFAR: 0x80, BFAR: 0x8000 };
const SLEEP_INSTRUCTIONS: ReadonlySet<number> = new Set([0xbf30, 0xbf20]);

/** Where a halted target stands; what cannot be read is left out. @throws DeviceLostError when the link is gone */
export async function whereabouts(target: HaltedTarget, firmware: Symbolizer): Promise<Whereabouts> {
  const registers = await target.registers();
  const pc = ((registers[PC] ?? 0) & ~1) >>> 0;
  const { number: exception, mode, isFault } = exceptionState(registers[XPSR], firmware.isCortexM);
  const place = placeText(firmware, pc);
  if (LOCKUP_PCS.has(pc)) return { pc, state: 'lockup', text: `locked up${await faultText(target)}` };
  if (mode !== undefined) return { pc, state: isFault ? 'fault' : 'running', text: `${place}, in ${mode} mode` };
  const name = EXCEPTIONS[exception];
  if (name && exception !== 2) return { pc, state: 'fault', text: `${place}: ${name}${await faultText(target)}` };
  const handler = exception === 0 ? '' : `, in exception ${exception}${name ? ` (${name})` : ''}`;
  if (isAsleep(firmware, pc)) return { pc, state: 'asleep', text: `asleep ${place}${handler}` };
  return { pc, state: 'running', text: `${place}${handler}` };
}

/** The status of a target that gives no events: `no event for 5 s: asleep in idle (port.c:12); 2 breakpoints are set`. */
export function statusText({ text, state }: Whereabouts, armed: number, quietMs: Milliseconds): string {
  const runs = state === 'running' ? 'the target runs ' : 'the target is ';
  const set =
    armed === 0 ? 'NO breakpoint is set' : `${armed} ${armed === 1 ? 'breakpoint is' : 'breakpoints are'} set`;
  return `no event for ${Math.round(quietMs / 1000)} s: ${runs}${text}; ${set}`;
}

/** `in main (main.c:41)`; `at 0x20000100` where the ELF file has no code. */
export function placeText(firmware: Symbolizer, pc: Address): string {
  const named = firmware.locate(pc)[0];
  if (!named || named.functionName === '??') return `at ${formatAddress(pc)}`;
  const file = named.file?.split('/').at(-1);
  return `in ${named.functionName} (${file ? `${file}:${named.line}` : formatAddress(pc)})`;
}

async function faultText(target: HaltedTarget): Promise<string> {
  const words = new Map<string, number>();
  for (const [name, address] of FAULT_REGISTERS) {
    const bytes = await target.readMemory(address, 4).catch(() => undefined);
    if (bytes) words.set(name, new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true));
  }
  const cfsr = words.get('CFSR') ?? 0;
  const shown = [...words].filter(([name, word]) => word !== 0 && (cfsr & (VALID[name] ?? 0xffffffff)) !== 0);
  return shown.map(([name, word]) => `, ${name} ${formatAddress(word)}`).join('');
}

function isAsleep(firmware: Symbolizer, pc: Address): boolean {
  // A halt wakes the core: it stands behind the instruction.
  const code = firmware.readMemory(pc - 2, 2);
  return code !== undefined && SLEEP_INSTRUCTIONS.has((code[0] ?? 0) | ((code[1] ?? 0) << 8));
}
