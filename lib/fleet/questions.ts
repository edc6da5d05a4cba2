import { didYouMean } from '../base/did-you-mean.js';
import { UsageError } from '../errors/errors.js';
import type { Answer, Cell, Database } from './duckdb.js';

/** The questions that are ready. */
export const FLEET_QUESTIONS = ['growth', 'boards', 'regressions', 'peaks', 'leaks'] as const;
/** One of {@link FLEET_QUESTIONS}. */
export type FleetQuestion = (typeof FLEET_QUESTIONS)[number];

/** The answer to a ready question: JSON as it is. */
export interface FleetAnswer {
  readonly schema: `heap-harvest/fleet-${FleetQuestion}@1`;
  readonly title: string;
  readonly columns: readonly string[];
  /** Whether a column holds numbers. */
  readonly numeric: readonly boolean[];
  /** By column. */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** What was left out, and why; empty when nothing was. */
  readonly notes: readonly string[];
}

/** What a question is about. */
export interface FleetOptions {
  /** growth: the call paths that hold this text; without it those that grew the most. */
  readonly path?: string;
  /** regressions: the build (or how its name begins) that is compared, with all later ones, to those before it. */
  readonly since?: string;
  /** The most rows; of leaks: for each build. Default 20; leaks 5. */
  readonly top?: number;
}

/** Captures that a figure may be made of: with a whole history, and sound. */
const IS_WHOLE = `contents = 'history' AND complete AND doubtful IS NULL`;
const WHOLE = `whole AS (SELECT * FROM captures WHERE ${IS_WHOLE})`;
/** Builds in the order in which the fleet saw them: a build id has none of its own. */
const BUILDS = `builds AS (SELECT board, firmware, min(started_at) AS first_seen, count(*) AS captures FROM whole GROUP BY ALL)`;
/** What each capture has of a call path; where it has nothing there is no row. */
const HELD = `held AS (SELECT p.board, p.firmware, p.capture, p.call_path, sum(p.live_bytes) AS live, sum(p.total_bytes) AS total
  FROM paths p SEMI JOIN whole USING (capture) GROUP BY ALL)`;
/** Means are over all captures of a build, those without the path too. */
const MEANS = `means AS (SELECT x.board, x.call_path, b.firmware, b.first_seen, b.captures,
    coalesce(s.live, 0) / b.captures AS live_mean, coalesce(s.live_max, 0) AS live_max, coalesce(s.total, 0) / b.captures AS total_mean
  FROM (SELECT DISTINCT board, call_path FROM held) x
  JOIN builds b ON b.board IS NOT DISTINCT FROM x.board
  LEFT JOIN (SELECT board, firmware, call_path, sum(live) AS live, max(live) AS live_max, sum(total) AS total FROM held GROUP BY ALL) s
    ON s.board IS NOT DISTINCT FROM x.board AND s.firmware IS NOT DISTINCT FROM b.firmware AND s.call_path = x.call_path)`;
const bytes = (expression: string, name: string) => `round(${expression}, 1) AS ${name}`;

const PATH_GROWTH = `WITH ${WHOLE}, ${BUILDS}, ${HELD.replace('GROUP BY ALL', 'WHERE contains(p.call_path, $path) GROUP BY ALL')}, ${MEANS}
SELECT board, call_path, firmware, first_seen, captures, ${bytes('live_mean', 'live_bytes_mean')}, live_max AS live_bytes_max,
  ${bytes('total_mean', 'total_bytes_mean')},
  ${bytes('live_mean - lag(live_mean) OVER (PARTITION BY board, call_path ORDER BY first_seen NULLS FIRST, firmware)', 'change_bytes')}
FROM means ORDER BY board, call_path, first_seen NULLS FIRST, firmware LIMIT $top`;

const MOST_GROWN = `WITH ${WHOLE}, ${BUILDS}, ${HELD}, ${MEANS}
SELECT board, call_path, count(*) AS builds, ${bytes('first(live_mean ORDER BY first_seen, firmware)', 'first_build_bytes')},
  ${bytes('last(live_mean ORDER BY first_seen, firmware)', 'last_build_bytes')},
  ${bytes('last(live_mean ORDER BY first_seen, firmware) - first(live_mean ORDER BY first_seen, firmware)', 'growth_bytes')}
FROM means WHERE first_seen IS NOT NULL GROUP BY board, call_path HAVING growth_bytes > 0
ORDER BY growth_bytes DESC, board, call_path LIMIT $top`;

