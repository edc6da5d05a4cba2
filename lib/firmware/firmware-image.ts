import { MAX_FILE_BYTES, readWhole } from '../base/read-file.js';
import type { Board } from '../boards/board.js';
import { errorMessage, SymbolError, UsageError } from '../errors/errors.js';
import { createSymbolizer, type Symbolizer } from '../symbols/symbolizer.js';
import { refuseMachine } from './capturable.js';
import { splitFilesOf, splitPackageOf } from './split-files.js';

/**
 * Opens a firmware's ELF file for a capture on a board.
 * @throws UsageError HH1101 (no such file), SymbolError HH1301 (not an ELF file), HH1350 (no symbols), HH1351 (another architecture), with a board HH1314
 * (64 bit) and HH1315 (big-endian)
 */
export async function loadFirmware(elfPath: string, board?: Board): Promise<Symbolizer> {
  let bytes: Uint8Array;
  try {
    bytes = await readWhole(elfPath, MAX_FILE_BYTES.elf);
  } catch (cause) {
    throw new UsageError('HH1101', `${elfPath}: cannot be read: ${errorMessage(cause)}`, {
      cause,
      remedy: 'give the ELF file that the build made (firmware.elf, not .bin, .hex or .uf2)',
    });
  }
  const image = openImage(bytes, elfPath);
  if (image.elf.section('.symtab') === undefined) {
    throw new SymbolError('HH1350', `${elfPath}: found no symbol table, expected the functions' names`, {
      remedy: 'use the ELF file from before `strip`; build with -g for source lines',
    });
  }
  if (board) refuseMachine(image, elfPath);
  if (board && image.machine !== board.mcu.architecture) {
    throw new SymbolError(
      'HH1351',
      `${elfPath}: found a program for ${image.machine}, expected ${board.mcu.architecture} (board ${board.name})`,
      { remedy: 'give the ELF file that runs on this board, or another --board' },
    );
  }
  return image;
}

function openImage(bytes: Uint8Array, elfPath: string): Symbolizer {
  try {
    return createSymbolizer(bytes, { splitFiles: splitFilesOf(elfPath), splitPackage: splitPackageOf(elfPath) });
  } catch (cause) {
    if (!(cause instanceof SymbolError)) throw cause;
    throw new SymbolError(cause.code, `${elfPath}: ${cause.message}`, {
      cause,
      remedy: cause.remedy ?? 'give the ELF file that the build made (firmware.elf, not .bin, .hex or .uf2)',
    });
  }
}
