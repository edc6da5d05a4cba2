import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Database } from '../../lib/fleet/duckdb.js';
import { fleetAnswerText, fleetReportText } from '../../lib/fleet/fleet-text.js';
import { openDataset } from '../../lib/fleet/open-dataset.js';
import { askFleet, type FleetOptions, type FleetQuestion } from '../../lib/fleet/questions.js';
import { fleetReport } from '../../lib/fleet/report.js';
import { exportDataset } from '../../lib/fleet/write-dataset.js';
import { type TestCapture, writeCaptures } from '../support/fleet-captures.js';
import { tempFolder } from '../support/temp-folder.js';

const HEAP = 'region heap 0x1000 1000 4\n';

/** Build b1 twice, b2 twice, b3 once, of one board; another board; one capture that is incomplete, one that is a snapshot. */
const FLEET = {
  // tls keeps 100, and nothing in the other capture of the build: 50 in the mean. Peak 150.
  a1: {
    board: 'uno',
    build: 'b1',
    day: '2026-01-01',
    events: `${HEAP}alloc 0x1000 100 main > tls\nalloc 0x1100 50 main > tmp\nfree 0x1100 main`,
  },
  a2: { board: 'uno', build: 'b1', day: '2026-01-02', events: `${HEAP}alloc 0x1000 60 main > tmp\nfree 0x1000 main` },
  // 300 and 100: 200.
  b1: { board: 'uno', build: 'b2', day: '2026-01-03', events: `${HEAP}alloc 0x1000 300 main > tls` },
  b2: {
    board: 'uno',
    build: 'b2',
    day: '2026-01-04',
    events: `${HEAP}alloc 0x1000 100 main > tls\nfailed 5000 main > big`,
  },
  c1: { board: 'uno', build: 'b3', day: '2026-01-05', events: `${HEAP}alloc 0x1000 500 main > tls` },
  other: { board: 'due', build: 'b1', day: '2026-01-01', events: `${HEAP}alloc 0x1000 8 main > tls` },
  cut: {
    board: 'uno',
    build: 'b3',
    day: '2026-01-06',
    events: `${HEAP}alloc 0x1000 900 main > tls`,
    info: { complete: false },
  },
  shot: {
    board: 'uno',
    build: 'b3',
    day: '2026-01-06',
    events: `${HEAP}alloc 0x1000 800 main > tls`,
    info: { contents: 'snapshot' },
  },
} as const;

/** The names of functions as frames. */
function withLines(captures: Readonly<Record<string, TestCapture>>): Record<string, TestCapture> {
  const framed = (events: string) => events.replace(/\b(main|tls|tmp|big)\b/g, '$1@m.c:1');
  return Object.fromEntries(
    Object.entries(captures).map(([name, each]) => [name, { ...each, events: framed(each.events) }]),
  );
}

test('questions about a fleet', async (t) => {
  t.timeout(240_000);
  const folder = tempFolder(t);
  const dataset = join(folder, 'fleet');
  await exportDataset(writeCaptures(folder, withLines(FLEET)), dataset, { deviceFrom: 'file' });
  const database: Database = await openDataset(dataset);
  t.teardown(() => database[Symbol.dispose]());
  const ask = async (question: FleetQuestion, options: FleetOptions = {}) => {
    const { rows, notes } = await askFleet(database, question, options);
    return { rows: rows.map((row) => Object.values(row)), notes };
  };
  const at = (day: number) => `2026-01-0${day}T12:00:00Z`;
  const leftOut = [
    '1 of 8 captures are left out: they are no history of events',
    '1 of 8 captures are left out: events are missing',
  ];

  // Means count the captures of a build in which the path has nothing.
  t.deepEqual(await ask('growth', { path: 'tls' }), {
    rows: [
      ['due', 'main > tls', 'b1', at(1), 1, 8, 8, 8, null],
      ['uno', 'main > tls', 'b1', at(1), 2, 50, 100, 50, null],
      ['uno', 'main > tls', 'b2', at(3), 2, 200, 300, 200, 150],
      ['uno', 'main > tls', 'b3', at(5), 1, 500, 500, 500, 300],
    ],
    notes: leftOut,
  });
  t.deepEqual((await ask('growth')).rows, [['uno', 'main > tls', 3, 50, 500, 450]]);

  // Before b2 two captures with 100 and 0; since then three with 300, 100 and 500.
  t.deepEqual((await ask('regressions', { since: 'b2' })).rows, [['uno', 'main > tls', 2, 3, 50, 300, 250]]);

  const peaks = (await ask('peaks')).rows.map(([board, build, , ...figures]) => [board, build, ...figures]);
  t.deepEqual(peaks, [
    ['due', 'b1', 1, 8, 8, 8, 8, 8, 1000],
    ['uno', 'b1', 2, 60, 60, 150, 150, 150, 1000],
    ['uno', 'b2', 2, 100, 100, 300, 300, 300, 1000],
    ['uno', 'b3', 1, 500, 500, 500, 500, 500, 1000],
  ]);

  t.deepEqual((await ask('leaks')).rows, [
    ['due', 'b1', at(1), 'main > tls', 1, 1, 8, 8],
    ['uno', 'b1', at(1), 'main > tls', 2, 1, 50, 100],
    ['uno', 'b2', at(3), 'main > tls', 2, 2, 200, 300],
    ['uno', 'b3', at(5), 'main > tls', 1, 1, 500, 500],
  ]);

  // The one that refused a request first, then by how full the heap was; what is not whole has no peak.
  const boards = (await ask('boards')).rows.map(([, device, , failures, notWhole, percent]) => [
    device,
    failures,
    notWhole,
    percent,
  ]);
  t.deepEqual(boards.slice(0, 3), [
    ['b2', 1, 0, 10],
    ['c1', 0, 0, 50],
    ['b1', 0, 0, 30],
  ]);
  t.deepEqual(
    boards.find(([device]) => device === 'cut'),
    ['cut', 0, 1, null],
  );

  const report = await fleetReport(database);
  t.like(report, { captures: 8, notWhole: 1, boards: 2, devices: 8, firmwares: 3, from: at(1), to: at(6) });
  t.regex(
    fleetReportText(report),
    /^8 captures, 12 events, 2026-01-01 to 2026-01-06\n2 kinds of boards, 8 devices, 3 firmwares\n1 captures are not whole/,
  );
  t.regex(
    fleetAnswerText(await askFleet(database, 'growth')),
    /board +call_path .*\nuno +main > tls +3 +50 +500 +450\nnote: 1 of 8/,
  );

  await t.throwsAsync(ask('growth', { path: 'tlss' }), { code: 'HH2026', message: /did you mean 'tls'/ });
  await t.throwsAsync(ask('growth', { path: "x' OR 1=1 --" }), { code: 'HH2026' });
  await t.throwsAsync(ask('regressions'), { code: 'HH2027', message: /b1, b2, b3/ });
  await t.throwsAsync(ask('regressions', { since: 'b' }), { code: 'HH2027', message: /found 3 builds/ });
  await t.throwsAsync(ask('regressions', { since: 'b1' }), { code: 'HH2027', message: /no earlier capture/ });
});

