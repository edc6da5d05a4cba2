import type { Unit } from './dwarf-units.js';
import type { LineFile, LineHeader } from './line-header.js';

/**
 * The files of a line table by their file number, named as gdb names them (its default, `set filename-display relative`):
 * the unit's own file is DW_AT_name, any other its directory in the table and its name, not made absolute.
 */
export function fileNames(unit: Unit, header: LineHeader): readonly (string | undefined)[] {
  const own = unit.name;
  const ownId = own === undefined ? undefined : absolutePath(unit, own);
  return header.files.map((file) => {
    if (!file) return undefined;
    const path = tablePath(file);
    return own !== undefined && absolutePath(unit, path) === ownId ? own : path;
  });
}

/** The path as the table states it: its directory, unless the name is absolute, and its name. */
function tablePath(file: LineFile): string {
  if (isAbsolute(file.name) || file.directory === undefined || file.directory === '') return file.name;
  return `${file.directory.replace(/\/$/, '')}/${file.name}`;
}

function absolutePath(unit: Unit, path: string): string {
  return isAbsolute(path) || unit.compDir === undefined ? path : `${unit.compDir.replace(/\/$/, '')}/${path}`;
}

/** Also for files built on Windows: `C:\...`. */
function isAbsolute(path: string): boolean {
  return path.startsWith('/') || path.startsWith('\\') || /^[A-Za-z]:[\\/]/.test(path);
}
