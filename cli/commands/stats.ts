import { ExitCode, heapStats, heapStatsSink, heapStatsText } from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { analyse, analysisOptions, countField, hideOptions, sizeField, traceArgument } from './analysis-options.js';

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
    const { topSources = 10 } = countField('topSources', '--top', args.top);
    const options = {
      ...hideOptions(args),
      ...sizeField('heapBytes', '--heap-size', args.heapSize),
      ...(context.json ? {} : { top: topSources }),
    };
    const { result: stats } = await analyse(
      args,
      { ...context, skipColumns: ['largestBeforeBytes', 'largestAfterBytes'] },
      { whole: (trace) => heapStats(trace, options), sink: (trace) => heapStatsSink(trace, options) },
    );
    if (context.json) printJson(stats, context);
    else context.out(heapStatsText(stats, { topSources }));
    return ExitCode.ok;
  },
});
