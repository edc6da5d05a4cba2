import { ExitCode, fragmentation, fragmentationSink, fragmentationText } from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { analyse, analysisOptions, countField, hideOptions, sizeField, traceArgument } from './analysis-options.js';

export const fragCommand = defineCommand({
  name: 'frag <trace>',
  describe: 'Free space, its largest piece, who is in the way, and why requests failed',
  examples: [
    ['harvest frag capture.harvest', 'at the end, and over time'],
    ['harvest frag capture.harvest --at 1200', 'after event 1200'],
    ['harvest frag capture.harvest --make 4K', 'the fewest blocks in the way of 4,096 free bytes in one piece'],
    ['harvest frag capture.harvest --top 20 --json', 'more of each list, as JSON'],
  ],
  options: (set) =>
    analysisOptions(set.positional('trace', traceArgument))
      .option('at', { type: 'number', describe: 'after this event (the last)' })
      .option('make', { type: 'string', describe: 'a SIZE: which blocks are in the way of one free piece of it' })
      .option('top', { type: 'number', describe: 'blocks, cuts and holders to list (10)' }),
  run: async (args, context) => {
    const options = {
      ...hideOptions(args),
      ...countField('atSeq', '--at', args.at),
      ...sizeField('makeBytes', '--make', args.make),
      ...countField('top', '--top', args.top),
    };
    const { result } = await analyse(
      args,
      { ...context, skipColumns: ['requestedBytes', 'atUs', 'task'] },
      { whole: (trace) => fragmentation(trace, options), sink: (trace) => fragmentationSink(trace, options) },
    );
    if (context.json) printJson(result, context);
    else context.out(fragmentationText(result));
    return ExitCode.ok;
  },
});
