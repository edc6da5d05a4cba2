import {
  type CallFigure,
  callTree,
  callTreeSink,
  callTreeText,
  ExitCode,
  UsageError,
} from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { analyse, analysisOptions, countField, hideOptions, ONLY_BLOCKS, traceArgument } from './analysis-options.js';

interface Moment {
  readonly at?: number | undefined;
  readonly atPeak: boolean;
  readonly total: boolean;
  readonly temporary: boolean;
}

export const treeCommand = defineCommand({
  name: 'tree <trace>',
  describe: 'The call tree of blocks per source line',
  examples: [
    ['harvest tree capture.harvest', 'what is alive at the end, by call path'],
    ['harvest tree capture.harvest --at-peak --bytes', 'who held the heap when it was fullest'],
    ['harvest tree capture.harvest --invert --depth 2', 'by source, with its direct callers'],
  ],
  options: (set) =>
    analysisOptions(set.positional('trace', traceArgument))
      .option('at', { type: 'number', describe: 'what is alive after this event' })
      .option('at-peak', { type: 'boolean', default: false, describe: 'what is alive at the peak' })
      .option('total', { type: 'boolean', default: false, describe: 'everything ever allocated' })
      .option('temporary', { type: 'boolean', default: false, describe: 'freed before another allocation happened' })
      .option('bytes', { type: 'boolean', default: false, describe: 'count bytes instead of blocks' })
      .option('wide', { type: 'boolean', default: false, describe: 'bytes, count and share before each line' })
      .option('invert', { type: 'boolean', default: false, describe: 'by source: children are callers' })
      .option('depth', { type: 'number', describe: 'levels to print' })
      .option('min-percent', { type: 'number', describe: 'leave out what is below this share' }),
  run: async (args, context) => {
    const figure = figureOf(args);
    const options = { ...hideOptions(args), ...countField('atSeq', '--at', args.at), invert: args.invert };
    const { result: tree } = await analyse(
      args,
      { ...context, skipColumns: ONLY_BLOCKS },
      { whole: (trace) => callTree(trace, options), sink: (trace) => callTreeSink(trace, options) },
    );
    if (context.json) printJson(tree, context);
    else {
      const text = callTreeText(tree, {
        figure,
        unit: args.bytes ? 'bytes' : 'blocks',
        form: args.wide ? 'wide' : 'plain',
        ...countField('maxDepth', '--depth', args.depth),
        ...countField('minPercent', '--min-percent', args.minPercent),
      });
      context.out(text);
    }
    return ExitCode.ok;
  },
});

/** @throws UsageError HH1109 when two moments are asked for */
function figureOf(args: Moment): CallFigure {
  const asked: CallFigure[] = [];
  if (args.at !== undefined) asked.push('at');
  if (args.atPeak) asked.push('peak');
  if (args.total) asked.push('total');
  if (args.temporary) asked.push('temporary');
  if (asked.length > 1) {
    throw new UsageError('HH1109', 'harvest tree: found two of --at, --at-peak, --total, --temporary, expected one');
  }
  return asked[0] ?? 'live';
}
