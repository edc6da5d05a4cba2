import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** The project's root: tests run from dist/test/support. */
export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** A file of test/fixtures, unpacked when its name ends with .gz. */
export function fixture(path: string): Buffer {
  const bytes = readFileSync(join(projectRoot, 'test', 'fixtures', path));
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}
