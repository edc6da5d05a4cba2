import { type BudgetCheck, ruleTitle } from '../analysis/budget-check.js';
import { budgetLine } from './budget-text.js';
import { junitXml } from './junit-xml.js';

/** A budget check as a JUnit report: a test case a limit, and one for whether the capture is complete. */
export function budgetJunit(check: BudgetCheck): string {
  const cases = check.results.map((result) => ({
    className: ruleTitle(result),
    name: result.metric,
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
