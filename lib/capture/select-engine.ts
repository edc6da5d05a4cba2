import type { Architecture } from '../arch/architecture.js';
import { TargetError, ToolMissingError } from '../errors/errors.js';
import { findGdb, type GdbProgram } from '../link/mi/find-gdb.js';
import { AutoEngine } from './auto/auto-engine.js';
import { DirectEngine } from './direct/direct-engine.js';
import type { Engine } from './engine.js';
import { GdbEngine } from './gdb/gdb-engine.js';

/** The engines: `auto` is the direct one, checked by gdb where that is installed. */
export const ENGINE_NAMES = ['auto', 'direct', 'gdb'] as const;
/** One of {@link ENGINE_NAMES}. */
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface EngineOptions {
  /**
   * `auto` (the default): direct, with gdb checking its backtraces where gdb is there. `direct`: the remote serial protocol, without
   * gdb. `gdb`: gdb alone, the reference.
   */
  readonly engine?: EngineName;
  /** The gdb program; default: the first that is found. */
  readonly gdb?: string;
  /** False keeps the gdb engine to MI commands even when gdb has Python. */
  readonly gdbPython?: boolean;
  /** The direct engine: one write an event instead of two round trips (docs/direct-engine.md says what that takes). */
  readonly oneWrite?: boolean;
}

/**
 * The engine to capture a program of an architecture with.
 * @throws ToolMissingError HH1801 when `gdb` is asked for, or named, and not found; TargetError HH2203 where none is known to do,
 * HH2250 for the one-write mode where no instruction returns from a function that was just entered
 */
export async function selectEngine(options: EngineOptions, architecture: Architecture): Promise<Engine> {
  const name = options.engine ?? 'auto';
  if (options.oneWrite && name !== 'gdb' && architecture.returns.length === 0) {
    throw new TargetError(
      'HH2250',
      'one-write mode: found a program for a core with register windows, expected another',
    );
  }
  const direct = new DirectEngine({ keepSamples: true, oneWrite: options.oneWrite ?? false });
  if (name === 'direct') return direct;
  if (architecture.gdbPrograms.length === 0) {
    if (name === 'auto' && options.gdb === undefined) return new AutoEngine({ direct });
    throw new TargetError('HH2203', 'engine gdb: found a program for a core with register windows, expected another');
  }
  const gdbOf = (program: GdbProgram) => new GdbEngine(program, options.gdbPython ?? true);
  if (name === 'gdb') return gdbOf(await findGdb(options.gdb, architecture));
  if (options.gdb !== undefined) {
    const program = await findGdb(options.gdb, architecture);
    return new AutoEngine({ direct, gdb: gdbOf(program), program });
  }
  // Looked for while the target is started: each program that is tried takes a while to say what it is.
  const program = gdbIfThere(architecture);
  const gdb = program.then((found) => (found ? gdbOf(found) : undefined));
  for (const each of [program, gdb]) each.catch(() => undefined);
  return new AutoEngine({ direct, gdb, program });
}

/** A gdb that is looked for, and not named, need not be there. */
async function gdbIfThere(architecture: Architecture): Promise<GdbProgram | undefined> {
  try {
    return await findGdb(undefined, architecture);
  } catch (error) {
    if (error instanceof ToolMissingError) return undefined;
    throw error;
  }
}
