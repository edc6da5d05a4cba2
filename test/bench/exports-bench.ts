import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TRACE_WRITERS } from '../../lib/formats/export/trace-writers.js';
import { journalBytes } from '../../lib/trace/journal-bytes.js';
import type { BenchRow } from './bench-row.js';
import type { ExportAnswer, ExportTask } from './exports-child.js';
import { runChild } from './run-child.js';
import { syntheticTrace } from './synthetic-trace.js';

const child = (task: ExportTask) => runChild<ExportAnswer>('./exports-child.js', task);

/** Writes a synthetic trace in every format, each in a process of its own that reads it from a journal, as a command does: speed of the writing, and peak memory of the process. */
export async function exportsBench(events = 5_000_000, only = ''): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'harvest-bench-'));
  try {
    const path = join(folder, 'trace.harvest');
    await using file = await open(path, 'w');
    for (const piece of journalBytes(syntheticTrace(events))) await file.writeFile(piece);
    const rows: BenchRow[] = [];
    for (const { id } of TRACE_WRITERS.filter(({ id }) => id.includes(only))) {
      const { bytes, cpuMs, maxRssMb } = await child({ format: id, path });
      rows.push({ name: `write ${id}, ${events} events`, value: events / cpuMs / 1000, unit: 'million events/s' });
      rows.push({ name: `write ${id}`, value: bytes / 1000 / cpuMs, unit: 'MB/s of CPU time' });
      rows.push({ name: `write ${id}, peak memory`, value: maxRssMb, unit: 'MiB' });
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
