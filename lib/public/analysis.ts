/**
 * Every analysis of a trace, as a plain result, and its text. All are pure functions (docs/analysis.md says what each figure means).
 *
 * @module heap-harvest/analysis
 */

export { BUDGET_METRICS, type BudgetScope } from '../analysis/budget-file.js';
export { type CaptureSummary, captureSummary } from '../analysis/capture-summary.js';
export type { DiffTotals } from '../analysis/diff.js';
export * from '../analysis/exports.js';
export type { WithStack } from '../analysis/fragmentation.js';
export type { Distribution, Lifetimes } from '../analysis/lifetimes.js';
export type { PathFigures } from '../analysis/path-table.js';
export type { PoolReplay } from '../analysis/pools/replay.js';
export type { Reproduction } from '../analysis/reproduction.js';
export type { Checked } from '../report/capture-requirement.js';
export { captureSummaryText, oracleText } from '../report/capture-summary-text.js';
export type { DiffTextOptions } from '../report/diff-text.js';
export * from '../report/exports.js';
export { type HtmlReport, htmlReport } from '../report/html-report.js';
export { oneLine } from '../report/one-line.js';
export { END_CAUSES, EndCause, type Finding, type FindingKind, type Lifespans, lifespans } from '../trace/lifespans.js';
export { LiveHeap } from '../trace/live-heap.js';
export { type ObjectGraph, ROOT_KINDS } from '../trace/object-graph.js';
export { type TraceDoubt, traceDoubts } from '../trace/trace-doubts.js';
