import { type SoakSample, soak } from '../support/soak-capture.js';
import type { AttackOptions, AttackRow } from './attack-row.js';

const EVENTS = 1_000;
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
  const figures = `${last.events} events in ${last.seconds.toFixed(0)} s; ${first.residentMiB.toFixed(0)} MiB after ${first.events}, ${last.residentMiB.toFixed(0)} MiB at the end, at most ${most.toFixed(0)} MiB; ${last.descriptors} descriptors`;
  return { tries: last.events, faults, figures };
}
