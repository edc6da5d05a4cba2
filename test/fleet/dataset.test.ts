import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DATASET_TABLES } from '../../lib/fleet/dataset-layout.js';
import { DATASET_COLUMNS } from '../../lib/fleet/dataset-tables.js';
import { openDataset } from '../../lib/fleet/open-dataset.js';
import { exportDataset } from '../../lib/fleet/write-dataset.js';
import { writeCaptures } from '../support/fleet-captures.js';
import { tempFolder } from '../support/temp-folder.js';

const EVENTS = `
  region heap 0x1000 4096 16
  alloc 0x1000 32 main@m.c:1 > net@n.c:10 > gc_alloc@gc.c:5
  alloc 0x1040 16 main@m.c:1 > net@n.c:11
  free 0x1000 main@m.c:2
  realloc 0x1040 -> 0x1080 64 main@m.c:1 > net@n.c:12
  failed 9999 main@m.c:3
`;

/** The Parquet files of a table in a folder, read by a reader that shares nothing with their writer. */
async function secondReader(folder: string, table: string) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith(`${table}.parquet`),
  );
  const rows: Record<string, unknown>[] = [];
  for (const name of files.sort()) {
    const file = await asyncBufferFromFile(join(folder, name));
    for (const row of await parquetReadObjects({ file, compressors })) rows.push(plain(row) as Record<string, unknown>);
  }
  return rows;
}

