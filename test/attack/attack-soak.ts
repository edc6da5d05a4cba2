import { type SoakSample, soak } from '../support/soak-capture.js';
import type { AttackOptions, AttackRow } from './attack-row.js';

const EVENTS = 1_000;
/** Until then what a capture needs is made. */
const SETTLED_SECONDS = 60;
/** From the first tenth on. */
const GROWTH_MIB = 20;

/** A long capture of a simulated target by each engine, as fast as it goes: memory and descriptors stay as they are. */
export async function attackSoak({ scale, limitMs, match }: AttackOptions): Promise<AttackRow[]> {
  const rows: AttackRow[] = [];
  for (const engine of ['direct', 'gdb'] as const) {
    if (match !== undefined && match !== engine) continue;
    const events = EVENTS * scale;
    const samples = await soak({ engine, events, sampleEvery: Math.max(100, events / 50), limitMs });
    rows.push({ attack: `soak (${engine} engine)`, ...verdictOf(samples) });
  }
  return rows;
}

function verdictOf(samples: readonly SoakSample[]): Pick<AttackRow, 'tries' | 'faults' | 'figures'> {
  const last = samples.at(-1);
  const first = samples[Math.floor(samples.length / 10)];
  if (!first || !last) return { tries: 0, faults: ['no sample'], figures: '' };
  const faults: string[] = [];
  const growthMiB = last.residentMiB - first.residentMiB;
  if (growthMiB > GROWTH_MIB)
    faults.push(`${growthMiB.toFixed(0)} MiB more after ${last.events} events than after ${first.events}`);
  if (last.descriptors > first.descriptors) faults.push(`${last.descriptors} descriptors, ${first.descriptors} before`);
  const most = Math.max(...samples.map(({ residentMiB }) => residentMiB));
  const slope = slopeOf(samples.filter(({ seconds }) => seconds >= SETTLED_SECONDS));
  const after = slope === undefined ? '' : `; after the first minute ${slope.toFixed(1)} MiB an hour`;
  const figures = `${last.events} events in ${last.seconds.toFixed(0)} s; ${first.residentMiB.toFixed(0)} MiB after ${first.events}, ${last.residentMiB.toFixed(0)} MiB at the end, at most ${most.toFixed(0)} MiB; ${last.descriptors} descriptors${after}`;
  return { tries: last.events, faults, figures };
}

/** Of the line that lies closest to the samples, in MiB an hour; undefined for less than a minute of them. */
function slopeOf(samples: readonly SoakSample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.seconds - first.seconds < SETTLED_SECONDS) return undefined;
  const mean = (of: (sample: SoakSample) => number) => samples.reduce((sum, it) => sum + of(it), 0) / samples.length;
  const [seconds, resident] = [mean((it) => it.seconds), mean((it) => it.residentMiB)];
  let [both, square] = [0, 0];
  for (const it of samples) {
    both += (it.seconds - seconds) * (it.residentMiB - resident);
    square += (it.seconds - seconds) ** 2;
  }
  return (both / square) * 3600;
}
