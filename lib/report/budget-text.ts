import { type BudgetCheck, type BudgetResult, ruleTitle } from '../analysis/budget-check.js';
import { BUDGET_METRICS } from '../analysis/budget-file.js';
import { formatCount } from '../base/units.js';
import { sanitize } from './sanitize.js';
import { callersText, frameText } from './stack-text.js';

/** One line a failed limit (with `all`, one a limit), then the verdict. Ends with a newline. */
export function budgetText(check: BudgetCheck, options: { readonly all?: boolean } = {}): string {
  const shown = check.results.filter((result) => options.all || !result.passed || result.note !== undefined);
  const failed = check.results.filter((result) => !result.passed).length;
  const lines = shown.map((result) => `${result.passed ? 'ok  ' : 'FAIL'} ${budgetLine(result)}`);
  if (!check.complete) lines.push('the capture is incomplete: its limits prove nothing');
  else if (check.doubtful !== undefined)
    lines.push(`the capture is doubtful (${sanitize(check.doubtful)}): its limits prove nothing`);
  const total = check.results.length;
  lines.push(
    `${sanitize(check.subject)}: ${check.passed ? 'passed' : 'FAILED'}, ${formatCount(total - failed)} of ${formatCount(total)} limits kept`,
  );
  return `${lines.join('\n')}\n`;
}

/** `heap: peak 12,300 B, limit 12,288 B (12 B over)` and who holds the most of it. */
export function budgetLine(result: BudgetResult): string {
  const unit = BUDGET_METRICS[result.metric] === 'size' ? ' B' : '';
  const title = sanitize(ruleTitle(result));
  const limit = `${result.metric === 'largest_free' ? 'least' : 'limit'} ${formatCount(result.limit)}${unit}`;
  const note = result.note === undefined ? '' : ` (${sanitize(result.note)})`;
  if (result.actual === undefined) return `${title}: ${result.metric} not measured, ${limit}${note}`;
  const off = Math.abs(result.actual - result.limit);
  const by = result.passed
    ? ''
    : ` (${formatCount(off)}${unit} ${result.metric === 'largest_free' ? 'short' : 'over'})`;
  const who =
    result.passed || result.frames.length === 0
      ? ''
      : `: ${frameText(result.frames[0])} ${callersText(result.frames, 2)}`;
  return `${title}: ${result.metric} ${formatCount(result.actual)}${unit}, ${limit}${by}${note}${who}`.trimEnd();
}
