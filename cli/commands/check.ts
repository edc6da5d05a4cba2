import {
  assertNoNewPaths,
  baselineOf,
  baselineText,
  budgetAnnotations,
  budgetCheck,
  budgetJunit,
  budgetMarkdown,
  budgetText,
  ExitCode,
  parseBaseline,
  parseBudget,
  type Trace,
  UsageError,
  writeWhole,
} from '../../lib/public/command-line.js';
import { type Context, defineCommand } from '../context.js';
import { printJson } from '../json-output.js';
import { analysisOptions, hideOptions, loadForAnalysis, readText, traceArgument } from './analysis-options.js';

export const checkCommand = defineCommand({
  name: 'check <trace>',
  describe: 'Hold a capture against a budget file or a baseline; for CI',
  examples: [
    ['harvest check capture.harvest --budget heap.budget.toml', 'one line a broken limit, status 1'],
    ['harvest check capture.harvest --budget heap.budget.toml --junit heap.xml', 'with a JUnit report'],
    ['harvest check capture.harvest --budget heap.budget.toml --github', 'mark the source lines in a pull request'],
    ['harvest check capture.harvest --baseline heap.baseline.json', 'fail on new call paths'],
  ],
  options: (set) =>
    analysisOptions(set.positional('trace', traceArgument))
      .option('budget', { type: 'string', describe: 'a heap.budget.toml', values: 'input' })
      .option('baseline', { type: 'string', describe: 'a baseline file', values: 'input' })
      .option('write-baseline', { type: 'string', describe: 'write one from this capture' })
      .option('junit', { type: 'string', describe: 'write a JUnit XML report of the budget' })
      .option('markdown', { type: 'boolean', default: false, describe: 'the budget as Markdown' })
      .option('github', {
        type: 'boolean',
        default: false,
        describe: 'broken limits as annotations of GitHub Actions, too',
      })
      .option('all', { type: 'boolean', default: false, describe: 'show the limits that hold, too' })
      .option('allow-incomplete', { type: 'boolean', default: false, describe: 'check captures with gaps, too' }),
  run: async (args, context) => {
    if (args.budget === undefined && args.baseline === undefined && args.writeBaseline === undefined) {
      throw new UsageError('HH1106', 'harvest check: found neither --budget, --baseline nor --write-baseline');
    }
    const trace = await loadForAnalysis(args.trace, args, context);
    const options = { ...hideOptions(args), allowIncomplete: args.allowIncomplete };
    if (args.writeBaseline !== undefined) {
      await writeWhole(args.writeBaseline, [baselineText(baselineOf(trace, options))]);
    }
    const passed = args.budget === undefined || (await budgetPassed(trace, { ...args, budget: args.budget }, context));
    if (args.baseline !== undefined) {
      assertNoNewPaths(trace, parseBaseline(await readText(args.baseline), args.baseline), options);
    }
    return passed ? ExitCode.ok : ExitCode.checkFailed;
  },
});

interface BudgetArgs {
  readonly budget: string;
  readonly junit?: string | undefined;
  readonly markdown: boolean;
  readonly github: boolean;
  readonly all: boolean;
  readonly allowIncomplete: boolean;
  readonly hide: readonly string[];
  readonly showAllocator: boolean;
  readonly lookThrough?: boolean | undefined;
  readonly mark: readonly string[];
}

async function budgetPassed(trace: Trace, args: BudgetArgs, context: Context): Promise<boolean> {
  const budget = parseBudget(await readText(args.budget), args.budget);
  const check = budgetCheck(trace, budget, { ...hideOptions(args), allowIncomplete: args.allowIncomplete });
  if (context.json) printJson(check, context);
  else {
    context.out(args.markdown ? budgetMarkdown(check) : budgetText(check, { all: args.all }));
    if (args.github) context.out(budgetAnnotations(check, context.env.GITHUB_WORKSPACE));
  }
  if (args.junit !== undefined) await writeWhole(args.junit, [budgetJunit(check, context.env.GITHUB_WORKSPACE)]);
  return check.passed;
}
