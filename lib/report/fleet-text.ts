import { formatCount } from '../base/units.js';
import { sanitize } from './sanitize.js';
import { textTable } from './text-table.js';

/** A cell of an answer: plain JSON. */
type FleetCell = unknown;

/** Columns and rows, as queries and ready questions give them. */
export interface FleetTable {
  readonly columns: readonly string[];
  readonly numeric: readonly boolean[];
  readonly rows: readonly (readonly FleetCell[])[];
}

/** The table with its head, numbers to the right; `-` is NULL. Safe for a terminal. */
export function fleetTableText({ columns, numeric, rows }: FleetTable): string {
  const right = numeric.flatMap((isNumeric, column) => (isNumeric ? [column] : []));
  const lines = textTable([columns.map(sanitize), ...rows.map((row) => row.map(cellText))], right);
  return lines.map((line) => `${line}\n`).join('');
}

function cellText(cell: FleetCell): string {
  if (cell === null || cell === undefined) return '-';
  if (typeof cell === 'string') return sanitize(cell);
  return sanitize(typeof cell === 'object' ? JSON.stringify(cell) : String(cell));
}

/** What is shown of an answer to a ready question. */
export interface FleetAnswerShown {
  readonly title: string;
  readonly columns: readonly string[];
  readonly numeric: readonly boolean[];
  readonly rows: readonly Readonly<Record<string, FleetCell>>[];
  readonly notes: readonly string[];
}

/** An answer as text: what it is, the table (or that it is empty), what was left out. */
export function fleetAnswerText(answer: FleetAnswerShown): string {
  const rows = answer.rows.map((row) => answer.columns.map((name) => row[name]));
  const table = rows.length === 0 ? 'nothing found\n' : fleetTableText({ ...answer, rows });
  return `${answer.title}\n\n${table}${answer.notes.map((note) => `note: ${note}\n`).join('')}`;
}

/** What a dataset holds, in figures. */
export interface FleetFigures {
  readonly captures: number;
  readonly notWhole: number;
  readonly events: number;
  readonly boards: number;
  readonly devices: number;
  readonly firmwares: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly answers: readonly FleetAnswerShown[];
}

/** The report of a fleet as text. */
export function fleetReportText(report: FleetFigures): string {
  const devices = report.devices > 0 ? `, ${formatCount(report.devices)} devices` : '';
  const when = report.from === null ? 'no dates' : `${report.from.slice(0, 10)} to ${report.to?.slice(0, 10)}`;
  const head = [
    `${formatCount(report.captures)} captures, ${formatCount(report.events)} events, ${when}`,
    `${formatCount(report.boards)} kinds of boards${devices}, ${formatCount(report.firmwares)} firmwares`,
    ...(report.notWhole > 0
      ? [`${formatCount(report.notWhole)} captures are not whole: events are missing or doubtful`]
      : []),
  ];
  return [head.map((line) => `${line}\n`).join(''), ...report.answers.map(fleetAnswerText)].join('\n');
}
