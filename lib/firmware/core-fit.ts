import type { Board } from '../boards/board.js';
import { readArmAttributes } from '../symbols/elf-notes.js';
import type { Symbolizer } from '../symbols/symbolizer.js';

/** Tag_CPU_arch (build attributes of the Arm ABI) by its name. */
const ARCHITECTURES: Readonly<Record<number, string>> = {
  10: 'Armv7-M',
  11: 'Armv6-M',
  12: 'Armv6S-M',
  13: 'Armv7E-M',
  16: 'Armv8-M baseline',
  17: 'Armv8-M mainline',
  21: 'Armv8.1-M',
};
const V6M = [11, 12];
const V7M = [...V6M, 10, 13];
const V8M = [...V7M, 16, 17];
/** What each core runs. A Cortex-M3 lacks the instructions of Armv7E-M. */
const RUNS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^cortex-m(0|0plus|1)$/, V6M],
  [/^cortex-m23$/, [...V6M, 16]],
  [/^cortex-m3$/, [...V6M, 10]],
  [/^cortex-m(4|7)$/, V7M],
  [/^cortex-m33$/, V8M],
  [/^cortex-m(52|55|85)$/, [...V8M, 21]],
];

/** The name of the chip of a board that stands for any: its core is what all others can do, not what it has. */
const ANY_CHIP = 'unknown';

/** Says when a program is built for a processor that the board's cannot be: it is another board's, most likely. Often empty. */
export function coreNotes(board: Board, { elfFile, isCortexM }: Symbolizer): readonly string[] {
  if (board.mcu.name === ANY_CHIP) return [];
  const { architecture } = isCortexM ? readArmAttributes(elfFile) : { architecture: undefined };
  const name = ARCHITECTURES[architecture ?? -1];
  const runs = RUNS.find(([pattern]) => pattern.test(board.mcu.core))?.[1];
  if (architecture === undefined || name === undefined || !runs || runs.includes(architecture)) return [];
  return [
    `the program is built for ${name}, which the ${board.mcu.core} of ${board.name} does not run: is it another board’s?`,
  ];
}
