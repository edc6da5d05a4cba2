import { type SoakSample, soak } from '../support/soak-capture.js';
import type { BenchRow } from './bench-row.js';
import { runChild } from './run-child.js';
import type { SinkAnswer, SinkTask } from './sink-child.js';

/** gdb itself is slow: it gets as many events as take some minutes. */
const EVENTS = { direct: 1_000_000, gdb: 200_000 } as const;
const FIRST = 100_000;

/**
 * How the memory of a capturing process (not of gdb) grows from 100,000 events on, with its journal, on a simulated target that is as fast
 * as it is asked. `npm run bench -- memory`; HARVEST_BENCH_EVENTS bounds the events where time is short.
 */
export async function memoryBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [...(await sinkRows())];
  for (const engine of ['direct', 'gdb'] as const) {
    const most = Number(process.env.HARVEST_BENCH_EVENTS ?? EVENTS[engine]);
    const events = Math.min(EVENTS[engine], most);
    const first = Math.min(FIRST, events / 10);
    const samples = await soak({ engine, events, sampleEvery: first });
    rows.push(...rowsOf(engine, samples));
  }
  return rows;
}

/** What both engines write into, without a target: all of a million events in seconds. */
async function sinkRows(): Promise<BenchRow[]> {
  const task: SinkTask = { first: FIRST, events: FIRST * 10 };
  const { firstMiB, lastMiB } = await runChild<SinkAnswer>('./sink-child.js', task);
  const name = (text: string) => `journal and live heap, ${text}`;
  return [
    { name: name(`memory at ${task.first} events`), value: firstMiB, unit: 'MiB' },
    { name: name(`memory at ${task.events} events`), value: lastMiB, unit: 'MiB' },
    { name: name('growth (goal: below 20)'), value: lastMiB - firstMiB, unit: 'MiB' },
  ];
}

function rowsOf(engine: string, samples: readonly SoakSample[]): BenchRow[] {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last) throw new Error(`${engine} engine: no events`);
  const name = (text: string) => `${engine} engine, ${text}`;
  return [
    { name: name(`memory at ${first.events} events`), value: first.residentMiB, unit: 'MiB' },
    { name: name(`memory at ${last.events} events`), value: last.residentMiB, unit: 'MiB' },
    { name: name('growth (goal: below 20)'), value: last.residentMiB - first.residentMiB, unit: 'MiB' },
    { name: name('descriptors more (goal: 0)'), value: last.descriptors - first.descriptors, unit: '' },
    { name: name('slope after the first minute (goal: below 5)'), value: slopeOf(samples), unit: 'MiB/h' },
    { name: name('events a second'), value: last.events / last.seconds, unit: '1/s' },
  ];
}

/** Of a straight line through the samples from the first minute on; of all where there are too few. */
export function slopeOf(samples: readonly SoakSample[]): number {
  const late = samples.filter(({ seconds }) => seconds >= 60);
  const used = late.length >= 3 ? late : samples;
  const mean = (of: (sample: SoakSample) => number) => used.reduce((sum, each) => sum + of(each), 0) / used.length;
  const [hours, memory] = [mean(({ seconds }) => seconds / 3600), mean(({ residentMiB }) => residentMiB)];
  let [covariance, variance] = [0, 0];
  for (const { seconds, residentMiB } of used) {
    covariance += (seconds / 3600 - hours) * (residentMiB - memory);
    variance += (seconds / 3600 - hours) ** 2;
  }
  return variance === 0 ? 0 : covariance / variance;
}
