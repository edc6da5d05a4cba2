import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ToolMissingError } from '../errors/errors.js';
import { packageRoot } from './package-root.js';

/**
 * Where a package that is not installed with this one lies: beside it, or in the project in whose folder the command runs.
 * @throws ToolMissingError with this code when it is in neither
 */
export function optionalPackage(name: string, code: string): string {
  for (const folder of [packageRoot, process.cwd()]) {
    try {
      return createRequire(join(folder, 'package.json')).resolve(name);
    } catch {
      // The next place.
    }
  }
  throw new ToolMissingError(code, `npm package ${name.replace('/package.json', '')}: found no such package`, {
    remedy: `npm install ${name.replace('/package.json', '')}`,
  });
}
