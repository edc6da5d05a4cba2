/** What of the reports on analyses is public: lib/public/command-line.ts passes it on. */
export { assertPathBudget, type PathLimits } from './assert-path-budget.js';
export { assertBudget, assertNoLeaks, assertNoNewPaths, type NoLeaksOptions } from './assertions.js';
export { budgetJunit } from './budget-junit.js';
export { budgetAnnotations, budgetMarkdown } from './budget-reviews.js';
export { budgetText } from './budget-text.js';
export { type CallTreeTextOptions, callTreeText } from './call-tree-text.js';
export { type CaptureRequirement, requireComplete } from './capture-requirement.js';
export { diffMarkdown, diffText } from './diff-text.js';
export { fragmentationText } from './fragmentation-text.js';
export { heapStatsText } from './heap-stats-text.js';
export { type JunitCase, junitXml } from './junit-xml.js';
export { leaksText } from './leaks-text.js';
export { poolsCHeader, poolsDroneToml, poolsZephyr } from './pools-output.js';
export { poolsText } from './pools-text.js';
export { sanitize } from './sanitize.js';
export { sizeTableText } from './size-table-text.js';
export { textTable } from './text-table.js';
export { whatIfText } from './what-if-text.js';
