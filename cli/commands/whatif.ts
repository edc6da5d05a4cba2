import { ExitCode, POLICIES, policyById, whatIf, whatIfText } from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { analysisOptions, loadForAnalysis, sizeField, traceArgument } from './analysis-options.js';

export const whatifCommand = defineCommand({
  name: 'whatif <trace>',
  describe: 'Replay the requests under other allocators: peak, fragmentation, failures, least heap',
  examples: [
    ['harvest whatif capture.harvest', 'under every policy'],
    ['harvest whatif capture.harvest --policy tlsf --heap-size 20K', 'one of them in a heap of another size'],
    [
      'harvest whatif capture.harvest --policy first-fit --policy best-fit --no-least',
      'two of them, without the search',
    ],
  ],
  options: (set) =>
    analysisOptions(set.positional('trace', traceArgument))
      .option('policy', {
        type: 'string',
        array: true,
        describe: `one of ${POLICIES.map(({ id }) => id).join(', ')} (all)`,
      })
      .option('heap-size', { type: 'string', describe: 'the size of the heap: 10K (as captured)' })
      .option('least', { type: 'boolean', default: true, describe: 'search the least heap; --no-least saves time' }),
  run: async (args, context) => {
    const policies = args.policy === undefined ? POLICIES : args.policy.map(policyById);
    const trace = await loadForAnalysis(args.trace, args, context);
    const { sizeBytes } = sizeField('sizeBytes', '--heap-size', args.heapSize);
    const baseAddress = trace.regions.find((region) => region.sizeBytes > 0)?.baseAddress ?? 0x20000000;
    const space = sizeBytes === undefined ? {} : { space: { baseAddress, sizeBytes } };
    const results = policies.map((policy) => whatIf(trace, policy, { leastHeap: args.least, ...space }));
    if (context.json) printJson({ schema: 'heap-harvest/what-ifs@1', results }, context);
    else context.out(whatIfText(results));
    return ExitCode.ok;
  },
});
