/**
 * Captures of many boards as one dataset of Parquet files, and questions about them (DuckDB answers: `@duckdb/node-api`).
 *
 * @module heap-harvest/fleet
 */
export type { HideOptions } from '../analysis/hidden-frames.js';
export { DATASET_SCHEMA, DATASET_TABLES, type DatasetTable } from '../fleet/dataset-layout.js';
export { DATASET_COLUMNS, type DatasetColumn } from '../fleet/dataset-tables.js';
export type { Answer, Cell, Database, StagedColumn } from '../fleet/duckdb.js';
export { fleetAnswerText, fleetReportText, fleetTableText } from '../fleet/fleet-text.js';
export { openDataset } from '../fleet/open-dataset.js';
export {
  askFleet,
  FLEET_QUESTIONS,
  type FleetAnswer,
  type FleetOptions,
  type FleetQuestion,
} from '../fleet/questions.js';
export { type FleetReport, fleetReport } from '../fleet/report.js';
export { type DatasetOptions, type DatasetReport, exportDataset } from '../fleet/write-dataset.js';
