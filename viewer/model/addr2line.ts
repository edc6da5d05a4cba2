import { frameAt, stackFrameIds, type Trace } from '../../lib/public/browser.js';

/** Programs by what the ELF file (or, without one, where code lies on ESP32) says of the machine. */
const PREFIX: Readonly<Record<string, string>> = {
  arm: 'arm-none-eabi-',
  riscv: 'riscv32-unknown-elf-',
  xtensa: 'xtensa-esp32-elf-',
};

/**
 * A shell command that names the frames of a stack: `arm-none-eabi-addr2line -e firmware.elf -afipC 0x8000120 0x80034f2`.
 * Undefined when no frame has an address. Take the trace as it was read, before an ELF file named its frames.
 */
export function addr2lineCommand(
  trace: Trace,
  stack: number,
  program: { readonly machine?: string | undefined; readonly elf?: string | undefined },
): string | undefined {
  const pcs = stackFrameIds(trace, stack)
    .map((id) => frameAt(trace, id))
    .map((frame, depth) => ({ pc: frame.address, isReturn: depth > 0 || frame.functionName === '' }))
    .filter(({ pc }) => pc > 0)
    .map(codeAddress);
  if (pcs.length === 0) return undefined;
  return commandFor([...new Set(pcs)], program);
}

/**
 * Where to look: a return address belongs to the call before it. Only the innermost frame of a debugger's backtrace is no return
 * address; tracers that store bare addresses store return addresses throughout.
 */
export function codeAddress({ pc, isReturn }: { readonly pc: number; readonly isReturn: boolean }): number {
  return isReturn ? pc - 1 : pc;
}

/** The same for single addresses. */
export function commandFor(
  pcs: readonly number[],
  { machine, elf }: { readonly machine?: string | undefined; readonly elf?: string | undefined },
): string {
  const esp32 = pcs.some((pc) => pc >= 0x40000000 && pc < 0x40800000);
  const prefix = PREFIX[machine ?? (esp32 ? 'xtensa' : 'arm')] ?? '';
  const list = pcs.map((pc) => `0x${pc.toString(16)}`).join(' ');
  return `${prefix}addr2line -e ${quoted(elf ?? 'firmware.elf')} -afipC ${list}`;
}

/** A file name comes from outside and ends up in somebody's shell. */
function quoted(name: string): string {
  const oneLine = name.replace(/\p{Cc}/gu, '');
  return /^[\w.+/-]+$/.test(oneLine) && !oneLine.startsWith('-') ? oneLine : `'./${oneLine.replaceAll("'", "'\\''")}'`;
}
