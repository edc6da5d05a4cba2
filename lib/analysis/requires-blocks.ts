import { UsageError } from '../errors/errors.js';
import type { Trace } from '../trace/trace.js';

/**
 * A log that only says how full the heap was has no blocks: of none, nothing would be free and the smallest heap would do.
 *
 * @throws UsageError HH2130 for such a trace
 */
export function requireBlocks({ info, levels }: Trace, what: string): void {
  if (info.contents !== 'levels') return;
  const last = levels.at(-1);
  const largest = last?.largestFreeBytes === undefined ? '' : `, the largest free block ${last.largestFreeBytes}`;
  const said = last ? ` (at last ${last.freeBytes} bytes were free${largest})` : '';
  throw new UsageError(
    'HH2130',
    `${what}: ${info.source}: found how full the heap was and no blocks${said}, expected allocations`,
    { remedy: 'use `harvest stats`, which shows how what is free and its largest piece changed' },
  );
}
