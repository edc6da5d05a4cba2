import { type ErrorExplanation, entry } from './error-explanation.js';

/** The codes of datasets and fleets (HH2020 to HH2049). */
export const FLEET_ERRORS: Readonly<Record<string, ErrorExplanation>> = {
  HH2020: entry(
    'DuckDB is not installed',
    'Datasets are written and asked by DuckDB, which is an optional package: npm leaves it out with --omit=optional, and where there is no build for the platform.',
    '`npm install @duckdb/node-api`; every other format is written without it.',
  ),
  HH2021: entry(
    'Not a dataset',
    'The folder has no dataset.json, one of another version, or files of something else.',
    '`harvest export capture.harvest --format parquet --dataset DIR` makes a dataset in a new or empty folder.',
  ),
  HH2022: entry(
    'The dataset cannot be written',
    'The disk is full, or the folder may not be written to.',
    'Make room and run the same line again: captures that were added are not added twice.',
  ),
  HH2023: entry(
    'The dataset holds no captures',
    'The first run ended before it had added any.',
    'Run the export again.',
  ),
  HH2024: entry(
    'The query cannot be run',
    'DuckDB says what is wrong. A query reads the tables of the dataset and no other file.',
    '`harvest fleet query DIR "DESCRIBE captures"` shows the columns of a table; docs/fleet.md says what they mean.',
  ),
  HH2025: entry(
    'Not a query',
    'Only one statement that reads is run: what creates, copies, attaches or sets could change files.',
    'Begin it with SELECT, WITH, FROM, DESCRIBE or SUMMARIZE.',
    '--writable runs any statement, with access to all files.',
  ),
  HH2026: entry(
    'No such call path in the dataset',
    '--path is looked for as it is, letter by letter, in paths such as main > net_reconnect > tls_new.',
    'Give the name of one function.',
  ),
  HH2027: entry(
    'Not a build to compare with',
    '--since names a firmware of the dataset by its build id or how that begins, and there must be captures of the same board before it.',
    '`harvest fleet peaks DIR` lists the builds with the day on which each was first seen.',
  ),
  HH2028: entry(
    'Options that do not go together',
    'A dataset takes whole captures; other formats take one trace and write one file.',
    '`harvest export --help` shows which is which.',
  ),
};
