import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BoardConfigError, type ErrorDetails, errorMessage } from '../errors/errors.js';
import { didYouMean } from './did-you-mean.js';
import { MAX_FILE_BYTES, readWhole } from './read-file.js';

/** The names of the descriptions (JSON files) in a folder of the package, sorted; their schemas left out. */
export async function descriptionNames(folder: string): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.json') && !file.endsWith('.schema.json'))
    .map((file) => basename(file, '.json'))
    .sort();
}

/** What is said when there is no description of a name: `meant` is ", did you mean 'x'?" or nothing. */
export type UnknownName = (names: readonly string[], meant: string) => { readonly message: string } & ErrorDetails;

/**
 * Reads a description by its name in a folder of the package, or by the path of a file of your own (anything that ends with `.json`).
 * @throws BoardConfigError with `code` where there is none
 */
export async function readDescription(
  folder: string,
  nameOrPath: string,
  { code, unknown }: { readonly code: string; readonly unknown: UnknownName },
): Promise<{ readonly name: string; readonly path: string; readonly isPath: boolean; readonly text: string }> {
  const isPath = nameOrPath.endsWith('.json');
  const path = isPath ? nameOrPath : join(folder, `${basename(nameOrPath)}.json`);
  try {
    return {
      name: basename(path, '.json'),
      path,
      isPath,
      text: (await readWhole(path, MAX_FILE_BYTES.text)).toString('utf8'),
    };
  } catch (cause) {
    if (isPath) throw new BoardConfigError(code, `${path}: cannot be read: ${errorMessage(cause)}`, { cause });
    const names = await descriptionNames(folder);
    const { message, ...details } = unknown(names, didYouMean(nameOrPath, names));
    throw new BoardConfigError(code, message, { ...details, cause });
  }
}
