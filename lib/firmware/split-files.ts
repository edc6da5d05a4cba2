import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { SplitFiles, SplitPackageFile } from '../symbols/split-units.js';

const MAX_BYTES = 512 * 1024 * 1024;

/**
 * Finds the .dwo files of a program where the compiler wrote them, else beside the ELF file: by the path from there, then by name.
 * Only regular files whose name ends with .dwo are read: the names come from the ELF file.
 */
export function splitFilesOf(elf: string): SplitFiles {
  const folder = dirname(elf);
  return (name, compDir) => {
    if (!name.endsWith('.dwo')) return undefined;
    for (const path of [resolve(folder, compDir ?? '', name), join(folder, name), join(folder, basename(name))]) {
      const bytes = readIfThere(path);
      if (bytes) return bytes;
    }
    return undefined;
  };
}

/** Finds the package of a program's .dwo files beside it: `firmware.elf.dwp`, as gdb looks for it, else `firmware.dwp`. */
export function splitPackageOf(elf: string): SplitPackageFile {
  return () => readIfThere(`${elf}.dwp`) ?? readIfThere(`${elf.replace(/\.[^./\\]*$/, '')}.dwp`);
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    const found = statSync(path);
    return found.isFile() && found.size <= MAX_BYTES ? readFileSync(path) : undefined;
  } catch {
    // Not there or not to be read: the skeleton's own lines and symbols are used.
    return undefined;
  }
}
