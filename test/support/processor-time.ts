import { readFileSync } from 'node:fs';
import type { Milliseconds } from '../../lib/base/units.js';

/** A clock tick of /proc, on every Linux. */
const TICK_MS: Milliseconds = 10;

/**
 * User and system time of a process and of its children that have ended (proc_pid_stat(5), fields 14 to 17); undefined for one that is gone, and where
 * there is no /proc.
 */
export function processorMs(pid: number | 'self' | undefined): Milliseconds | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);
}
