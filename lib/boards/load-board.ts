import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defined } from '../defined.js';
import { didYouMean } from '../did-you-mean.js';
import { BoardConfigError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { parseStrictJson } from '../strict-json.js';
import type { Board } from './board.js';
import { addressOf, type BoardFile, boardFileSchema, sizeOf } from './board-schema.js';

const FOLDER = join(packageRoot, 'board-configs');

/** The names of the boards that come with the package, sorted. */
export async function boardNames(): Promise<string[]> {
  const files = await readdir(FOLDER);
  return files
    .filter((file) => file.endsWith('.json') && !file.endsWith('.schema.json'))
    .map((file) => basename(file, '.json'))
    .sort();
}

/**
 * A board by name, or by the path of a file of your own (anything that ends with `.json`).
 * @throws BoardConfigError HH1201 (no such board), HH1202, HH1203
 */
export async function loadBoard(nameOrPath: string): Promise<Board> {
  const isPath = nameOrPath.endsWith('.json');
  const path = isPath ? nameOrPath : join(FOLDER, `${basename(nameOrPath)}.json`);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isPath) throw new BoardConfigError('HH1201', `${path}: cannot be read`, { cause });
    const names = await boardNames();
    throw new BoardConfigError('HH1201', `--board ${nameOrPath}: no such board${didYouMean(nameOrPath, names)}`, {
      cause,
      remedy:
        '`harvest boards` lists them; a file of your own is named by its path; --gdb-server HOST:PORT needs no board',
    });
  }
  return parseBoard(text, basename(path, '.json'), path);
}

/** Reads the text of a board file. @throws BoardConfigError HH1202, HH1203 */
export function parseBoard(text: string, name: string, subject = `board ${name}`): Board {
  return boardOf(parseStrictJson(text, subject, boardFileSchema), name);
}

function boardOf(file: BoardFile, name: string): Board {
  const { openocd, jlink, qemu } = file.servers;
  return {
    name,
    title: file.title,
    verified: file.verified,
    mcu: file.mcu,
    memory: file.memory.map((area) => ({
      name: area.name,
      kind: area.kind,
      baseAddress: addressOf(area.baseAddress),
      sizeBytes: sizeOf(area.sizeBytes),
    })),
    ...(file.applicationAddress === undefined ? {} : { applicationAddress: addressOf(file.applicationAddress) }),
    comparators: file.comparators,
    debug: file.debug,
    servers: {
      ...(qemu ? { qemu } : {}),
      ...(openocd ? { openocd: defined(openocd) } : {}),
      ...(jlink ? { jlink } : {}),
    },
    usb: file.usb,
    serial: file.serial,
    notes: file.notes,
  };
}
