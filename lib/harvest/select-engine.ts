import { ToolMissingError } from '../errors.js';
import { findGdb, type GdbProgram } from '../gdb/find-gdb.js';
import { AutoEngine } from './auto-engine.js';
import { DirectEngine } from './direct-engine.js';
import type { Engine } from './engine.js';
import { GdbEngine } from './gdb-engine.js';

/** The first is the default. */
export const ENGINE_NAMES = ['auto', 'direct', 'gdb'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface EngineOptions {
  readonly engine?: EngineName;
  /** The gdb program; default: the first that is found. */
  readonly gdb?: string;
  /** False keeps the gdb engine to MI commands even when gdb has Python. */
  readonly gdbPython?: boolean;
  /** The direct engine asks and resumes in one write (docs/direct-engine.md says what that costs). */
  readonly oneWrite?: boolean;
}

/** The engine to capture with. @throws ToolMissingError HH1801 when the engine needs a gdb, or one was named, and none runs */
export async function selectEngine(options: EngineOptions): Promise<Engine> {
  const { engine = 'auto', oneWrite = false } = options;
  const direct = new DirectEngine({ oneWrite });
  if (engine === 'direct') return direct;
  const program = engine === 'auto' ? await gdbIfAny(options.gdb) : await findGdb(options.gdb);
  const gdb = program && new GdbEngine(program, options.gdbPython ?? true);
  if (engine === 'gdb' && gdb) return gdb;
  return new AutoEngine({ direct, ...(gdb && program ? { gdb, program } : {}) });
}

/** `auto` goes without a gdb, but not without the one that the user named. */
async function gdbIfAny(named: string | undefined): Promise<GdbProgram | undefined> {
  try {
    return await findGdb(named);
  } catch (error) {
    if (named === undefined && error instanceof ToolMissingError) return undefined;
    throw error;
  }
}
