import type { Cell, Database } from './duckdb.js';
import { askFleet, type FleetAnswer } from './questions.js';

/** What a dataset holds, and the answers to the ready questions. */
export interface FleetReport {
  readonly schema: 'heap-harvest/fleet-report@1';
  readonly captures: number;
  readonly notWhole: number;
  readonly events: number;
  readonly boards: number;
  readonly devices: number;
  readonly firmwares: number;
  /** The first and the last moment at which a capture began; null when no trace says. */
  readonly from: string | null;
  readonly to: string | null;
  readonly answers: readonly FleetAnswer[];
}

/** The report of a fleet; regressions are those of the latest build. */
export async function fleetReport(database: Database, options: { readonly top?: number } = {}): Promise<FleetReport> {
  const top = { top: options.top ?? 10 };
  const { rows } =
    await database.query(`SELECT count(*), count(*) FILTER (NOT complete OR doubtful IS NOT NULL), sum(events),
    count(DISTINCT board), count(DISTINCT (board, device)) FILTER (device IS NOT NULL), count(DISTINCT firmware), min(started_at), max(started_at)
    FROM captures`);
  const [row = []] = rows;
  const figure = (index: number) => Number(row[index] ?? 0);
  const answers = [await askFleet(database, 'boards', top), await askFleet(database, 'peaks', top)];
  answers.push(await askFleet(database, 'growth', top));
  const latest = await latestBuild(database);
  if (latest !== undefined) answers.push(await askFleet(database, 'regressions', { ...top, since: latest }));
  answers.push(await askFleet(database, 'leaks', { top: 3 }));
  return {
    schema: 'heap-harvest/fleet-report@1',
    captures: figure(0),
    notWhole: figure(1),
    events: figure(2),
    boards: figure(3),
    devices: figure(4),
    firmwares: figure(5),
    from: moment(row[6]),
    to: moment(row[7]),
    answers,
  };
}

/** Of the builds whose board was seen before with another one that which was first seen last; undefined where there is none. */
async function latestBuild(database: Database): Promise<string | undefined> {
  const { rows } = await database.query(
    `SELECT firmware FROM (
       SELECT c.firmware, min(c.started_at) AS since, min(b.began) AS began FROM captures c
       JOIN (SELECT board, min(started_at) AS began FROM captures GROUP BY board) b ON c.board IS NOT DISTINCT FROM b.board
       WHERE c.firmware IS NOT NULL GROUP BY c.board, c.firmware
     ) WHERE since > began GROUP BY firmware ORDER BY max(since) DESC, firmware LIMIT 1`,
  );
  return rows[0] === undefined ? undefined : String(rows[0][0]);
}

function moment(cell: Cell | undefined): string | null {
  return typeof cell === 'string' ? cell : null;
}