const REGRESSIONS = `WITH ${WHOLE}, ${BUILDS}, ${HELD}, ${MEANS},
  turn AS (SELECT board, min(first_seen) AS since FROM builds WHERE firmware = $since GROUP BY board),
  sides AS (SELECT m.board, m.call_path,
      sum(m.live_mean * m.captures) FILTER (m.first_seen < t.since) / sum(m.captures) FILTER (m.first_seen < t.since) AS before,
      sum(m.live_mean * m.captures) FILTER (m.first_seen >= t.since) / sum(m.captures) FILTER (m.first_seen >= t.since) AS after,
      sum(m.captures) FILTER (m.first_seen < t.since) AS captures_before,
      sum(m.captures) FILTER (m.first_seen >= t.since) AS captures_since
    FROM means m JOIN turn t ON t.board IS NOT DISTINCT FROM m.board GROUP BY ALL)
SELECT board, call_path, captures_before, captures_since, ${bytes('before', 'live_bytes_before')}, ${bytes('after', 'live_bytes_since')},
  ${bytes('after - before', 'growth_bytes')}
FROM sides WHERE after > before ORDER BY after - before DESC, board, call_path LIMIT $top`;

const BOARDS = `SELECT board, device, count(*) AS captures, sum(failures) AS failures,
  count(*) FILTER (NOT complete OR doubtful IS NOT NULL) AS not_whole,
  round(100 * max(peak_bytes / heap_bytes) FILTER (${IS_WHOLE}), 1) AS peak_percent_of_heap,
  max(peak_bytes) FILTER (${IS_WHOLE}) AS peak_bytes_max,
  ${bytes(`avg(live_bytes) FILTER (${IS_WHOLE})`, 'live_bytes_mean')}, max(started_at) AS last_seen
FROM captures GROUP BY board, device
ORDER BY failures DESC, peak_percent_of_heap DESC NULLS LAST, peak_bytes_max DESC NULLS LAST, board, device LIMIT $top`;

const PEAKS = `WITH ${WHOLE}
SELECT board, firmware, min(started_at) AS first_seen, count(*) AS captures, min(peak_bytes) AS peak_min,
  quantile_disc(peak_bytes, 0.5) AS peak_median, quantile_disc(peak_bytes, 0.9) AS peak_p90, quantile_disc(peak_bytes, 0.99) AS peak_p99,
  max(peak_bytes) AS peak_max, max(heap_bytes) AS heap_bytes
FROM whole GROUP BY board, firmware ORDER BY board, first_seen NULLS FIRST, firmware LIMIT $top`;

const LEAKS = `WITH ${WHOLE}, ${BUILDS}, ${HELD}
SELECT h.board, h.firmware, b.first_seen, h.call_path, b.captures, count(*) AS captures_with,
  ${bytes('sum(h.live) / b.captures', 'live_bytes_mean')}, max(h.live) AS live_bytes_max
FROM held h JOIN builds b ON b.board IS NOT DISTINCT FROM h.board AND b.firmware IS NOT DISTINCT FROM h.firmware
WHERE h.live > 0 GROUP BY h.board, h.firmware, b.first_seen, b.captures, h.call_path
QUALIFY row_number() OVER (PARTITION BY h.board, h.firmware ORDER BY sum(h.live) DESC, h.call_path) <= $top
ORDER BY h.board, b.first_seen NULLS FIRST, h.firmware, live_bytes_mean DESC, h.call_path`;

