import { readdir, readFile, readlink } from 'node:fs/promises';
import type { ServerAddress, ServerKind } from './target.js';

/** Programs by the name in their command line. */
const PROGRAMS: readonly (readonly [RegExp, ServerKind])[] = [
  [/qemu-system/, 'qemu'],
  [/JLinkGDBServer/i, 'jlink'],
  [/pyocd/, 'pyocd'],
  [/probe-rs|cargo-embed/, 'probe-rs'],
  [/openocd/, 'openocd'],
];
const LISTEN = '0A';
const IS_LOCAL = /^(127\.|localhost$|::1$)/;
const IPV4_TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/**
 * Which debug server holds a port of this machine, as Linux's /proc tells it, without a connection; undefined on other machines and
 * systems, for other users' programs, and for programs of other names.
 */
export async function listenerKind({ host, port }: ServerAddress): Promise<ServerKind | undefined> {
  if (process.platform !== 'linux' || !IS_LOCAL.test(host)) return undefined;
  const inode = await listeningInode(port);
  if (inode === undefined) return undefined;
  for (const pid of await processIds()) {
    const command = await commandOf(pid);
    const kind = PROGRAMS.find(([pattern]) => pattern.test(command))?.[1];
    if (kind !== undefined && (await holds(pid, inode))) return kind;
  }
  return undefined;
}

/** The program that holds a port of this machine, as `node (process 1234)`; undefined where {@link listenerKind} knows nothing, too. */
export async function listenerName({ host, port }: ServerAddress): Promise<string | undefined> {
  if (process.platform !== 'linux' || !IS_LOCAL.test(host)) return undefined;
  const inode = await listeningInode(port);
  if (inode === undefined) return undefined;
  for (const pid of await processIds()) {
    if (!(await holds(pid, inode))) continue;
    const [program = ''] = (await commandOf(pid)).split(' ');
    return `${program.replace(/[^\x20-\x7e]/g, '').slice(0, 40) || 'a program'} (process ${pid})`;
  }
  return undefined;
}

async function processIds(): Promise<readonly string[]> {
  return (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
}

async function listeningInode(port: number): Promise<string | undefined> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const table of IPV4_TABLES) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTEN && local.endsWith(`:${wanted}`)) return inode;
    }
  }
  return undefined;
}

/** The program and its first arguments: a script's name stands behind its interpreter's. */
async function commandOf(pid: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const words = text.split('\0').slice(0, 3);
  return words.map((word) => word.split('/').at(-1) ?? '').join(' ');
}

async function holds(pid: string, inode: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const fd of await readdir(folder).catch(() => [])) {
    const link = await readlink(`${folder}/${fd}`).catch(() => '');
    if (link === `socket:[${inode}]`) return true;
  }
  return false;
}
