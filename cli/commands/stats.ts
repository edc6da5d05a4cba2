import { ExitCode, heapStats, heapStatsText } from '../../lib/public/command-line.js';
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

export const statsCommand = defineCommand({
  name: 'stats <trace>',
  describe: 'Sizes, peak, totals, lifetimes, failures, by source and by phase',
  examples: [
    ['harvest stats capture.harvest', 'all figures'],
    ['harvest stats heaptrace --heap-size 10K', "a Drone OS trace with its heap's size"],
    ['harvest stats capture.harvest --mark boot=300 --json', 'by phase, as JSON'],
  ],
  options: (set) =>
    analysisOptions(set.positional('trace', traceArgument))
      .option('heap-size', { type: 'string', describe: 'the size of the heap: 10K, 0x5000' })
      .option('top', { type: 'number', describe: 'sources to list (10)' }),
  run: async (args, context) => {
    const trace = await loadForAnalysis(args.trace, args, {
      ...context,
      skipColumns: ['largestBeforeBytes', 'largestAfterBytes'],
    });
    const stats = heapStats(trace, { ...hideOptions(args), ...sizeField('heapBytes', '--heap-size', args.heapSize) });
    const top = countField('topSources', '--top', args.top);
    if (context.json) printJson(stats, context);
    else context.out(heapStatsText(stats, top));
    return ExitCode.ok;
  },
});
