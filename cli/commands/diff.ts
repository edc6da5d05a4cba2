import {
  CheckFailedError,
  diffMarkdown,
  diffText,
  diffViolations,
  ExitCode,
  heapDiff,
  requireComplete,
} from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import {
  analysisOptions,
  countField,
  hideOptions,
  loadForAnalysis,
  sizeField,
  traceArgument,
} from './analysis-options.js';

export const diffCommand = defineCommand({
  name: 'diff <before> <after>',
  describe: 'Compare two captures by call path, whatever lines shifted',
  examples: [
    ['harvest diff main.harvest branch.harvest', 'what changed'],
    ['harvest diff main.harvest branch.harvest --markdown --max-growth 512', 'for a pull request, with a limit'],
    ['harvest diff main.harvest branch.harvest --fail-on-new --json', 'for a script: status 1 on new call paths'],
  ],
  options: (set) =>
    analysisOptions(set.positional('before', traceArgument).positional('after', traceArgument))
      .option('markdown', { type: 'boolean', default: false, describe: 'as Markdown' })
      .option('max-growth', { type: 'string', describe: 'fail when live bytes grow by more' })
      .option('max-peak-growth', { type: 'string', describe: 'fail when the peak grows by more' })
      .option('max-growth-percent', { type: 'number', describe: 'fail when either grows by more percent' })
      .option('fail-on-new', { type: 'boolean', default: false, describe: 'fail on call paths that were not there' })
      .option('allow-incomplete', { type: 'boolean', default: false, describe: 'judge captures with gaps, too' })
      .option('top', { type: 'number', describe: 'call paths to list (20)' }),
  run: async (args, context) => {
    const before = await loadForAnalysis(args.before, { ...args, mark: [] }, context);
    const after = await loadForAnalysis(args.after, { ...args, mark: [] }, context);
    const diff = heapDiff(before, after, hideOptions(args));
    const top = countField('top', '--top', args.top);
    if (context.json) printJson(diff, context);
    else context.out(args.markdown ? diffMarkdown(diff, top) : diffText(diff, top));
    const judges =
      args.failOnNew ||
      [args.maxGrowth, args.maxPeakGrowth, args.maxGrowthPercent].some((limit) => limit !== undefined);
    const broken = diffViolations(diff, {
      ...sizeField('liveGrowthBytes', '--max-growth', args.maxGrowth),
      ...sizeField('peakGrowthBytes', '--max-peak-growth', args.maxPeakGrowth),
      ...countField('growthPercent', '--max-growth-percent', args.maxGrowthPercent),
      noNewPaths: args.failOnNew,
    });
    if (judges && !args.allowIncomplete) for (const trace of [before, after]) requireComplete(trace);
    if (broken.length > 0) throw new CheckFailedError('HH2006', ['diff: limits broken', ...broken].join('\n  '));
    return ExitCode.ok;
  },
});
