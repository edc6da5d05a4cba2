import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsync as fsFsync,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join, normalize, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { randomName } from '../base/random-name.js';
import { OutputError } from '../errors/errors.js';

const fsync = promisify(fsFsync);
/** How long a named pipe is waited for somebody to read it. */
const READER_MS = 10_000;
const RETRY_MS = 50;

/** An opened output. Exactly one of `commit` and `abandon` is called, once. */
export interface Destination {
  readonly descriptor: number;
  /** False: a pipe or a device, which has no positions. */
  readonly seekable: boolean;
  /** Makes what was written appear under its name. */
  commit(): Promise<void>;
  /** Leaves what was there before, where that is possible. */
  abandon(): Promise<void>;
}

/**
 * Opens an output. A regular file is replaced when it is whole, by way of a temporary one beside it that nobody else can have made or guessed; a link is
 * followed to where its file is, but one that leads nowhere not out of its folder; a device, a pipe or one of the process's own descriptors
 * (`/dev/stdout`, `>(cat)`) is written straight into. (write-file-atomic of npm takes whole texts only and makes names that can be guessed.)
 *
 * It opens at once, without a turn of the event loop, but for named pipes, which wait for their reader.
 * @throws OutputError HH1905, Error of the system
 */
export function openDestination(path: string): Destination | Promise<Destination> {
  const own = ownDescriptor(path);
  if (own !== undefined) return straight(own, () => undefined);
  const target = targetOf(path);
  const found = statIfThere(target);
  if (found?.isFIFO()) return openPipe(target);
  if (found && !found.isFile()) {
    if (found.isDirectory()) throw new Error('it is a folder');
    const descriptor = openSync(target, constants.O_WRONLY);
    return straight(descriptor, () => closeSync(descriptor));
  }
  return besideOf(target, found);
}

/** N of `/dev/fd/N` and its like: opening that anew would cut a file that others write into, too. */
function ownDescriptor(path: string): number | undefined {
  if (process.platform === 'win32') return undefined;
  const [, name, number] = /^\/(?:dev\/(stdout|stderr)|(?:dev|proc\/self)\/fd\/(\d+))$/.exec(normalize(path)) ?? [];
  if (name !== undefined) return name === 'stdout' ? 1 : 2;
  return number === undefined ? undefined : Number(number);
}

/** Where the bytes go: the file that a link names. */
function targetOf(path: string): string {
  const here = lstatIfThere(path);
  if (!here?.isSymbolicLink()) return path;
  if (statIfThere(path)) return realpathSync(path);
  const folder = realpathSync(dirname(path));
  const target = resolve(folder, readlinkSync(path));
  const inside = statIfThere(dirname(target)) ? relative(folder, realpathSync(dirname(target))) : '..';
  if (inside.startsWith('..') || lstatIfThere(target)?.isSymbolicLink())
    throw new OutputError(
      'HH1905',
      `${path}: found a link to ${target}, which is not there and lies outside of the folder`,
      {
        remedy: 'remove the link, or make the file that it names',
      },
    );
  return target;
}

function besideOf(target: string, found: Stats | undefined): Destination {
  // A file that may not be written is not replaced either, though its folder would allow it.
  if (found) accessSync(target, constants.W_OK);
  const partial = join(dirname(target), `.${basename(target).slice(0, 200)}.${randomName()}.partial`);
  const descriptor = openSync(partial, 'wx');
  let closed = false;
  const close = () => {
    if (!closed) closeSync(descriptor);
    closed = true;
  };
  const abandon = async () => {
    close();
    await rm(partial, { force: true });
  };
  return {
    descriptor,
    seekable: true,
    commit: async () => {
      if (found) fchmodSync(descriptor, found.mode & 0o7777);
      // What a failing disk says only when it must show the bytes is said before the old file is gone.
      await fsync(descriptor);
      close();
      await rename(partial, target);
    },
    abandon,
  };
}

function straight(descriptor: number, close: () => void): Destination {
  return { descriptor, seekable: false, commit: async () => close(), abandon: async () => close() };
}

/** Opening a named pipe blocks until somebody reads it: asked without blocking first, so that Ctrl-C and a limit end the waiting. */
async function openPipe(path: string): Promise<Destination> {
  const until = Date.now() + READER_MS;
  for (;;) {
    try {
      const probe = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      // With a reader there this one opens at once, and its writes wait as they should.
      const descriptor = openSync(path, constants.O_WRONLY);
      closeSync(probe);
      return straight(descriptor, () => closeSync(descriptor));
    } catch (error) {
      if (!isCode(error, 'ENXIO')) throw error;
      if (Date.now() > until) throw new Error(`nobody reads this pipe, waited ${READER_MS / 1000} s`);
      await delay(RETRY_MS);
    }
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function statIfThere(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function lstatIfThere(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
