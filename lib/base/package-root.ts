import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder that holds package.json, board-configs and gdb-scripts: found by walking up, because the compiled files
 * lie one folder deeper than their sources.
 */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'gdb-scripts'))) return folder;
    if (folder === dirname(folder)) return start;
  }
}
