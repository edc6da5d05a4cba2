import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ChildAnswer, ChildTask } from './analysis-child.js';
import type { BenchRow } from './bench-row.js';
import { runChild } from './run-child.js';
import { syntheticTrace } from './synthetic-trace.js';
import { writeTraceFile } from './trace-file.js';

const child = (task: ChildTask) => runChild<ChildAnswer>('./analysis-child.js', task, 120_000);

const ANALYSES: readonly ChildTask['analysis'][] = ['tree', 'stats', 'leaks', 'frag-at-event', 'frag-timeline'];

/**
 * Times the analyses on a synthetic trace, each in a process of its own (lifespans included, reading the file not), and
 * the call tree in plain Python on the same file.
 */
export async function analysisBench(events = 5_000_000): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'harvest-bench-'));
  try {
    const path = join(folder, 'trace.bin');
    await write(path, events);
    const rows: BenchRow[] = [];
    let treeMs = 0;
    let liveBytes = 0;
    for (const analysis of ANALYSES) {
      const answer = await child({ analysis, path });
      rows.push({ name: `${analysis}, ${events} events`, value: answer.ms, unit: 'ms' });
      rows.push({ name: `${analysis}, CPU time`, value: answer.cpuMs, unit: 'ms' });
      rows.push({ name: `${analysis}, peak memory`, value: answer.maxRssMb, unit: 'MiB' });
      if (analysis === 'tree') {
        treeMs = answer.cpuMs;
        liveBytes = answer.check;
      }
    }
    const python = await runPython(path);
    if (python.liveBytes !== liveBytes) {
      throw new Error(`call tree: found ${liveBytes} live bytes, the Python implementation ${python.liveBytes}`);
    }
    rows.push({
      ...{ name: 'tree in plain Python, CPU time', value: python.ms, unit: 'ms' },
      ...{ against: 'tree, CPU time', ratio: python.ms / treeMs },
    });
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function write(path: string, events: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const piece of writeTraceFile(syntheticTrace(events))) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

async function runPython(path: string): Promise<{ ms: number; liveBytes: number }> {
  // Compiled code runs in dist/test/bench; the script stays in test/bench.
  const script = fileURLToPath(new URL('../../../test/bench/call-tree.py', import.meta.url));
  const { stdout } = await promisify(execFile)('python3', [script, path], { timeout: 300_000 });
  const [ms = 0, , liveBytes = 0] = stdout.trim().split(' ').map(Number);
  return { ms, liveBytes };
}