/** Asks a ready question. @throws UsageError HH2026, HH2027 */
export async function askFleet(
  database: Database,
  question: FleetQuestion,
  options: FleetOptions = {},
): Promise<FleetAnswer> {
  const top = options.top ?? (question === 'leaks' ? 5 : 20);
  const notes = await notesOf(database, question);
  const answer = (title: string, found: Answer): FleetAnswer => ({
    schema: `heap-harvest/fleet-${question}@1`,
    title,
    columns: found.columns,
    numeric: found.numeric,
    rows: found.rows.map((row) => Object.fromEntries(found.columns.map((name, i) => [name, row[i] ?? null]))),
    notes:
      found.rows.length === top && question !== 'leaks'
        ? [...notes, `the first ${top} rows; options.top shows more`]
        : notes,
  });
  switch (question) {
    case 'growth': {
      if (options.path === undefined)
        return answer(
          'what is alive at the end, from the first build to the last: most grown',
          await database.query(MOST_GROWN, { top }),
        );
      const found = await database.query(PATH_GROWTH, { path: options.path, top });
      if (found.rows.length === 0) throw await noSuchPath(database, options.path);
      return answer('what a path holds at the end, build by build', found);
    }
    case 'regressions': {
      const since = await buildNamed(database, options.since);
      return answer(
        `what is alive at the end: since ${since} against before`,
        await database.query(REGRESSIONS, { since, top }),
      );
    }
    case 'boards':
      return answer(
        'boards, worst first: refused requests, then the fullest heap',
        await database.query(BOARDS, { top }),
      );
    case 'peaks':
      return answer('the most that was alive at one moment, by build', await database.query(PEAKS, { top }));
    case 'leaks':
      return answer('what is alive at the end, by build and path', await database.query(LEAKS, { top }));
  }
}

/** What the figures count twice, and what they do not count, so that they do not look like all. */
async function notesOf(database: Database, question: FleetQuestion): Promise<string[]> {
  const { rows } = await database.query(
    `SELECT count(*), count(*) FILTER (contents <> 'history'), count(*) FILTER (contents = 'history' AND NOT complete),
      count(*) FILTER (contents = 'history' AND complete AND doubtful IS NOT NULL), count(*) FILTER (started_at IS NULL),
      count(*) - count(DISTINCT capture) FROM captures`,
  );
  const [all = 0, others = 0, incomplete = 0, doubtful = 0, undated = 0, twice = 0] = (rows[0] ?? []).map(Number);
  const notes: string[] = [];
  if (twice > 0)
    notes.push(
      `${twice} captures are there twice (two writers at once): figures count them twice; export them into a new dataset`,
    );
  // The boards' have what is left out in columns of their own.
  if (question === 'boards') return notes;
  const say = (count: number, what: string) => {
    if (count > 0) notes.push(`${count} of ${all} captures ${what}`);
  };
  say(others, 'are left out: they are no history of events');
  say(incomplete, 'are left out: events are missing');
  say(doubtful, 'are left out: their events contradict each other');
  say(undated, 'have no date: their builds stand first, in no order of time');
  return notes;
}

async function noSuchPath(database: Database, path: string): Promise<UsageError> {
  const { rows } = await database.query(
    'SELECT DISTINCT "function" FROM paths WHERE "function" IS NOT NULL LIMIT 20000',
  );
  const meant = didYouMean(
    path,
    rows.map(([name]) => String(name)),
  );
  return new UsageError('HH2026', `options.path ${path}: found in no call path${meant}`, {
    remedy: '`harvest fleet growth DIR` without options.path shows the paths that grew',
  });
}

/** The whole name of a build. */
async function buildNamed(database: Database, name: string | undefined): Promise<string> {
  const { rows } = await database.query(
    'SELECT firmware, min(started_at) FROM captures WHERE firmware IS NOT NULL GROUP BY firmware ORDER BY min(started_at)',
  );
  const all = rows.map(([firmware]) => String(firmware));
  if (name === undefined)
    throw new UsageError(
      'HH2027',
      `harvest fleet regressions: found no options.since, expected one of ${shortList(all)}`,
    );
  const found = all.includes(name) ? [name] : all.filter((each) => each.startsWith(name));
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new UsageError(
      'HH2027',
      `options.since ${name}: found ${found.length} builds, expected one of ${shortList(found.length > 1 ? found : all)}${didYouMean(name, all)}`,
    );
  const earlier = await database.query(
    `SELECT count(*) FROM captures c JOIN (SELECT board, min(started_at) AS since FROM captures WHERE firmware = $since GROUP BY board) t
      ON c.board IS NOT DISTINCT FROM t.board AND c.started_at < t.since`,
    { since: only },
  );
  if (Number(earlier.rows[0]?.[0] ?? 0) === 0)
    throw new UsageError(
      'HH2027',
      `options.since ${name}: found no earlier capture of its board, expected something to compare with`,
    );
  return only;
}

function shortList(names: readonly string[]): string {
  return names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} others`;
}
