import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { defined } from '../base/defined.js';
import { descriptionNames, readDescription } from '../base/description-files.js';
import { packageRoot } from '../base/package-root.js';
import { parseStrictJson } from '../base/strict-json.js';
import type { Board } from './board.js';
import { addressOf, type BoardFile, boardFileSchema, sizeOf } from './board-schema.js';

const FOLDER = join(packageRoot, 'board-configs');

/** Where boards of your own are looked for, before those of the package: beside the project, and for all of a user's projects. */
export const USER_BOARD_FOLDERS: readonly string[] = [
  'harvest-boards',
  join(homedir(), '.config', 'heap-harvest', 'boards'),
];

/** The names of the boards, those of your own folders included, sorted. */
export async function boardNames(): Promise<string[]> {
  const own = await Promise.all(USER_BOARD_FOLDERS.map((folder) => descriptionNames(folder).catch(() => [])));
  return [...new Set([...own.flat(), ...(await descriptionNames(FOLDER))])].sort();
}

/** The path of a board of your own; a name without one is of the package. */
async function ownBoard(name: string): Promise<string | undefined> {
  for (const folder of USER_BOARD_FOLDERS) {
    const path = join(folder, `${basename(name)}.json`);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** All boards, by name. */
export async function allBoards(): Promise<Board[]> {
  return Promise.all((await boardNames()).map((name) => loadBoard(name)));
}

/**
 * A board by name, or by the path of a file of your own (anything that ends with `.json`).
 * @throws BoardConfigError HH1201 (no such board), HH1202, HH1203
 */
export async function loadBoard(nameOrPath: string): Promise<Board> {
  const { text, name, path } = await readDescription(FOLDER, (await ownBoard(nameOrPath)) ?? nameOrPath, {
    code: 'HH1201',
    unknown: (_, meant) => ({
      message: `options.board ${nameOrPath}: no such board${meant}`,
      remedy:
        '`harvest boards` lists them; a file of your own is named by its path; options.gdbServer HOST:PORT needs no board',
    }),
  });
  return parseBoard(text, name, path);
}

/** Reads the text of a board file. @throws BoardConfigError HH1202, HH1203 */
export function parseBoard(text: string, name: string, path?: string): Board {
  return boardOf(parseStrictJson(text, path ?? `board ${name}`, boardFileSchema), name, path);
}

function boardOf(file: BoardFile, name: string, path: string | undefined): Board {
  const { openocd, jlink, qemu, pyocd, probeRs } = file.servers;
  return {
    name,
    ...(path === undefined ? {} : { path }),
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
      ...(qemu ? { qemu: defined(qemu) } : {}),
      ...(openocd ? { openocd: defined(openocd) } : {}),
      ...(jlink ? { jlink } : {}),
      ...(pyocd ? { pyocd } : {}),
      ...(probeRs ? { probeRs: defined(probeRs) } : {}),
    },
    usb: file.usb,
    serial: file.serial,
    notes: file.notes,
  };
}
