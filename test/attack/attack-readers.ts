import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { FuzzResult } from '../fuzz/fuzz-readers.js';
import { processorMs } from '../support/processor-time.js';
import { type AttackOptions, type AttackRow, stopwatch } from './attack-row.js';

const INPUTS = 1_000;
/** Of one process; so many seeds are tried. */
const PIECE = 10_000;
/** A reader of kilobytes that had the processor for so long and says nothing hangs; on a busy machine that is many times as long by the clock. */
const HANGS_MS = 60_000;
/** It does not work at all: it waits for something. */
const WAITS_MS = 3_600_000;
const LOOK_MS = 10_000;
const GOAL_MS = 1_000;
const HEAP_MIB = 256;
const WORKER = fileURLToPath(new URL('../fuzz/fuzz-worker.js', import.meta.url));

/** Mutated inputs for every reader, in processes that may crash, hang or be out of memory. */
export async function attackReaders(options: AttackOptions): Promise<AttackRow> {
  const { seed, scale } = options;
  const inTime = stopwatch(options);
  const total = INPUTS * scale;
  const pieces = Array.from({ length: Math.ceil(total / PIECE) }, (_, i) => ({
    seed: seed + i,
    inputs: Math.min(PIECE, total - i * PIECE),
  })).reverse();
  const sum = { inputs: 0, errors: 0, slowestMs: 0, mostBytes: 0 };
  const faults: string[] = [];
  const work = async () => {
    for (let piece = pieces.pop(); piece && inTime(); piece = pieces.pop()) {
      const { result, fault } = await fuzzed(piece.inputs, piece.seed);
      if (fault !== undefined) faults.push(fault);
      if (!result) continue;
      sum.inputs += result.inputs;
      sum.errors += result.errors;
      sum.slowestMs = Math.max(sum.slowestMs, result.slowestMs);
      sum.mostBytes = Math.max(sum.mostBytes, result.mostBytes);
      faults.push(...result.greedy);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  const late = sum.slowestMs > GOAL_MS ? [`one input took ${Math.round(sum.slowestMs)} ms`] : [];
  const figures = `${sum.errors} refused, the rest read; slowest ${sum.slowestMs.toFixed(0)} ms; at most ${Math.ceil(sum.mostBytes / 2 ** 20)} MiB more for one input`;
  return { attack: 'mutated inputs over all readers', tries: sum.inputs, faults, late, figures };
}

function fuzzed(inputs: number, seed: number): Promise<{ readonly result?: FuzzResult; readonly fault?: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MIB}`, WORKER, String(inputs), String(seed)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [said, errors, hangs] = ['', '', false];
    let last = { at: Date.now(), cpu: 0 };
    const look = setInterval(() => {
      const cpu = processorMs(child.pid) ?? 0;
      if (cpu - last.cpu < HANGS_MS && Date.now() - last.at < WAITS_MS) return;
      hangs = true;
      child.kill('SIGKILL');
    }, LOOK_MS);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      last = { at: Date.now(), cpu: processorMs(child.pid) ?? 0 };
      said = (said + text).slice(-1_000_000);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-20_000);
    });
    child.once('close', (status, signal) => {
      clearInterval(look);
      const lines = said.trim().split('\n');
      if (status === 0) return resolve({ result: JSON.parse(lines.at(-1) ?? '') as FuzzResult });
      const how = hangs
        ? `hangs: ${HANGS_MS / 1000} s of processor time for one step`
        : `ended with ${signal ?? status}: ${errors}`;
      resolve({ fault: `seed ${seed}, behind input ${lines.at(-1) ?? 0}: ${how}` });
    });
  });
}
