import { type BudgetCheck, ruleTitle } from '../analysis/budget-check.js';
import { formatCount } from '../base/units.js';
import { type BudgetPlace, budgetPlace } from './budget-place.js';
import { budgetLine } from './budget-text.js';
import { markdownCode } from './markdown.js';
import { sanitize } from './sanitize.js';

/** A budget check as Markdown for a pull request: a row a limit. Ends with a newline. */
export function budgetMarkdown(check: BudgetCheck): string {
  const rows = check.results.map((result) => {
    const { actual, limit, metric, frames } = result;
    const who = frames[0] ? markdownCode(`${frames[0].functionName} ${frames[0].location}`) : '';
    const cells = [
      result.passed ? 'kept' : '**broken**',
      markdownCode(ruleTitle(result)),
      metric,
      actual === undefined ? 'not measured' : formatCount(actual),
      formatCount(limit),
      who,
      result.note === undefined ? '' : markdownCode(result.note),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const unsound = unsoundness(check);
  return `${[
    `### Heap budget: ${check.passed ? 'kept' : '**broken**'}`,
    '',
    '| | limit on | metric | found | limit | most of it | |',
    '|---|---|---|---:|---:|---|---|',
    ...rows,
    ...(unsound === undefined ? [] : ['', `**${unsound}**`]),
  ].join('\n')}\n`;
}

/**
 * A budget check as workflow commands of GitHub Actions: an error a broken limit, at the source line that holds the most of what is
 * counted. `root` is the folder of the checkout; files outside of it are named in the message only. Empty when all is well.
 * The form is that of GitHub's documentation, "Workflow commands for GitHub Actions": `::error file=F,line=N,title=T::MESSAGE`.
 */
export function budgetAnnotations(check: BudgetCheck, root?: string): string {
  const broken = check.results.filter((result) => !result.passed);
  const unsound = unsoundness(check);
  const lines = broken.map((result) => annotation(budgetPlace(result, root), budgetLine(result)));
  if (unsound !== undefined) lines.push(annotation({}, unsound));
  return lines.map((line) => `${line}\n`).join('');
}

function unsoundness({ complete, doubtful, passed }: BudgetCheck): string | undefined {
  if (passed) return undefined;
  if (!complete) return 'the capture is incomplete: its limits prove nothing';
  return doubtful === undefined
    ? undefined
    : `the capture is doubtful (${sanitize(doubtful)}): its limits prove nothing`;
}

function annotation({ file, line }: BudgetPlace, message: string): string {
  const fields = [
    ...(file === undefined ? [] : [`file=${property(file)}`, `line=${line}`]),
    `title=${property('heap budget')}`,
  ];
  return `::error ${fields.join(',')}::${data(message)}`;
}

/** What ends a command, a field or its value is escaped as the runner reads it. */
function data(text: string): string {
  return sanitize(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
