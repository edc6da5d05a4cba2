import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../support/fixture.js';
import type { BenchRow } from './bench-row.js';
import type { OpenocdFigures } from './openocd-child.js';

/**
 * Through a real OpenOCD with a simulated probe: OpenOCD looks at its target every 100 ms unless it is poked.
 *
 * OpenOCD and the probe hand each packet of scans to one another, some 30 of them an event. On two processors each hand-over wakes a
 * sleeping one, which costs a virtual machine more than the scans: all run on one, with and without the poke. The rate without the
 * poke is OpenOCD's timer and hardly depends on the machine; the rate with it is processor time, which is told beside it.
 */
export async function openocdBench(): Promise<BenchRow[]> {
  const child = join(projectRoot, 'dist', 'test', 'bench', 'openocd-child.js');
  const { stdout } = await promisify(execFile)('taskset', ['-c', firstProcessor(), process.execPath, child]);
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

/** The first processor that this process may run on. */
function firstProcessor(): string {
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
}
