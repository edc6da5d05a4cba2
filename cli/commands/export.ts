import { basename } from 'node:path';
import {
  defined,
  ExitCode,
  sanitize,
  shownTrace,
  type Trace,
  type TraceWriter,
  traceWindow,
  UsageError,
  writerById,
  writeWhole,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { EXPORT_FORMATS } from '../export-formats.js';
import { printJson } from '../json-output.js';
import { safeLines } from '../safe-text.js';
import {
  type AnalysisArgs,
  analysisOptions,
  countField,
  exitCodeFor,
  hideOptions,
  loadForAnalysis,
} from './analysis-options.js';

export const exportCommand = defineCommand({
  name: 'export [traces..]',
  describe: 'Write a trace in the format of another tool',
  examples: [
    ['harvest export capture.harvest --format speedscope', 'capture.speedscope.json, for speedscope.app'],
    ['harvest export capture.harvest --format folded --out - | flamegraph.pl', 'to stdout'],
    ['harvest export capture.harvest --format pprof --from before --to after', 'what came between two marks'],
    ['harvest export captures/*.harvest --format parquet --dataset fleet', 'many captures, for `harvest fleet`'],
    ['harvest export --list-formats', 'what can be written'],
  ],
  options: (set) =>
    analysisOptions(
      set.positional('traces', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'a journal or any importable trace; several with --dataset',
        values: 'input',
      }),
    )
      .option('format', { type: 'string', default: 'speedscope', describe: 'the format', values: 'format' })
      .option('out', { type: 'string', alias: 'o', describe: 'the file; - is stdout' })
      .option('at', { type: 'number', describe: 'the trace as it was after this event' })
      .option('from', { type: 'string', describe: 'the mark that begins the window' })
      .option('to', { type: 'string', describe: 'the mark that ends it' })
      .option('dataset', { type: 'string', describe: 'parquet: the folder of the dataset to add to (docs/fleet.md)' })
      .option('device', { type: 'string', describe: 'parquet: which board of its kind' })
      .option('device-from', {
        choices: ['file', 'folder'],
        describe: "parquet: the file's or its folder's name is the device",
      })
      .option('board', { type: 'string', describe: 'parquet: of traces that do not say what the board is' })
      .option('firmware', { type: 'string', describe: 'parquet: of traces without a build id' })
      .option('list-formats', { type: 'boolean', default: false, describe: 'list the formats and end' }),
  run: async (args, context) => {
    if (args.listFormats) return listFormats(context);
    const [path, ...others] = args.traces;
    if (path === undefined) throw new UsageError('HH1106', 'harvest export: found no trace, expected one');
    if (args.format === 'parquet' || args.dataset !== undefined)
      return await (await import('./export-dataset.js')).exportToDataset(args, context);
    if (others.length > 0)
      throw new UsageError('HH2028', `harvest export: found ${args.traces.length} traces, expected one`, {
        remedy:
          '--format parquet --dataset DIR takes several; `harvest import` makes one trace of the streams of a run',
      });
    const writer = writerById(args.format);
    if (args.out === '-' && writer.isBinary)
      throw new UsageError('HH1109', `--out -: found ${writer.id}, which is binary: expected a file`);
    const trace = await exported(path, args, { writer, context });
    sayNewNotes(trace, context);
    const pieces = writer.write(trace);
    if (args.out === '-') {
      const decoder = new TextDecoder();
      for (const piece of pieces) {
        const text = typeof piece === 'string' ? piece : decoder.decode(piece);
        context.out(context.terminal ? safeLines(text) : text);
      }
      return exitCodeFor(trace);
    }
    const out = args.out ?? `${basename(path).replace(/\.[^.]*$/, '')}${writer.extension}`;
    await writeWhole(out, pieces);
    if (!context.quiet) context.err(`wrote ${sanitize(out)}: ${writer.title}\n`);
    return exitCodeFor(trace);
  },
});

interface WindowArgs extends AnalysisArgs {
  readonly at?: number | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The part of a trace that is asked for, as a format shows it. What wraps the allocator is told by the whole trace, as in the tree. */
async function exported(
  path: string,
  args: WindowArgs,
  { writer, context }: { readonly writer: TraceWriter; readonly context: Context },
): Promise<Trace> {
  const { at, from, to } = args;
  if (at !== undefined && (from !== undefined || to !== undefined)) {
    throw new UsageError('HH1109', 'harvest export: found --at beside --from or --to, expected one way to say when');
  }
  // A copy has the frames of scripts and the C functions, a view what the tree shows.
  const frames = args.frames ?? (writer.isCopy ? 'mixed' : 'script');
  const trace = await loadForAnalysis(path, { ...args, frames }, context);
  const asked = hideOptions(args);
  // A copy holds everything that nobody hides, a view what the tree shows.
  const shown = shownTrace(trace, writer.isCopy ? { ...asked, showAllocator: true, lookThrough: false } : asked);
  return traceWindow(shown, { ...countField('atSeq', '--at', at), ...defined({ from, to }) });
}

/** What was left out on the way: the doubts of the whole trace were said when it was read. */
function sayNewNotes({ notes }: Trace, context: Context): void {
  if (context.quiet) return;
  for (const { code, text } of notes)
    if (code === 'window' || code === 'looked-through') context.err(`note: ${sanitize(text)}\n`);
}

function listFormats(context: Context): ExitCode {
  if (context.json) {
    const formats = EXPORT_FORMATS.map(({ id, title, extension }) => ({ id, title, extension }));
    printJson({ schema: 'heap-harvest/formats@1', formats }, context);
  } else for (const { id, title } of EXPORT_FORMATS) context.out(`${id.padEnd(20)}${title}\n`);
  return ExitCode.ok;
}
