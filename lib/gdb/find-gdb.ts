import { spawn } from 'node:child_process';
import { ToolMissingError } from '../errors.js';
import type { Milliseconds } from '../units.js';

/** A gdb that was found and answered. */
export interface GdbProgram {
  readonly path: string;
  /** `GNU gdb (Debian 13.1-3) 13.1` */
  readonly version: string;
  readonly hasPython: boolean;
}

const CANDIDATES = ['arm-none-eabi-gdb', 'gdb-multiarch', 'gdb'];

/**
 * Finds a gdb: `override` (an option or an environment variable, as the caller says), else the first of arm-none-eabi-gdb,
 * gdb-multiarch and gdb that runs. @throws ToolMissingError HH1801
 */
export async function findGdb(override?: string): Promise<GdbProgram> {
  const tried = override === undefined ? CANDIDATES : [override];
  for (const path of tried) {
    const found = await tryGdb(path);
    if (found) return found;
  }
  throw new ToolMissingError('HH1801', `gdb: found none that runs, tried ${tried.join(', ')}`, {
    remedy: 'sudo apt-get install gdb-multiarch, or name one with --gdb PATH or HARVEST_GDB',
  });
}

async function tryGdb(path: string): Promise<GdbProgram | undefined> {
  const python = 'python print("python works")';
  const output = await outputOf(path, ['-nx', '-batch', '-ex', 'show version', '-ex', python]);
  const version = output && /^GNU gdb.*$/m.exec(output)?.[0];
  if (!version) return undefined;
  return { path, version, hasPython: output.includes('python works') };
}

/** What a program prints on stdout; undefined when it cannot be run or takes longer than `timeoutMs`. */
export function outputOf(
  path: string,
  args: readonly string[],
  timeoutMs: Milliseconds = 10_000,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'ignore'], timeout: timeoutMs, killSignal: 'SIGKILL' });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < 1 << 20) output += text;
    });
    child.on('error', () => resolve(undefined));
    child.on('close', (_, signal) => resolve(signal === null ? output : undefined));
  });
}
