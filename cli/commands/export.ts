import { basename } from 'node:path';
import {
  ExitCode,
  FRAME_VIEWS,
  type FrameView,
  selectFrames,
  TRACE_WRITERS,
  UsageError,
  writerById,
  writeWhole,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { loadFilledTrace } from '../load-filled-trace.js';
import { safeLines } from '../safe-text.js';
import { exitCodeFor, sayDoubts } from './analysis-options.js';

export const exportCommand = defineCommand({
  name: 'export [trace]',
  describe: 'Write a trace in the format of another tool',
  examples: [
    ['harvest export capture.harvest --format speedscope', 'capture.speedscope.json, for speedscope.app'],
    ['harvest export capture.harvest --format folded --out - | flamegraph.pl', 'to stdout'],
    ['harvest export --list-formats', 'what can be written'],
  ],
  options: (set) =>
    set
      .positional('trace', { type: 'string', describe: 'a journal or any importable trace', values: 'input' })
      .option('format', { type: 'string', default: 'speedscope', describe: 'the format', values: 'format' })
      .option('out', { type: 'string', alias: 'o', describe: 'the file; - is stdout' })
      .option('frames', {
        choices: FRAME_VIEWS,
        default: 'mixed' as FrameView,
        describe: "of firmware that runs scripts: the scripts' frames, the C functions', or both (mixed)",
      })
      .option('list-formats', { type: 'boolean', default: false, describe: 'list the formats and end' }),
  run: async (args, context) => {
    if (args.listFormats) return listFormats(context);
    if (args.trace === undefined) throw new UsageError('HH1106', 'harvest export: found no trace, expected one');
    const writer = writerById(args.format);
    const { builder } = await loadFilledTrace(args.trace, { signal: context.signal, skipSamples: true });
    const trace = selectFrames(builder.build(), args.frames);
    sayDoubts(trace, context);
    const pieces = writer.write(trace);
    if (args.out === '-') {
      for (const piece of pieces) {
        if (typeof piece !== 'string')
          throw new UsageError('HH1109', `--out -: found ${writer.id}, which is binary: expected a file`);
        context.out(context.terminal ? safeLines(piece) : piece);
      }
      return exitCodeFor(trace);
    }
    const path = args.out ?? `${basename(args.trace).replace(/\.[^.]*$/, '')}${writer.extension}`;
    await writeWhole(path, pieces);
    if (!context.quiet) context.err(`wrote ${path}: ${writer.title}\n`);
    return exitCodeFor(trace);
  },
});

function listFormats(context: Context): ExitCode {
  if (context.json)
    context.out(`${JSON.stringify(TRACE_WRITERS.map(({ id, title, extension }) => ({ id, title, extension })))}\n`);
  else for (const { id, title } of TRACE_WRITERS) context.out(`${id.padEnd(14)}${title}\n`);
  return ExitCode.ok;
}
