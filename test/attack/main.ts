import { attackJournal, attackPackets } from './attack-bytes.js';
import { attackCaptures } from './attack-captures.js';
import { attackJournalWriter } from './attack-journal-writer.js';
import { attackMemory } from './attack-memory.js';
import { attackOpenocd } from './attack-openocd.js';
import { attackProxy } from './attack-proxy.js';
import { attackReaders } from './attack-readers.js';
import { attackResets } from './attack-resets.js';
import { type AttackOptions, type AttackRow, tableOf } from './attack-row.js';
import { attackSerial } from './attack-serial.js';
import { attackSoak } from './attack-soak.js';

/*
 * Attacks on captures and readers, from a seed:
 *
 *   npm run attack -- --scale 100 --seed 1 --only captures,packets
 *
 *   npm run attack -- --only captures --match 'harvest: SIGKILL'
 *   npm run attack -- --only readers --scale 1000 --limit 150
 *
 * After --limit seconds in an attack no new try is begun, after Ctrl-C in none: the table says how many there were. With --jobs so many tries are under way at once. Scale 1 is
 * seconds (the tests run it), 10 is minutes, 1000 is a night. Prints the table of docs/reliability.md.
 */

const ATTACKS: Readonly<
  Record<string, (options: AttackOptions) => AttackRow | AttackRow[] | Promise<AttackRow | AttackRow[]>>
> = {
  journal: attackJournal,
  writer: attackJournalWriter,
  readers: attackReaders,
  serial: attackSerial,
  packets: attackPackets,
  proxy: attackProxy,
  captures: attackCaptures,
  openocd: attackOpenocd,
  resets: attackResets,
  memory: attackMemory,
  soak: attackSoak,
};

const USAGE = `npm run attack -- [--only A,B] [--match TEXT] [--scale N] [--seed S] [--limit SECONDS] [--jobs N]
attacks: ${Object.keys(ATTACKS).join(', ')}
`;
if (process.argv.includes('--help')) {
  process.stdout.write(USAGE);
  process.exit();
}

const argument = (name: string) => process.argv[process.argv.indexOf(name) + 1 || process.argv.length];
const match = argument('--match');
const limit = argument('--limit');
const jobs = argument('--jobs');
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
const options: AttackOptions = {
  signal: stopping.signal,
  seed: Number(argument('--seed') ?? 1),
  scale: Math.max(1, Number(argument('--scale') ?? 10)),
  ...(match === undefined ? {} : { match }),
  ...(limit === undefined ? {} : { limitMs: Number(limit) * 1000 }),
  ...(jobs === undefined ? {} : { jobs: Math.max(1, Number(jobs)) }),
};
const only = argument('--only')?.split(',') ?? Object.keys(ATTACKS);
const rows: AttackRow[] = [];
for (const name of only) {
  const attack = ATTACKS[name];
  if (!attack) throw new Error(`--only ${name}: expected one of these: ${USAGE}`);
  if (stopping.signal.aborted) break;
  const found = [await attack(options)].flat();
  rows.push(...found);
  for (const { attack: title, faults, late = [] } of found) {
    for (const fault of [...faults, ...late]) process.stderr.write(`${title}: ${fault}\n`);
  }
}
process.stdout.write(`seed ${options.seed}, scale ${options.scale}\n\n${tableOf(rows)}\n`);
process.exitCode = rows.some(({ faults }) => faults.length > 0) ? 1 : 0;
