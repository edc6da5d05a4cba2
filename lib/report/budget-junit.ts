import { type BudgetCheck, ruleTitle } from '../analysis/budget-check.js';
import { budgetPlace } from './budget-place.js';
import { budgetLine } from './budget-text.js';
import { junitXml } from './junit-xml.js';

/**
 * A budget check as a JUnit report: a test case a limit, with the source line that holds the most of what it counts, and one for whether
 * the capture is complete. `root` is the folder of the checkout, from which files are named.
 */
export function budgetJunit(check: BudgetCheck, root?: string): string {
  const cases = check.results.map((result) => ({
    className: ruleTitle(result),
    name: result.metric,
    ...budgetPlace(result, root),
    ...(result.passed ? {} : { failure: budgetLine(result) }),
  }));
  const isSound = check.complete && check.doubtful === undefined;
  const what = check.complete ? 'doubtful' : 'incomplete';
  const whole = {
    className: 'capture',
    name: 'complete',
    ...(isSound || check.passed ? {} : { failure: `the capture is ${what}: its limits prove nothing` }),
  };
  return junitXml(check.subject, [whole, ...cases]);
}
