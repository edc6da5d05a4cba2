import { frameAt, stackFrameIds, type Trace } from '../library.js';

/** Programs by what the ELF file (or, without one, where code lies on ESP32) says of the machine. */
const PREFIX: Readonly<Record<string, string>> = {
  arm: 'arm-none-eabi-',
  riscv: 'riscv32-unknown-elf-',
  xtensa: 'xtensa-esp32-elf-',
};

/**
 * A shell command that names the frames of a stack: `arm-none-eabi-addr2line -e firmware.elf -afipC 0x8000120 0x80034f2`.
 * Undefined when no frame has an address. Return addresses are looked up one byte before, in the call itself.
 */
export function addr2lineCommand(
  trace: Trace,
  stack: number,
  program: { readonly machine?: string | undefined; readonly elf?: string | undefined },
): string | undefined {
  const pcs = stackFrameIds(trace, stack)
    .map((id) => frameAt(trace, id))
    .filter((frame) => frame.address > 0)
    .map((frame, depth) => (depth === 0 ? frame.address : frame.address - 1));
  if (pcs.length === 0) return undefined;
  return commandFor([...new Set(pcs)], program);
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
