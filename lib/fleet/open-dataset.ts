import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readWhole } from '../base/read-file.js';
import { errorMessage, UsageError } from '../errors/errors.js';
import { DATASET_FILE, DATASET_SCHEMA, DATASET_TABLES, type DatasetTable, partPattern } from './dataset-layout.js';
import { type Database, openDuckDb, sqlText } from './duckdb.js';

/** @throws UsageError HH2021 for what is no dataset of this version */
export async function checkDataset(folder: string): Promise<void> {
  const file = join(folder, DATASET_FILE);
  let schema: unknown;
  try {
    ({ schema } = JSON.parse((await readWhole(file, 65_536)).toString('utf8')));
  } catch (cause) {
    throw new UsageError('HH2021', `${folder}: found no dataset: ${errorMessage(cause)}`, {
      cause,
      remedy: '`harvest export capture.harvest --format parquet --dataset DIR` makes one',
    });
  }
  if (schema !== DATASET_SCHEMA)
    throw new UsageError('HH2021', `${file}: found ${JSON.stringify(schema)}, expected ${DATASET_SCHEMA}`, {
      remedy: 'a dataset of another version is made anew from its captures',
    });
}

/** Opens a dataset for questions: its tables are views. @throws ToolMissingError HH2020, UsageError HH2021, HH2023 */
export async function openDataset(folder: string, options: { readonly writable?: boolean } = {}): Promise<Database> {
  await checkDataset(folder);
  const database = await openDuckDb();
  try {
    if (!(await hasParts(folder)))
      throw new UsageError('HH2023', `${folder}: found a dataset without captures, expected at least one`, {
        remedy: '`harvest export capture.harvest --format parquet --dataset DIR` adds some',
      });
    for (const table of DATASET_TABLES) await database.run(`CREATE VIEW ${table} AS ${tableSql(folder, table)}`);
    // The answers are the dataset's: a query reads nothing else of this computer, and nothing of any other.
    if (options.writable !== true)
      await database.run(
        `SET allowed_directories = [${[rootOf(folder), patternRoot(folder)].map((path) => sqlText(`${path}/`)).join()}]; SET enable_external_access = false; SET lock_configuration = true`,
      );
    return database;
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}

/** The ids of the captures that a dataset has. */
export async function captureIdsOf(database: Database, folder: string): Promise<Set<string>> {
  if (!(await hasParts(folder))) return new Set();
  const { rows } = await database.query(`SELECT capture FROM (${tableSql(folder, 'captures')})`);
  return new Set(rows.map(([id]) => String(id)));
}

const rootOf = (folder: string): string => resolve(folder).replaceAll('\\', '/');

/** The folder as the beginning of a pattern: its own `*` and the like stand for themselves. */
const patternRoot = (folder: string): string => rootOf(folder).replace(/[[*?]/g, '[$&]');

/** A table of a dataset, with the columns that its folders are named for. */
function tableSql(folder: string, table: DatasetTable): string {
  return (
    `SELECT * FROM read_parquet(${sqlText(`${patternRoot(folder)}/${partPattern(table)}`)}, hive_partitioning = true, ` +
    `hive_types = {board: VARCHAR, firmware: VARCHAR, date: DATE})`
  );
}

async function hasParts(folder: string): Promise<boolean> {
  const below = async (path: string, depth: number): Promise<boolean> => {
    for (const name of await readdir(path).catch(() => [] as string[])) {
      if (!/^(board|firmware|date)=|^part-/.test(name)) continue;
      if (name.startsWith('part-') || (depth < 3 && (await below(join(path, name), depth + 1)))) return true;
    }
    return false;
  };
  return await below(folder, 0);
}
