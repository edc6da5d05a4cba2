import {
  assertNoLeaks,
  assertNoProvenLeaks,
  ExitCode,
  heapLeaks,
  heapLeaksSink,
  leaksText,
  provenLeaks,
  provenLeaksText,
  type Trace,
  UsageError,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import {
  type AnalysisArgs,
  analyse,
  analysisOptions,
  countField,
  exitCodeFor,
  hideOptions,
  loadForAnalysis,
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
    ['harvest leaks capture.harvest --proven --max 0', 'fail where a block is alive at the end that nothing points to'],
  ],
  options: (set) =>
    analysisOptions(set.positional('trace', traceArgument))
      .option('from', { type: 'string', describe: 'the mark that begins the window' })
      .option('to', { type: 'string', describe: 'the mark that ends it' })
      .option('proven', {
        type: 'boolean',
        default: false,
        describe: 'only what no pointer in the memory of the target leads to any more',
      })
      .option('max', { type: 'string', describe: 'fail above so many bytes' })
      .option('allow-incomplete', { type: 'boolean', default: false, describe: 'judge captures with gaps, too' })
      .option('top', { type: 'number', describe: 'sources to list per group (20)' }),
  run: async (args, context) => {
    const options = {
      ...hideOptions(args),
      ...(args.from === undefined ? {} : { from: args.from }),
      ...(args.to === undefined ? {} : { to: args.to }),
    };
    if (args.proven)
      return proven(await loadForAnalysis(args.trace, args, { ...context, skipColumns: ONLY_BLOCKS }), args, context);
    const { top = 20 } = countField('top', '--top', args.top);
    // JSON has all sites.
    const shown = context.json ? options : { ...options, top };
    // A limit is judged by the whole trace.
    const { trace, result: leaks } = await analyse(
      args,
      { ...context, skipColumns: ONLY_BLOCKS },
      {
        whole: (it) => heapLeaks(it, shown),
        sink: (it) => (args.max === undefined ? heapLeaksSink(it, shown) : undefined),
      },
    );
    if (context.json) printJson(leaks, context);
    else context.out(leaksText(leaks, { top }));
    if (args.max !== undefined) {
      const limitBytes = sizeArgument('--max', args.max);
      assertNoLeaks(trace, { ...options, limitBytes, allowIncomplete: args.allowIncomplete });
    }
    // A list of leaks of a trace that lacks events looks like a good one.
    return args.allowIncomplete ? ExitCode.ok : exitCodeFor(trace);
  },
});

interface ProvenArgs extends AnalysisArgs {
  readonly trace: string;
  readonly top?: number | undefined;
  readonly max?: string | undefined;
  readonly allowIncomplete: boolean;
}

/** @throws UsageError HH2050, HH2055; CheckFailedError HH2053, HH2054 */
function proven(trace: Trace, args: ProvenArgs, context: Context): ExitCode {
  const options = hideOptions(args);
  const leaks = provenLeaks(trace, options);
  if (!leaks) {
    throw new UsageError(
      'HH2050',
      `${args.trace}: found nothing in it that says who holds which block at its end, expected a capture that read it`,
    );
  }
  if (context.json) printJson(leaks, context);
  else context.out(provenLeaksText(leaks, countField('top', '--top', args.top)));
  if (args.max !== undefined) {
    const limitBytes = sizeArgument('--max', args.max);
    assertNoProvenLeaks(trace, { ...options, limitBytes, allowIncomplete: args.allowIncomplete });
  }
  return args.allowIncomplete ? ExitCode.ok : exitCodeFor(trace);
}
