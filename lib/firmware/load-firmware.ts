import { MAX_FILE_BYTES, readWhole } from '../base/read-file.js';
import type { Board } from '../boards/board.js';
import { errorMessage, SymbolError, UsageError } from '../errors/errors.js';
import { createSymbolizer, type Symbolizer } from '../symbols/symbolizer.js';
import { refuseMachine } from './capturable.js';
import { splitFilesOf } from './split-files.js';

/**
 * Opens a firmware's ELF file for a capture on a board.
 * @throws UsageError HH1101 (no such file), SymbolError HH1301 (not an ELF file), HH1350 (no symbols), HH1351 (another architecture), with a board HH1314
 * (64 bit) and HH1315 (big-endian)
 */
export async function loadFirmware(elf: string, board?: Board): Promise<Symbolizer> {
  let bytes: Uint8Array;
  try {
    bytes = await readWhole(elf, MAX_FILE_BYTES.elf);
  } catch (cause) {
    throw new UsageError('HH1101', `${elf}: cannot be read: ${errorMessage(cause)}`, {
      cause,
      remedy: 'give the ELF file that the build made (firmware.elf, not .bin, .hex or .uf2)',
    });
  }
  const firmware = openElf(bytes, elf);
  if (firmware.elfFile.section('.symtab') === undefined) {
    throw new SymbolError('HH1350', `${elf}: found no symbol table, expected the functions' names`, {
      remedy: 'use the ELF file from before `strip`; build with -g for source lines',
    });
  }
  if (board) refuseMachine(firmware, elf);
  if (board && firmware.machine !== board.mcu.architecture) {
    throw new SymbolError(
      'HH1351',
      `${elf}: found a program for ${firmware.machine}, expected ${board.mcu.architecture} (board ${board.name})`,
      { remedy: 'give the ELF file that runs on this board, or another options.board' },
    );
  }
  return firmware;
}

function openElf(bytes: Uint8Array, elf: string): Symbolizer {
  try {
    return createSymbolizer(bytes, { splitFiles: splitFilesOf(elf) });
  } catch (cause) {
    if (!(cause instanceof SymbolError)) throw cause;
    throw new SymbolError(cause.code, `${elf}: ${cause.message}`, {
      cause,
      remedy: cause.remedy ?? 'give the ELF file that the build made (firmware.elf, not .bin, .hex or .uf2)',
    });
  }
}
