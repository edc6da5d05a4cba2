import { readFile } from 'node:fs/promises';
import type { Address, Milliseconds } from '../../base/units.js';
import { GdbError, TargetError } from '../../errors/errors.js';
import { ElfFile } from '../../symbols/elf-file.js';
import { GDB_WAIT, WAIT_MS } from '../waits.js';
import type { MiConnection } from './mi-connection.js';
import { quote } from './mi-connection.js';
import { asText, isRecord, listOf } from './mi-values.js';

/** What to connect to and how to put it in its initial state. */
export interface MiLinkOptions {
  readonly elf: string;
  readonly host: string;
  readonly port: number;
  /** Which server it is, for messages: `QEMU`, `OpenOCD`, `J-Link`. */
  readonly serverName: string;
  /** Monitor commands that reset and halt the target; empty when it already is. */
  readonly resetCommands: readonly string[];
  /** Write the ELF file to the target before the reset. */
  readonly load: boolean;
  /** Compare the target's code with the ELF file's. */
  readonly verify: boolean;
  /** Let the target run on at the end. */
  readonly detach: boolean;
  /** What the server must be told before, so that the target does what was ordered. */
  readonly afterCommands?: readonly string[];
  /** The board's hardware breakpoints, for messages; absent when unknown. */
  readonly breakpointLimit?: number;
  /** After how long without an event the user is told what the target does. */
  readonly quietMs?: Milliseconds;
  /** Frames that gdb unwinds at most; where the unwind information goes round in circles it never ends by itself. Default 1000. */
  readonly backtraceLimit?: number;
  /** Ends gdb at once, also while it starts; the target is left as it is. */
  readonly signal?: AbortSignal;
}

const DEFAULT_BACKTRACE_LIMIT = 1000;

/*
 * osabi none: a multiarch gdb assumes GNU/Linux and stops at frame 0 in a stripped libc.
 * mi-async: gdb reads commands while the target runs, so that it can be interrupted by one, which is never lost; a signal is, while gdb's
 * Python works, and a second one that comes before the target has stopped makes gdb give the target up.
 * dcache: one large read of the stack instead of many small ones. demangle off: C++ names are spelled in one place (symbols/demangle.ts);
 * gdb shows some with parameters and some without.
 */
const SETTINGS = [
  'confirm off',
  'pagination off',
  'width 0',
  'osabi none',
  'mi-async on',
  'breakpoint always-inserted on',
  'print entry-values no',
  'print frame-arguments none',
  'print demangle off',
  'dcache line-size 1024',
  'tcp auto-retry off',
  `remotetimeout ${WAIT_MS.reply / 1000}`,
];

/** Connects, verifies, loads and resets. @throws TargetError HH1501 (no connection), HH1502 (reset), HH1503 (load), HH1504 (other firmware) */
export async function connectTarget(mi: MiConnection, options: MiLinkOptions): Promise<void> {
  for (const setting of SETTINGS) await mi.command(`-gdb-set ${setting}`, GDB_WAIT.start);
  await mi.command(`-gdb-set backtrace limit ${options.backtraceLimit ?? DEFAULT_BACKTRACE_LIMIT}`);
  // Older gdbs have no debuginfod.
  await mi.command('-gdb-set debuginfod enabled off').catch(() => undefined);
  await connect(mi, options);
  await reset(mi, options);
  if (options.load) {
    await load(mi, options);
    await reset(mi, options);
  }
  if (options.verify) await verify(mi, options);
  // After verify: from here on gdb reads code from the ELF file, which saves about 300 packets an event.
  await mi.command('-gdb-set trust-readonly-sections on');
}

async function connect(mi: MiConnection, { host, port, serverName }: MiLinkOptions): Promise<void> {
  try {
    await mi.command(`-target-select extended-remote ${host}:${port}`, GDB_WAIT.start);
  } catch (cause) {
    const message =
      cause instanceof Error ? cause.message.replace(/^gdb: -target-select [^:]*:\d+: /, '') : String(cause);
    throw new TargetError('HH1501', `${serverName} at ${host}:${port}: found no debug server: ${message}`, {
      cause,
      remedy: `start the debug server and see that it listens on port ${port}; \`harvest doctor\` shows what is installed`,
    });
  }
}

async function reset(mi: MiConnection, options: MiLinkOptions): Promise<void> {
  for (const command of options.resetCommands) {
    try {
      await mi.console(`monitor ${command}`, GDB_WAIT.monitor);
    } catch (cause) {
      throw new TargetError('HH1502', `${options.serverName}: monitor ${command}: ${messageOf(cause)}`, { cause });
    }
  }
  if (options.resetCommands.length > 0) await mi.console('maintenance flush register-cache');
}

async function load(mi: MiConnection, options: MiLinkOptions): Promise<void> {
  try {
    await mi.command('-target-download', GDB_WAIT.flash);
  } catch (cause) {
    throw new TargetError('HH1503', `${options.elf}: cannot be loaded: ${messageOf(cause)}`, {
      cause,
      remedy: 'flash it with your usual tool and capture without options.load',
    });
  }
}

async function verify(mi: MiConnection, options: MiLinkOptions): Promise<void> {
  const output = await mi.consoleOutput('compare-sections -r', GDB_WAIT.flash);
  const different = [...output.matchAll(/^Section (\S+),.*MIS-MATCHED/gm)].map((match) => match[1] ?? '');
  const wrong = different.length === 0 ? [] : await differentWhereLoaded(mi, options.elf, different);
  if (wrong.length === 0) return;
  throw new TargetError(
    'HH1504',
    `${options.elf}: the target runs another firmware: found different contents in ${wrong.join(', ')}, expected the same as in the ELF file`,
    {
      remedy:
        'flash this ELF file (or pass options.load), give the ELF file of what is flashed, or pass options.verify=false',
    },
  );
}

/** gdb compares code that runs in RAM there, before the start-up code has copied it: such sections are compared where they are loaded to. */
async function differentWhereLoaded(mi: MiConnection, elf: string, names: readonly string[]): Promise<string[]> {
  const elfFile = new ElfFile(await readFile(elf));
  const wrong: string[] = [];
  for (const name of names) {
    const section = elfFile.section(name);
    const address = section ? elfFile.loadAddress(section) : 0;
    const isSame = section && address !== section.address && (await holds(mi, address, elfFile.contentsOf(section)));
    if (!isSame) wrong.push(name);
  }
  return wrong;
}

async function holds(mi: MiConnection, address: Address, bytes: Uint8Array): Promise<boolean> {
  const reply = await mi.command(`-data-read-memory-bytes ${address} ${bytes.length}`);
  const found = listOf(reply, 'memory').map((part) => (isRecord(part) ? asText(part.contents) : ''));
  return found.join('') === Buffer.from(bytes).toString('hex');
}

function messageOf(cause: unknown): string {
  return cause instanceof GdbError ? cause.message.replace(/^gdb: -\S+[^:]*: /, '') : String(cause);
}

/** Loads a script into gdb. */
export async function sourceScript(mi: MiConnection, path: string): Promise<void> {
  await mi.console(`source ${path.includes(' ') ? quote(path) : path}`);
}
