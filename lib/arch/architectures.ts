import type { Architecture } from './architecture.js';
import { ARM } from './arm/arm.js';
import { RISCV } from './riscv/riscv.js';
import { XTENSA_WINDOWED } from './xtensa/windowed/windowed.js';
import { XTENSA_CALL0 } from './xtensa/xtensa.js';

const ALL: readonly Architecture[] = [ARM, RISCV, XTENSA_WINDOWED, XTENSA_CALL0];

/** Which gdb may know the cores of an instruction set, the best first. */
export function gdbProgramsOf(name: Architecture['name']): readonly string[] {
  return [...new Set(ALL.filter((one) => one.name === name).flatMap(({ gdbPrograms }) => gdbPrograms))];
}

/** The one whose registers a debug server or gdb lists by their names; undefined when there is none. */
export function architectureOfRegisters(names: ReadonlySet<string>): Architecture | undefined {
  return ALL.find(({ registers, required, windows }) =>
    registers.slice(windows?.shown ?? 0, required).every((known) => known.some((name) => names.has(name))),
  );
}
