import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-root.js';

/** The release of heap-harvest, from package.json. */
export const version: string = readVersion();

function readVersion(): string {
  const json: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  const found = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
  return typeof found === 'string' ? found : '0.0.0';
}
