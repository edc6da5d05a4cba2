import { stat } from 'node:fs/promises';
import { defined, ExitCode, formatCount, sanitize, UsageError } from '../../lib/public/command-line.js';
import { exportDataset } from '../../lib/public/fleet.js';
import type { Context } from '../context.js';
import { type InputFile, inputFile } from '../input-file.js';
import { printJson } from '../json-output.js';
import { type AnalysisArgs, hideOptions } from './analysis-options.js';

interface DatasetArgs extends AnalysisArgs {
  readonly traces: readonly string[];
  readonly format: string;
  readonly dataset?: string | undefined;
  readonly device?: string | undefined;
  readonly deviceFrom?: 'file' | 'folder' | undefined;
  readonly board?: string | undefined;
  readonly firmware?: string | undefined;
  readonly out?: string | undefined;
  readonly at?: number | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Files that are named when they could not be read. */
const MOST_NAMED = 10;

/** `harvest export TRACE... --format parquet --dataset DIR`. @throws UsageError HH2028, and what exportDataset throws */
export async function exportToDataset(args: DatasetArgs, context: Context): Promise<ExitCode> {
  const folder = datasetOf(args);
  const { device, deviceFrom, board, firmware } = args;
  const copies = new Map<string, InputFile>();
  try {
    // Each is read twice: to tell whether it is there already, and for its events.
    for (const path of args.traces)
      if (!copies.has(path) && (await isReadOnce(path))) copies.set(path, await inputFile(path, 'HH1105'));
    const report = await exportDataset(
      args.traces.map((path) => copies.get(path)?.path ?? path),
      folder,
      {
        ...hideOptions(args),
        ...defined({ device, deviceFrom, board, firmware }),
        onProgress: progress(context),
        signal: context.signal,
      },
    );
    if (context.json) printJson(report, context);
    else if (!context.quiet) say(report, folder, context);
    for (const { file, reason } of report.failed.slice(0, MOST_NAMED))
      context.err(`not added: ${sanitize(file)}: ${sanitize(reason)}\n`);
    if (report.failed.length > MOST_NAMED) context.err(`and ${report.failed.length - MOST_NAMED} other files\n`);
    return report.failed.length > 0 || report.notWhole > 0 ? ExitCode.partial : ExitCode.ok;
  } finally {
    for (const copy of copies.values()) await copy[Symbol.asyncDispose]();
  }
}

/** Standard input, a pipe, a device. What is not there, or is a folder, is named by the report. */
async function isReadOnce(path: string): Promise<boolean> {
  if (path === '-') return true;
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

/** @throws UsageError HH2028 */
function datasetOf(args: DatasetArgs): string {
  const wrong = (found: string, expected: string) =>
    new UsageError('HH2028', `harvest export: found ${found}, expected ${expected}`);
  if (args.dataset === undefined) throw wrong('--format parquet alone', '--dataset DIR with it');
  if (args.format !== 'parquet') throw wrong(`--dataset with --format ${args.format}`, '--format parquet');
  if (args.out !== undefined) throw wrong('--out beside --dataset', 'one of them');
  if (args.at !== undefined || args.from !== undefined || args.to !== undefined)
    throw wrong('--at, --from or --to beside --dataset', 'whole captures');
  if (args.mark.length > 0 || args.heap !== undefined || args.frames !== undefined)
    throw wrong('--mark, --heap or --frames beside --dataset', 'captures as they are');
  if (args.device !== undefined && args.deviceFrom !== undefined)
    throw wrong('--device beside --device-from', 'one of them');
  return args.dataset;
}

type Report = Awaited<ReturnType<typeof exportDataset>>;

function say({ added, alreadyThere, events, parts, notWhole }: Report, folder: string, context: Context): void {
  const there = alreadyThere > 0 ? `, ${formatCount(alreadyThere)} were there already` : '';
  context.err(
    `${sanitize(folder)}: added ${formatCount(added)} captures of ${formatCount(events)} events in ${formatCount(parts.length)} parts${there}\n`,
  );
  if (notWhole > 0) context.err(`${formatCount(notWhole)} of them are not whole: events are missing or doubtful\n`);
}

function progress(context: Context): (done: number, all: number) => void {
  return (done, all) => {
    if (context.live && !context.quiet && all > 1 && (done === all || done % 16 === 0))
      context.err(`\r\x1b[K${done === all ? '' : `${done} of ${all} captures`}`);
  };
}
