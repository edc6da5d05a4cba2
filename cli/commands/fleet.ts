import { defined, didYouMean, ExitCode, UsageError } from '../../lib/public/command-line.js';
import {
  type Answer,
  askFleet,
  type Database,
  FLEET_QUESTIONS,
  fleetAnswerText,
  fleetReport,
  fleetReportText,
  fleetTableText,
  openDataset,
} from '../../lib/public/fleet.js';
import { type Context, defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { countField, readText } from './analysis-options.js';

const ASKED = [...FLEET_QUESTIONS, 'report', 'query'] as const;
/** Rows of a query that a table of text shows: its columns are as wide as the widest of them. */
const MOST_SHOWN = 1000;

export const fleetCommand = defineCommand({
  name: 'fleet <question> <dataset> [sql]',
  describe: `Ask a dataset of many captures (harvest export --format parquet --dataset DIR): ${ASKED.join(', ')}`,
  examples: [
    ['harvest fleet report fleet', 'all of it, a page'],
    ['harvest fleet boards fleet', 'the worst boards: refused requests, fullest heap'],
    ['harvest fleet growth fleet --path tls_new', 'what a path holds, build by build'],
    ['harvest fleet regressions fleet --since 8f2c', 'what grew since a build'],
    ['harvest fleet peaks fleet --json', 'the distribution of the peak by build, for a script'],
    ['harvest fleet leaks fleet', 'what is left behind, by build'],
    ['harvest fleet query fleet "SELECT board, max(peak_bytes) FROM captures GROUP BY board"', 'any question'],
  ],
  options: (set) =>
    set
      .positional('question', { type: 'string', demandOption: true, describe: ASKED.join(', ') })
      .positional('dataset', { type: 'string', demandOption: true, describe: 'the folder of the dataset' })
      .positional('sql', {
        type: 'string',
        describe: 'query: what to ask, in the SQL of DuckDB; - is stdin',
        values: 'input',
      })
      .option('path', { type: 'string', describe: 'growth: call paths with this text, build by build' })
      .option('since', { type: 'string', describe: 'regressions: a build, or how its id begins' })
      .option('top', { type: 'number', describe: 'rows to list (20; report 10; leaks 5 a build)' })
      .option('writable', {
        type: 'boolean',
        default: false,
        describe: 'query: let it write and read any file (COPY, ATTACH, ...)',
      }),
  run: async (args, context) => {
    const { question, dataset } = args;
    if (!isAsked(question))
      throw new UsageError(
        'HH1109',
        `harvest fleet ${question}: expected one of ${ASKED.join(', ')}${didYouMean(question, ASKED)}`,
      );
    if (question === 'query') return await query(args, context);
    if (args.sql !== undefined) throw new UsageError('HH1109', `harvest fleet ${question}: found SQL, expected none`);
    const top = topOf(args.top);
    const database = await openDataset(dataset);
    try {
      if (question === 'report') {
        const report = await fleetReport(database, top);
        if (context.json) printJson(report, context);
        else context.out(fleetReportText(report));
        return ExitCode.ok;
      }
      const answer = await askFleet(database, question, {
        ...top,
        ...defined({ path: args.path, since: args.since }),
      });
      if (context.json) printJson(answer, context);
      else context.out(fleetAnswerText(answer));
      return ExitCode.ok;
    } finally {
      database[Symbol.dispose]();
    }
  },
});

function isAsked(word: string): word is (typeof ASKED)[number] {
  return ASKED.some((each) => each === word);
}

/** @throws UsageError HH1107 */
function topOf(value: number | undefined): { top?: number } {
  const { top } = countField('top', '--top', value);
  return top === undefined ? {} : { top: Math.min(Math.max(1, Math.floor(top)), 1_000_000) };
}

interface QueryArgs {
  readonly dataset: string;
  readonly sql?: string | undefined;
  readonly writable: boolean;
}

async function query({ dataset, sql, writable }: QueryArgs, context: Context): Promise<ExitCode> {
  if (sql === undefined)
    throw new UsageError('HH1106', 'harvest fleet query: found no SQL, expected a query', {
      remedy: '`harvest fleet query DIR "DESCRIBE captures"` shows the columns of a table',
    });
  const text = sql === '-' ? await readText('-') : sql;
  const database = await openDataset(dataset, { writable });
  try {
    const answer = database.ask(text, { writable, signal: context.signal });
    await (context.json ? printRows(answer, context) : printTable(answer, context));
    return ExitCode.ok;
  } finally {
    database[Symbol.dispose]();
  }
}

type Pieces = ReturnType<Database['ask']>;

/** Row by row, so that an answer may be as large as it likes. */
async function printRows(pieces: Pieces, context: Context): Promise<void> {
  let count = 0;
  for await (const { columns, rows } of pieces) {
    if (count === 0 && rows.length === 0)
      context.out(`{"schema":"heap-harvest/fleet-query@1","columns":${JSON.stringify(columns)},"rows":[`);
    for (const row of rows) context.out(`${count++ === 0 ? '' : ','}\n${JSON.stringify(row)}`);
  }
  context.out(']}\n');
}

async function printTable(pieces: Pieces, context: Context): Promise<void> {
  let answer: Answer = { columns: [], numeric: [], rows: [] };
  for await (const piece of pieces) {
    answer = { ...piece, rows: [...answer.rows, ...piece.rows] };
    if (answer.rows.length > MOST_SHOWN) break;
  }
  context.out(fleetTableText({ ...answer, rows: answer.rows.slice(0, MOST_SHOWN) }));
  if (answer.rows.length > MOST_SHOWN && !context.quiet)
    context.err(`the first ${MOST_SHOWN} rows; --json prints all, LIMIT and OFFSET choose\n`);
}
