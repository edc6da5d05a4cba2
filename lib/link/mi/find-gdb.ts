import type { Architecture } from '../../arch/architecture.js';
import { ARM } from '../../arch/arm/arm.js';
import { installHint } from '../../base/install-hint.js';
import { outputOf } from '../../base/run-tool.js';
import { ToolMissingError } from '../../errors/errors.js';

/** A gdb that was found and answered. */
export interface GdbProgram {
  readonly path: string;
  /** `GNU gdb (Debian 13.1-3) 13.1` */
  readonly version: string;
  readonly hasPython: boolean;
}

/**
 * Finds a gdb: `override` (an option or an environment variable, as the caller says), else the first that runs of those that may know
 * the architecture (Arm: arm-none-eabi-gdb, gdb-multiarch, gdb). @throws ToolMissingError HH1801
 */
export async function findGdb(
  override?: string,
  { gdbPrograms }: Pick<Architecture, 'gdbPrograms'> = ARM,
): Promise<GdbProgram> {
  const tried = override === undefined ? gdbPrograms : [override];
  for (const path of tried) {
    const found = await tryGdb(path);
    if (found) return found;
  }
  throw new ToolMissingError('HH1801', `gdb: found none that runs, tried ${tried.join(', ')}`, {
    remedy: `${installHint('gdb')}, or name one with options.gdb PATH or HARVEST_GDB`,
  });
}

/** Our script inside gdb is told to stop by a signal, which Windows has not: captures go without it there. */
const canSignal = process.platform !== 'win32';

async function tryGdb(path: string): Promise<GdbProgram | undefined> {
  const python = 'python print("python works")';
  const output = await outputOf(path, ['-nx', '-batch', '-ex', 'show version', '-ex', python]);
  const version = output && /^GNU gdb.*$/m.exec(output)?.[0];
  if (!version) return undefined;
  return { path, version, hasPython: canSignal && output.includes('python works') };
}
