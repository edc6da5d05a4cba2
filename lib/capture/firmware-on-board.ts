import { fitBoard } from '../firmware/board-memory.js';
import { coreNotes } from '../firmware/core-fit.js';
import { firmwareNotes } from '../firmware/firmware-notes.js';
import { loadFirmware } from '../firmware/load-firmware.js';
import { boardOf, type TargetOptions } from '../link/server/target-options.js';

/**
 * The firmware, and the board as it uses it: what does not fit is found before anything is started. `notes` are for people.
 * @throws BoardConfigError HH1201 to HH1203; TargetError HH1538; UsageError HH1101, HH1537; SymbolError HH1350, HH1351
 */
export async function firmwareOnBoard(elf: string, options: TargetOptions) {
  const asked = await boardOf(options);
  const firmware = await loadFirmware(elf, asked.memory.length === 0 ? undefined : asked);
  const memoryMayDiffer = (options.qemuArgs ?? []).length > 0;
  const { board, notes } = await fitBoard(asked, firmware, { elf, memoryMayDiffer });
  return { board, firmware, notes: [...notes, ...coreNotes(board, firmware), ...firmwareNotes(firmware)] };
}
