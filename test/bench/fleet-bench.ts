import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchRow } from './bench-row.js';
import type { FleetAnswerTimes, FleetTask } from './fleet-child.js';
import { writeFleet } from './fleet-traces.js';
import { runChild } from './run-child.js';

const child = (task: FleetTask) => runChild<FleetAnswerTimes>('./fleet-child.js', task);

/** A generated fleet: the import of its captures, and each ready question, with the peak memory of the process that did it. */
export async function fleetBench(captures = 2000, events = 5000): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'harvest-bench-'));
  try {
    const paths = await writeFleet(join(folder, 'inbox'), captures, events);
    const dataset = join(folder, 'fleet');
    const written = await child({ dataset, paths });
    const asked = await child({ dataset, paths: [] });
    const bytes = await sizeOf(dataset);
    const rows: BenchRow[] = [];
    for (const [what, seconds] of Object.entries(written.seconds))
      rows.push({ name: `${what}, ${captures} captures of ${events} events`, value: seconds, unit: 's of CPU' });
    rows.push({ name: 'import, peak memory', value: written.maxRssMb, unit: 'MiB' });
    rows.push({ name: 'dataset', value: bytes / (captures * events), unit: 'bytes an event' });
    for (const [what, seconds] of Object.entries(asked.seconds))
      rows.push({ name: what, value: seconds, unit: 's of CPU' });
    rows.push({ name: 'questions, peak memory', value: asked.maxRssMb, unit: 'MiB' });
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sizeOf(folder: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(folder, { recursive: true })) {
    const found = await stat(join(folder, name));
    if (found.isFile()) sum += found.size;
  }
  return sum;
}
