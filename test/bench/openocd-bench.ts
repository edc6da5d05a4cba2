import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../support/fixture.js';
import type { BenchRow } from './bench-row.js';
import type { OpenocdFigures } from './openocd-child.js';

/**
 * Through a real OpenOCD with a simulated probe: OpenOCD looks at its target every 100 ms unless it is poked.
 *
 * The rate without the poke is OpenOCD's timer and hardly depends on the machine; the rate with it is processor time, which is told beside it: on a
 * machine that is busy, or has one processor, it is less.
 */
export async function openocdBench(): Promise<BenchRow[]> {
  const child = join(projectRoot, 'dist', 'test', 'bench', 'openocd-child.js');
  const { stdout } = await promisify(execFile)(process.execPath, [child]);
  const all = JSON.parse(stdout) as readonly OpenocdFigures[];
  return all.flatMap((each): BenchRow[] => {
    const name = `${each.engine} engine through OpenOCD${each.poke ? ', poked' : ''}`;
    const plain = all.find(({ engine, poke }) => engine === each.engine && !poke);
    const compared =
      each.poke && plain ? { against: 'without the poke', ratio: each.eventsPerSecond / plain.eventsPerSecond } : {};
    return [
      { name, value: each.eventsPerSecond, unit: 'events/s', ...compared },
      { name: `${name}: processor time of all processes`, value: each.processorMsPerEvent, unit: 'ms/event' },
    ];
  });
}
