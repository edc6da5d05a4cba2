import { findGdb } from '../gdb/find-gdb.js';
import type { Engine } from './engine.js';
import { GdbEngine } from './gdb-engine.js';

export const ENGINE_NAMES = ['gdb'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface EngineOptions {
  readonly engine?: EngineName;
  /** The gdb program; default: the first that is found. */
  readonly gdb?: string;
  /** False keeps the gdb engine to MI commands even when gdb has Python. */
  readonly gdbPython?: boolean;
}

/** The engine to capture with. @throws ToolMissingError HH1801 */
export async function selectEngine(options: EngineOptions): Promise<Engine> {
  return new GdbEngine(await findGdb(options.gdb), options.gdbPython ?? true);
}
