import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DirectEngine } from '../../lib/capture/direct/direct-engine.js';
import { GdbEngine } from '../../lib/capture/gdb/gdb-engine.js';
import { findGdb } from '../../lib/link/mi/find-gdb.js';
import { JournalFile } from '../../lib/trace/journal-file.js';
import { endlessTarget } from './endless-target.js';

/** How a capture's process stands after so many events. */
export interface SoakSample {
  readonly events: number;
  readonly seconds: number;
  readonly residentMiB: number;
  readonly descriptors: number;
}

export interface SoakOptions {
  readonly engine: 'direct' | 'gdb';
  readonly events: number;
  readonly sampleEvery: number;
  /** Ended after so long, with the samples up to there. */
  readonly limitMs?: number | undefined;
}

/** A whole capture, into a journal, in a process of its own, of a simulated target in this one: as fast as it goes. */
export async function soak({ engine, events, sampleEvery, limitMs }: SoakOptions): Promise<SoakSample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-soak-'));
  const endless = await endlessTarget(events);
  await using target = await endless.start(engine === 'gdb');
  try {
    const args = [engine, String(target.port), String(events), String(sampleEvery), join(folder, 'capture.harvest')];
    // A small young generation: garbage that was not collected yet is no growth.
    const node = ['--expose-gc', '--max-semi-space-size=2', fileURLToPath(import.meta.url)];
    const child = spawn(process.execPath, [...node, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    return await samplesOf(child, limitMs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function samplesOf(child: ChildProcess, limitMs: number | undefined): Promise<SoakSample[]> {
  let said = '';
  let isOver = false;
  const end = () => {
    isOver = true;
    child.kill('SIGKILL');
  };
  const timer = limitMs === undefined ? undefined : setTimeout(end, limitMs);
  child.stdout?.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  if (code !== 0 && !isOver) throw new Error(`the capture ended with status ${code}`);
  return said
    .slice(0, said.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as SoakSample);
}

function sample(events: number, since: number): SoakSample {
  globalThis.gc?.();
  const [, kib = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const seconds = (performance.now() - since) / 1000;
  return { events, seconds, residentMiB: Number(kib) / 1024, descriptors: readdirSync('/proc/self/fd').length };
}

async function captureHere([engine, port, events, sampleEvery, path]: readonly string[]): Promise<void> {
  const { plan, targetAt } = await endlessTarget(Number(events));
  const journal = new JournalFile(path ?? '');
  const capture = engine === 'gdb' ? new GdbEngine(await findGdb()) : new DirectEngine();
  const since = performance.now();
  let next = Number(sampleEvery);
  for await (const record of capture.harvest(targetAt(Number(port)), plan, new AbortController().signal)) {
    journal.add(record);
    if (journal.builder.eventCount < next) continue;
    process.stdout.write(`${JSON.stringify(sample(next, since))}\n`);
    next += Number(sampleEvery);
  }
  journal.close(true);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await captureHere(process.argv.slice(2));
