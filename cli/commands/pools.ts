import {
  CheckFailedError,
  ExitCode,
  formatCount,
  type PoolPlan,
  poolPlan,
  poolsCHeader,
  poolsDroneToml,
  poolsText,
  poolsZephyr,
} from '../../lib/public/command-line.js';
import { defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { analysisOptions, countField, loadForAnalysis, sizeField, traceArgument } from './analysis-options.js';

const WRITERS: Readonly<Record<'text' | 'drone' | 'zephyr' | 'c', (plan: PoolPlan) => string>> = {
  text: poolsText,
  drone: poolsDroneToml,
  zephyr: poolsZephyr,
  c: poolsCHeader,
};

export const poolsCommand = defineCommand({
  name: 'pools <trace>',
  describe: 'The smallest memory pools that serve a trace, proven by a replay',
  examples: [
    ['harvest pools heaptrace --pools 5 --heap-size 10K', 'layout, costs and proof'],
    ['harvest pools capture.harvest --json', 'the plan as JSON'],
    ['harvest pools capture.harvest --pools 4 --margin 20 --format zephyr', 'K_MEM_SLAB_DEFINE lines'],
  ],
  options: (set) =>
    analysisOptions(set.positional('trace', traceArgument))
      .option('pools', { type: 'number', default: 4, describe: 'at most so many pools' })
      .option('heap-size', { type: 'string', describe: 'the room that there is: 10K' })
      .option('align', { type: 'number', default: 4, describe: 'alignment of the blocks' })
      .option('margin', { type: 'number', default: 0, describe: 'so many percent more blocks' })
      .option('fill', { type: 'boolean', default: false, describe: 'give the rest of the heap to the pools' })
      .option('format', {
        choices: ['text', 'drone', 'zephyr', 'c'] as const,
        default: 'text' as const,
        describe: 'output',
      }),
  run: async (args, context) => {
    const trace = await loadForAnalysis(args.trace, args, context);
    const plan = poolPlan(trace, {
      pools: args.pools,
      alignBytes: args.align,
      fill: args.fill,
      ...countField('marginPercent', '--margin', args.margin),
      ...sizeField('heapBytes', '--heap-size', args.heapSize),
    });
    if (context.json) printJson(plan, context);
    else context.out(WRITERS[args.format](plan));
    if (plan.fits) return ExitCode.ok;
    throw new CheckFailedError(
      'HH2005',
      `pools: found a heap of ${formatCount(plan.heapBytes ?? 0)} bytes, the least that fits is ${formatCount(plan.bytes)}`,
      { remedy: 'allow more pools with --pools, or less --margin' },
    );
  },
});
