import { formatCount } from '../base/units.js';
import { sanitize } from '../report/sanitize.js';
import { textTable } from '../report/text-table.js';
import type { Answer, Cell } from './duckdb.js';
import type { FleetAnswer } from './questions.js';
import type { FleetReport } from './report.js';

/** The table with its head, numbers to the right; `-` is NULL. Safe for a terminal. */
export function fleetTableText({ columns, numeric, rows }: Answer): string {
  const right = numeric.flatMap((isNumeric, column) => (isNumeric ? [column] : []));
  const lines = textTable([columns.map(sanitize), ...rows.map((row) => row.map(cellText))], right);
  return lines.map((line) => `${line}\n`).join('');
}

function cellText(cell: Cell): string {
  if (cell === null) return '-';
  return sanitize(typeof cell === 'object' ? JSON.stringify(cell) : String(cell));
}

/** An answer as text: what it is, the table (or that it is empty), what was left out. */
export function fleetAnswerText(answer: FleetAnswer): string {
  const rows = answer.rows.map((row) => answer.columns.map((name) => row[name] ?? null));
  const table = rows.length === 0 ? 'nothing found\n' : fleetTableText({ ...answer, rows });
  return `${answer.title}\n\n${table}${answer.notes.map((note) => `note: ${note}\n`).join('')}`;
}

/** The report of a fleet as text. */
export function fleetReportText(report: FleetReport): string {
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
