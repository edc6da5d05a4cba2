import type { Architecture } from '../../arch/architecture.js';
import { ARM } from '../../arch/arm/arm.js';
import { installHint } from '../../base/install-hint.js';
import { runTool, TOOL_ANSWER_MS } from '../../base/run-tool.js';
import type { Milliseconds } from '../../base/units.js';
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
  {
    gdbPrograms,
    answerMs = TOOL_ANSWER_MS,
  }: Pick<Architecture, 'gdbPrograms'> & { readonly answerMs?: Milliseconds } = ARM,
): Promise<GdbProgram> {
  const tried: string[] = [];
  for (const path of override === undefined ? gdbPrograms : [override]) {
    const found = await tryGdb(path, answerMs);
    if (typeof found === 'object') return found;
    tried.push(found === 'late' ? `${path} (did not answer within ${answerMs / 1000} s)` : path);
  }
  throw new ToolMissingError('HH1801', `gdb: found none that runs, tried ${tried.join(', ')}`, {
    remedy: `${installHint('gdb')}, or name one with options.gdb PATH or HARVEST_GDB`,
  });
}

/** Our script inside gdb is told to stop by a signal, which Windows has not: captures go without it there. */
const canSignal = process.platform !== 'win32';

async function tryGdb(path: string, answerMs: Milliseconds): Promise<GdbProgram | 'late' | 'none'> {
  const python = 'python print("python works")';
  const args = ['-nx', '-batch', '-ex', 'show version', '-ex', python];
  const { stdout, tookTooLong } = await runTool(path, args, answerMs);
  if (tookTooLong) return 'late';
  const version = /^GNU gdb.*$/m.exec(stdout)?.[0];
  return version ? { path, version, hasPython: canSignal && stdout.includes('python works') } : 'none';
}