/** Statements that a query may not be, and files that it may not read. */
const REFUSED = (folder: string): readonly (readonly [code: string, sql: string])[] => [
  ['HH2025', 'SELECT 1; SELECT 2'],
  ['HH2025', ''],
  ['HH2025', 'SET enable_external_access = true'],
  ['HH2025', 'CREATE TABLE x (a INTEGER)'],
  ['HH2025', 'DROP VIEW captures'],
  ['HH2025', `COPY (SELECT 1) TO '${folder}/fleet/x.csv'`],
  ['HH2025', `EXPLAIN ANALYZE COPY (SELECT 1) TO '${folder}/fleet/x.csv'`],
  ['HH2024', `COPY (SELECT 1) TO '${folder}/x.csv'`],
  ['HH2025', `ATTACH '${folder}/x.db'`],
  ['HH2025', "LOAD '/tmp/x.so'"],
  ['HH2024', `SELECT * FROM read_text('${folder}/secret')`],
  ['HH2024', `SELECT * FROM read_text('${folder}/fleet/../secret')`],
  ['HH2024', `FROM glob('${folder}/*')`],
  ['HH2024', "SELECT * FROM read_csv('https://example.invalid/x.csv')"],
  ['HH2024', `SELECT * FROM query('COPY (SELECT 1) TO ''${folder}/x.csv''')`],
  ['HH2024', 'SELECT nope FROM captures'],
];

test('a fleet in which every board has one build only is reported without regressions', async (t) => {
  t.timeout(240_000);
  const folder = tempFolder(t);
  const dataset = join(folder, 'fleet');
  const { a1, other } = FLEET;
  const young = { a1, other: { ...other, build: 'b9', day: '2026-02-01' } };
  await exportDataset(writeCaptures(folder, withLines(young)), dataset);
  using database: Database = await openDataset(dataset);
  const { answers, captures } = await fleetReport(database);
  t.is(captures, 2);
  t.deepEqual(
    answers.map(({ schema }) => schema.replace(/.*fleet-|@1/g, '')),
    ['boards', 'peaks', 'growth', 'leaks'],
  );
});

test('a query reads the dataset and nothing else, and writes nothing unless it may', async (t) => {
  t.timeout(240_000);
  const folder = tempFolder(t);
  const where = join(folder, 'fleet');
  await exportDataset(writeCaptures(folder, withLines({ a: FLEET.a1 })), where);
  writeFileSync(join(folder, 'secret'), 'x');
  const all = async (sql: string, writable: boolean) => {
    const db = await openDataset(where, { writable });
    const rows: unknown[] = [];
    try {
      for await (const piece of db.ask(sql, { writable })) rows.push(...piece.rows);
      return rows;
    } finally {
      db[Symbol.dispose]();
    }
  };
  for (const [code, sql] of REFUSED(folder)) await t.throwsAsync(all(sql, false), { code }, sql);
  t.deepEqual(readdirSync(folder).sort(), ['a.harvest', 'fleet', 'secret']);
  t.false(readdirSync(where, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.csv')));
  t.deepEqual(await all('WITH x AS (SELECT peak_bytes FROM captures) FROM x', false), [[150]]);
  t.deepEqual(
    await all("SELECT 170141183460469231731687303715884105727, 0.5, 'a', NULL, [1, 2], {a: DATE '2026-01-05'}", false),
    [['170141183460469231731687303715884105727', '0.5', 'a', null, [1, 2], { a: '2026-01-05' }]],
  );
  await all(`COPY (SELECT * FROM captures) TO '${folder}/x.csv'`, true);
  t.true(existsSync(join(folder, 'x.csv')));
});
