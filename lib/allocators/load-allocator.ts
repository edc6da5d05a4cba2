import { join } from 'node:path';
import { descriptionNames, readDescription } from '../base/description-files.js';
import { packageRoot } from '../base/package-root.js';
import { parseStrictJson } from '../base/strict-json.js';
import { BoardConfigError } from '../errors/errors.js';
import { type AllocatorFile, allocatorFileSchema, type HookDescription } from './allocator-schema.js';

const FOLDER = join(packageRoot, 'board-configs', 'allocators');

/** What to break on for an allocator, and how to read its heap. The schema describes every field. */
export interface AllocatorProfile extends Readonly<Omit<AllocatorFile, '$schema'>> {
  /** The file's name without `.json`; what `--allocator` takes. */
  readonly name: string;
}

/** The names of the profiles that come with the package, sorted. */
export const allocatorNames = (): Promise<string[]> => descriptionNames(FOLDER);

/** All profiles that come with the package, in order of name. @throws BoardConfigError */
export async function allAllocators(): Promise<AllocatorProfile[]> {
  return Promise.all((await allocatorNames()).map(loadAllocator));
}

/**
 * A profile by name, or by the path of a file of your own (anything that ends with `.json`).
 * @throws BoardConfigError HH1210 (no such profile), HH1202, HH1203, HH1211 (its hooks contradict each other)
 */
export async function loadAllocator(nameOrPath: string): Promise<AllocatorProfile> {
  const { text, name, path, isPath } = await readDescription(FOLDER, nameOrPath, {
    code: 'HH1210',
    unknown: (names, meant) => ({
      message: `options.allocator ${nameOrPath}: found no such profile, expected one of ${names.join(', ')}${meant}`,
      remedy: '`harvest allocators` lists them; a file of your own is named by its path; `auto` chooses',
    }),
  });
  return parseAllocator(text, name, isPath ? path : `allocator ${nameOrPath}`);
}

/** Reads the text of a profile. @throws BoardConfigError HH1202, HH1203, HH1211 */
export function parseAllocator(text: string, name: string, subject = `allocator ${name}`): AllocatorProfile {
  const { $schema, ...file } = parseStrictJson(text, subject, allocatorFileSchema);
  const covering = new Set(file.hooks.map((hook) => hook.function));
  for (const hook of file.hooks) {
    checkHook(hook, subject);
    if (hook.coveredBy !== undefined && !covering.has(hook.coveredBy)) {
      throw wrongHook(subject, hook, `coveredBy ${hook.coveredBy}`, 'the name of another hook of the file');
    }
  }
  return { ...file, name };
}

/** @throws BoardConfigError HH1211 when the arguments that its kind needs are not there. */
function checkHook(hook: HookDescription, subject: string): void {
  const needsSize = hook.kind === 'alloc' || hook.kind === 'realloc';
  if (needsSize && hook.size === undefined) throw wrongHook(subject, hook, 'no size', 'which argument is the size');
  const needsPointer = hook.kind === 'free' || hook.kind === 'realloc';
  if (needsPointer && hook.pointer === undefined) {
    throw wrongHook(subject, hook, 'no pointer', 'which argument is the block');
  }
}

function wrongHook(subject: string, hook: HookDescription, found: string, expected: string): BoardConfigError {
  return new BoardConfigError('HH1211', `${subject}: hook ${hook.function}: found ${found}, expected ${expected}`, {
    remedy: 'arguments count from 0: for malloc(size) it is "size": 0',
  });
}