/** Big integers as numbers, dates as text, so that both readers' values compare. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return value ?? null;
}

async function rowsOf(folder: string, sql: string): Promise<unknown[][]> {
  const database = await openDataset(folder);
  try {
    return (await database.query(sql)).rows.map((row) => [...row]);
  } finally {
    database[Symbol.dispose]();
  }
}

async function oneCapture(t: ExecutionContext) {
  const folder = tempFolder(t);
  const paths = writeCaptures(folder, { a: { board: 'uno', build: 'b1', day: '2026-01-05', events: EVENTS } });
  const dataset = join(folder, 'fleet');
  const report = await exportDataset(paths, dataset, { device: 'd7' });
  return { paths, dataset, report };
}

test('a capture becomes rows of four tables, worked out by hand', async (t) => {
  const { dataset, report } = await oneCapture(t);
  t.like(report, { added: 1, alreadyThere: 0, events: 5, allocations: 3, notWhole: 0, failed: [] });
  t.deepEqual(
    await rowsOf(dataset, 'SELECT board, firmware, date, device, file, elf, started_at, complete FROM captures'),
    [['uno', 'b1', '2026-01-05', 'd7', 'a.harvest', 'fw.elf', '2026-01-05T12:00:00Z', true]],
  );
  // At most 32 + 16, then 16 + 64 while the block moves: 64.
  t.deepEqual(
    await rowsOf(
      dataset,
      'SELECT events, allocations, frees, failures, total_bytes, peak_bytes, live_bytes, heap_bytes FROM captures',
    ),
    [[5, 3, 1, 1, 112, 64, 64, 4096]],
  );
  t.deepEqual(
    await rowsOf(dataset, 'SELECT seq, kind, address, size_bytes, from_address, at_us FROM events ORDER BY seq'),
    [
      [0, 'alloc', 0x1000, 32, null, null],
      [1, 'alloc', 0x1040, 16, null, null],
      [2, 'free', 0x1000, null, null, null],
      [3, 'realloc', 0x1080, 64, 0x1040, null],
      [4, 'failed', null, 9999, null, null],
    ],
  );
  t.deepEqual(
    await rowsOf(dataset, 'SELECT allocation, size_bytes, start_seq, end_seq, ended_by FROM allocations ORDER BY 1'),
    [
      [0, 32, 0, 2, 'free'],
      [1, 16, 1, 3, 'realloc'],
      [2, 64, 3, null, 'alive'],
    ],
  );
  t.deepEqual(
    await rowsOf(
      dataset,
      `SELECT call_path, "function", file, line, allocations, total_bytes, live_bytes, frames FROM paths WHERE allocations > 0 ORDER BY line`,
    ),
    [
      ['main > net', 'net', 'n.c', 10, 1, 32, 0, frames(10)],
      ['main > net', 'net', 'n.c', 11, 1, 16, 0, frames(11)],
      ['main > net', 'net', 'n.c', 12, 1, 64, 64, frames(12)],
    ],
  );
  t.deepEqual(
    await rowsOf(dataset, 'SELECT e.seq, p.line FROM events e JOIN paths p USING (capture, path) ORDER BY 1'),
    [
      [0, 10],
      [1, 11],
      [2, 2],
      [3, 12],
      [4, 3],
    ],
  );
});

const frames = (line: number) => [
  { function: 'net', file: 'n.c', line },
  { function: 'main', file: 'm.c', line: 1 },
];

test('a second reader finds the same rows, in Zstandard, with dictionaries and the version of the schema', async (t) => {
  const folder = tempFolder(t);
  const many = Array.from({ length: 400 }, (_, i) => `alloc ${0x2000 + i * 16} 16 main@m.c:1`).join('\n');
  const dataset = join(folder, 'fleet');
  const info = { board: 'uno', build: 'b1', day: '2026-01-05' };
  await exportDataset(
    writeCaptures(folder, { a: { ...info, events: EVENTS + many }, b: { ...info, events: EVENTS } }),
    dataset,
  );
  for (const table of DATASET_TABLES) {
    const names = DATASET_COLUMNS[table].map(({ name }) => name);
    const order = names.slice(0, 2).map((name) => `"${name}"`);
    const ours = await rowsOf(
      dataset,
      `SELECT ${names.map((name) => `"${name}"`)} FROM ${table} ${table === 'captures' ? 'ORDER BY 1' : `ORDER BY ${order}`}`,
    );
    const inOrder = (a: Record<string, unknown>, b: Record<string, unknown>) =>
      String(a.capture) < String(b.capture) ? -1 : String(a.capture) > String(b.capture) ? 1 : 0;
    // In a part rows stand as they were captured.
    const theirs = (await secondReader(dataset, table)).sort(inOrder).map((row) => names.map((name) => row[name]));
    const dated = JSON.stringify(theirs).replaceAll('.000Z', 'Z');
    t.is(dated, JSON.stringify(ours), table);
  }
  const name = readdirSync(dataset, { recursive: true, encoding: 'utf8' }).find((file) =>
    file.endsWith('events.parquet'),
  );
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(join(dataset, name ?? '')));
  t.deepEqual(
    [...new Set(metadata.row_groups.flatMap(({ columns }) => columns.map((each) => each.meta_data?.codec)))],
    ['ZSTD'],
  );
  const kind = metadata.row_groups[0]?.columns.find((each) => each.meta_data?.path_in_schema[0] === 'kind');
  t.true(
    kind?.meta_data?.encodings.some((each) => /DICTIONARY/.test(each)),
    'kinds are a dictionary',
  );
  t.is(metadata.key_value_metadata?.find(({ key }) => key === 'schema')?.value, 'heap-harvest/dataset@1');
});

test('names of boards, builds, files and functions that are SQL, paths or controls stay within the folder and come back as they are', async (t) => {
  const folder = tempFolder(t);
  const hostile = [
    "../../x'; DROP VIEW captures; --",
    'a/b\\c',
    'line\nbreak\t"q"',
    '..',
    '%2E%2E',
    'ünïcödé💥',
    '*?[x]',
    '__proto__',
  ];
  const names = hostile.map((_, i) => `t${i}`);
  const captures = Object.fromEntries(
    hostile.map((name, i) => [
      names[i] ?? '',
      {
        board: name,
        build: `${name}${i}`,
        day: '2026-01-05',
        events: 'alloc 0x1000 16 main@m.c:1',
        info: { endReason: name, allocator: `${name}\u202e` },
      },
    ]),
  );
  const dataset = join(folder, "it's [a] *dataset?");
  const report = await exportDataset(writeCaptures(folder, captures), dataset, { device: "d'\n7" });
  t.deepEqual(report.failed, []);
  t.deepEqual(readdirSync(folder).sort(), [...names.map((name) => `${name}.harvest`), "it's [a] *dataset?"].sort());
  t.deepEqual(
    readdirSync(dataset).filter((name) => !name.startsWith('board=')),
    ['dataset.json'],
  );
  const rows = await rowsOf(
    dataset,
    'SELECT board, firmware, end_reason, allocator, device FROM captures ORDER BY file',
  );
  t.deepEqual(
    rows,
    hostile.map((name, i) => [name, `${name}${i}`, name, `${name}\u202e`, "d'\n7"]),
  );
});

test('the same capture is added once, whatever it is called', async (t) => {
  const { paths, dataset } = await oneCapture(t);
  const [path = ''] = paths;
  const again = await exportDataset([path, path], dataset, { device: 'other' });
  t.like(again, { added: 0, alreadyThere: 2, events: 0, parts: [] });
  t.deepEqual(await rowsOf(dataset, 'SELECT device FROM captures'), [['d7']]);
});

test('files that cannot be read are named, and keep no other out; alone they are the error', async (t) => {
  const folder = tempFolder(t);
  const [good = ''] = writeCaptures(folder, { a: { events: EVENTS } });
  const bad = join(folder, 'bad.harvest');
  writeFileSync(bad, 'nothing of a heap');
  const dataset = join(folder, 'fleet');
  const report = await exportDataset([bad, good, join(folder, 'nosuch')], dataset);
  t.is(report.added, 1);
  t.deepEqual(
    report.failed.map(({ file }) => file),
    [bad, join(folder, 'nosuch')],
  );
  await t.throwsAsync(exportDataset([join(folder, 'nosuch')], dataset), { code: 'HH1105' });
});

test('an incomplete capture is marked as such, and what it does not say is NULL', async (t) => {
  const folder = tempFolder(t);
  const paths = writeCaptures(folder, { a: { events: 'gap 3 overflow\nalloc 0x1000 16', info: { complete: false } } });
  const dataset = join(folder, 'fleet');
  t.is((await exportDataset(paths, dataset)).notWhole, 1);
  t.deepEqual(
    await rowsOf(dataset, 'SELECT board, firmware, date, started_at, complete, gaps, heap_bytes FROM captures'),
    [[null, null, null, null, false, 1, null]],
  );
  t.deepEqual(await rowsOf(dataset, 'SELECT path FROM events'), [[null]]);
});

test('a folder of other files, or a dataset of another version, is refused and left as it was', async (t) => {
  const folder = tempFolder(t);
  const [path = ''] = writeCaptures(folder, { a: { events: EVENTS } });
  await t.throwsAsync(exportDataset([path], folder), { code: 'HH2021', message: /other files/ });
  t.deepEqual(readdirSync(folder), ['a.harvest']);
  const other = tempFolder(t);
  writeFileSync(join(other, 'dataset.json'), '{"schema":"heap-harvest/dataset@9"}');
  await t.throwsAsync(exportDataset([path], other), { code: 'HH2021', message: /dataset@9/ });
  await t.throwsAsync(openDataset(other), { code: 'HH2021' });
  await t.throwsAsync(openDataset(folder), { code: 'HH2021', message: /no dataset/ });
});
