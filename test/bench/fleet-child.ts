import { openDataset } from '../../lib/fleet/open-dataset.js';
import { askFleet, FLEET_QUESTIONS } from '../../lib/fleet/questions.js';
import { fleetReport } from '../../lib/fleet/report.js';
import { exportDataset } from '../../lib/fleet/write-dataset.js';

/** The process that imports a fleet, or asks it, so that its peak memory is its own. */
export interface FleetTask {
  readonly dataset: string;
  /** Empty: the dataset is there, and asked. */
  readonly paths: readonly string[];
}
export interface FleetAnswerTimes {
  /** By what was done: processor time, of all threads together. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly maxRssMb: number;
}

process.once('message', async (message) => {
  const { dataset, paths } = message as FleetTask;
  const seconds: Record<string, number> = {};
  const timed = async (what: string, work: () => Promise<unknown>) => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    seconds[what] = (user + system) / 1e6;
  };
  if (paths.length > 0) await timed('import', () => exportDataset(paths, dataset, { deviceFrom: 'folder' }));
  else await ask(dataset, timed);
  const answer: FleetAnswerTimes = {
    seconds,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
  };
  process.send?.(answer, () => process.disconnect());
});

async function ask(
  dataset: string,
  timed: (what: string, work: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const options = { growth: {}, boards: {}, regressions: { since: '5'.padStart(40, 'b') }, peaks: {}, leaks: {} };
  for (const question of FLEET_QUESTIONS)
    await timed(`fleet ${question}`, async () => {
      using database = await openDataset(dataset);
      await askFleet(database, question, options[question]);
    });
  await timed('fleet growth --path', async () => {
    using database = await openDataset(dataset);
    await askFleet(database, 'growth', { path: 'task_7' });
  });
  await timed('fleet report', async () => {
    using database = await openDataset(dataset);
    await fleetReport(database);
  });
}
