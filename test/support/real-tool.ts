import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';

const FOLDERS = (process.env.PATH ?? '').split(':');

/** Where a program is; undefined, and said loudly in the test's log, when a check is left out for the lack of it. */
export function toolPath(t: ExecutionContext, name: string): string | undefined {
  const found = FOLDERS.map((folder) => join(folder, name)).find((path) => path.startsWith('/') && existsSync(path));
  if (found === undefined) t.log(`NOT CHECKED with the real tool: ${name} is not installed`);
  return found;
}

/** The standard output of a program. */
export async function toolOutput(name: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(name, [...args], { maxBuffer: 2 ** 26 });
  return stdout;
}

/** A folder that goes away with the test. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'harvest-test-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}
