import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lispFirmware } from '../support/lisp-firmware.js';
import { CLI } from '../support/run-cli.js';
import type { BenchRow } from './bench-row.js';

/** Peak memory of the harvesting process (not of gdb and QEMU) after 1,000 and after 50,000 events of the same firmware. */
export async function memoryBench(): Promise<BenchRow[]> {
  const elf = lispFirmware({ board: 'mps2-an385', opt: 'Os', variant: 'huge' });
  const folder = mkdtempSync(join(tmpdir(), 'heap-harvest-bench-'));
  const rows: BenchRow[] = [];
  try {
    for (const engine of ['direct', 'gdb']) {
      const few = await peakMiB([elf, '--engine', engine, '--max-events', '1000', '--out', folder]);
      const many = await peakMiB([elf, '--engine', engine, '--max-events', '50000', '--out', folder]);
      rows.push({ name: `${engine} engine, peak memory at 1,000 events`, value: few, unit: 'MiB' });
      rows.push({ name: `${engine} engine, peak memory at 50,000 events`, value: many, unit: 'MiB' });
      rows.push({ name: `${engine} engine, growth (goal: below 50)`, value: many - few, unit: 'MiB' });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

/** The kernel's own high-water mark, read while the process is there. The outputs at the end are not part of the capture. */
async function peakMiB(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [CLI, ...args, '--quiet'], { stdio: 'ignore' });
  let peak = 0;
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const timer = setInterval(() => {
    readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (text) => {
        peak = Math.max(peak, Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024);
      },
      () => undefined,
    );
  }, 50);
  await ended;
  clearInterval(timer);
  return peak;
}
