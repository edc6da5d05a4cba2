import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { didYouMean, errorMessage, packageRoot, UsageError } from '../lib/public/command-line.js';
import type { NamedOption } from './options/option-set.js';
import type { Fallback } from './options/parse-arguments.js';

/** The project's settings: this file in the folder where harvest runs. */
export const SETTINGS_FILE = 'harvest.config.json';
/** Written from the options of all commands (settings-schema.ts) by bundle.mjs; editors check against it. */
export const SETTINGS_SCHEMA = join(packageRoot, 'dist', 'bin', 'harvest.config.schema.json');

/** What only the command line says: what to do, not how. */
const NEVER = new Set([
  'help',
  'version',
  'show-hidden',
  'list-formats',
  'json',
  'verbose',
  'write-baseline',
  'action',
  'live',
]);
/** Options that name what is run: a folder that was downloaded must not choose it. */
const NOT_IN_A_PROJECT = new Set(['gdb', 'qemu-arg', 'server-program']);

export function isSetting({ name }: NamedOption): boolean {
  return !NEVER.has(name);
}

/** A command whose options are looked up. */
export interface SettingsOwner {
  readonly word: string;
  readonly options: readonly NamedOption[];
}

/**
 * Values for options that the command line does not mention, the first of: the environment (HARVEST_BOARD), the project's settings file, the user's.
 * @throws UsageError HH1121
 */
export async function settingsFor(
  owner: SettingsOwner,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ReadonlyMap<string, Fallback>> {
  const found = new Map<string, Fallback>();
  for (const [path, isProject] of [
    [userFile(env), false],
    [SETTINGS_FILE, true],
  ] as const)
    for (const [name, texts] of await fileSettings(path, owner, isProject ? userFile(env) : undefined))
      found.set(name, { texts, origin: `${path}: ${name}` });
  for (const option of owner.options.filter(isSetting)) {
    const variable = `HARVEST_${option.name.toUpperCase().replaceAll('-', '_')}`;
    const text = env[variable];
    if (text !== undefined && text !== '') found.set(option.name, { texts: [text], origin: variable });
  }
  return found;
}

/** Where the settings of a user are. */
function userFile(env: Readonly<Record<string, string | undefined>>): string {
  const folder = process.platform === 'win32' ? env.APPDATA : env.XDG_CONFIG_HOME;
  return join(folder || join(homedir(), '.config'), 'heap-harvest', 'config.json');
}

/** `userPath`: of the settings of a project, where those of its user are. */
async function fileSettings(
  path: string,
  owner: SettingsOwner,
  userPath: string | undefined,
): Promise<Map<string, string[]>> {
  const settings = await readSettings(path);
  const own = settings[owner.word];
  const layers = [settings, ...(isObject(own) ? [own] : [])];
  const texts = new Map<string, string[]>();
  for (const layer of layers)
    for (const [name, value] of Object.entries(layer)) {
      if (name === '$schema' || (layer === settings && isObject(value))) continue;
      const option = owner.options.find((each) => each.name === name && isSetting(each));
      if (!option) {
        await refuseUnknown(path, name, layer === settings ? undefined : owner);
        continue;
      }
      if (userPath !== undefined && NOT_IN_A_PROJECT.has(name))
        throw new UsageError('HH1121', `${path}: ${name}: found in the settings of a project, expected in yours`, {
          remedy: `it names a program to run: put it into ${userPath}, or give it on the command line`,
        });
      texts.set(name, textsOf(path, name, value));
    }
  return texts;
}

async function readSettings(path: string): Promise<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return {};
  }
  try {
    const json: unknown = JSON.parse(text);
    if (isObject(json)) return json;
  } catch (cause) {
    throw new UsageError('HH1121', `${path}: not JSON: ${errorMessage(cause)}`, { cause });
  }
  throw new UsageError('HH1121', `${path}: found no object, expected { "board": ... }`);
}

/** A name that no command has is a mistake; another command's is not. @throws UsageError HH1121 */
async function refuseUnknown(path: string, name: string, owner: SettingsOwner | undefined): Promise<void> {
  const schema: unknown = JSON.parse(await readFile(SETTINGS_SCHEMA, 'utf8'));
  const everywhere = isObject(schema) && isObject(schema.properties) ? Object.keys(schema.properties) : [];
  const known = owner ? owner.options.filter(isSetting).map((option) => option.name) : everywhere;
  if (known.includes(name)) return;
  const where = owner ? `${owner.word}.${name}` : name;
  throw new UsageError('HH1121', `${path}: ${where}: found no such setting${didYouMean(name, known)}`, {
    remedy: 'settings have the names of options; dist/bin/harvest.config.schema.json of the package lists them all',
  });
}

function textsOf(path: string, name: string, value: unknown): string[] {
  const values = Array.isArray(value) ? value : [value];
  if (values.every((each) => typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean'))
    return values.map(String);
  throw new UsageError(
    'HH1121',
    `${path}: ${name}: found ${JSON.stringify(value).slice(0, 60)}, expected a text, a number, true or false, or a list`,
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
