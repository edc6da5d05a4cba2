import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../support/fixture.js';
import type { BenchRow } from './bench-row.js';

/**
 * Through a real OpenOCD with a simulated probe: OpenOCD looks at its target every 100 ms unless it is poked.
 *
 * OpenOCD and the probe hand each bit-banged scan to one another, some 260 of them an event. On two processors each hand-over wakes
 * a sleeping one, which costs a virtual machine more than the scan: all run on one, with and without the poke.
 */
export async function openocdBench(): Promise<BenchRow[]> {
  const child = join(projectRoot, 'dist', 'test', 'bench', 'openocd-child.js');
  const { stdout } = await promisify(execFile)('taskset', ['-c', firstProcessor(), process.execPath, child]);
  const rates = JSON.parse(stdout) as readonly (readonly [plain: number, poked: number])[];
  return ['direct', 'gdb'].flatMap((engine, i): BenchRow[] => {
    const [plain = 0, poked = 0] = rates[i] ?? [];
    return [
      { name: `${engine} engine through OpenOCD`, value: plain, unit: 'events/s' },
      {
        name: `${engine} engine through OpenOCD, poked`,
        value: poked,
        unit: 'events/s',
        against: 'without the poke',
        ratio: poked / plain,
      },
    ];
  });
}

/** The first processor that this process may run on. */
function firstProcessor(): string {
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
}
