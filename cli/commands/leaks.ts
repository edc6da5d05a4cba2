import { assertNoLeaks, ExitCode, heapLeaks, heapLeaksSink, leaksText } from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import {
  analyse,
  analysisOptions,
  countField,
  exitCodeFor,
  hideOptions,
  ONLY_BLOCKS,
  sizeArgument,
  traceArgument,
} from './analysis-options.js';

export const leaksCommand = defineCommand({
  name: 'leaks <trace>',
  describe: 'What is left behind, by source; with marks, what grows in every cycle',
  examples: [
    ['harvest leaks capture.harvest', 'alive at the end, or what grew from mark to mark'],
    [
      'harvest leaks capture.harvest --mark cycle=loop_body --max 0',
      'each call of loop_body begins a cycle; fail on a leak',
    ],
    ['harvest leaks capture.harvest --from before --to after', 'between two marks'],
  ],
  options: (set) =>
    analysisOptions(set.positional('trace', traceArgument))
      .option('from', { type: 'string', describe: 'the mark that begins the window' })
      .option('to', { type: 'string', describe: 'the mark that ends it' })
      .option('max', { type: 'string', describe: 'fail above so many bytes' })
      .option('allow-incomplete', { type: 'boolean', default: false, describe: 'judge captures with gaps, too' })
      .option('top', { type: 'number', describe: 'sources to list per group (20)' }),
  run: async (args, context) => {
    const options = {
      ...hideOptions(args),
      ...(args.from === undefined ? {} : { from: args.from }),
      ...(args.to === undefined ? {} : { to: args.to }),
    };
    // A limit is judged by the whole trace.
    const { trace, result: leaks } = await analyse(
      args,
      { ...context, skipColumns: ONLY_BLOCKS },
      {
        whole: (it) => heapLeaks(it, options),
        sink: (it) => (args.max === undefined ? heapLeaksSink(it, options) : undefined),
      },
    );
    context.out(context.json ? `${JSON.stringify(leaks)}\n` : leaksText(leaks, countField('top', '--top', args.top)));
    if (args.max !== undefined) {
      const limitBytes = sizeArgument('--max', args.max);
      assertNoLeaks(trace, { ...options, limitBytes, allowIncomplete: args.allowIncomplete });
    }
    // A list of leaks of a trace that lacks events looks like a good one.
    return args.allowIncomplete ? ExitCode.ok : exitCodeFor(trace);
  },
});
