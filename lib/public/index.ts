/**
 * Captures the heap of a microcontroller's firmware, and checks it in test scripts: all that a test script needs.
 *
 * `heap-harvest/analysis` has every analysis and its text, `heap-harvest/formats` readers, writers and what builds traces,
 * `heap-harvest/live` boards that are traced as they run, `heap-harvest/browser` what a web page can use.
 *
 * @module heap-harvest
 */
export type { Baseline } from '../analysis/baseline.js';
export type { CallNode, CallTree, CallTreeOptions } from '../analysis/call-tree.js';
export type { CaptureSummary } from '../analysis/capture-summary.js';
export type { Fragmentation, FragmentationOptions } from '../analysis/fragmentation.js';
export type { HeapStats, HeapStatsOptions } from '../analysis/heap-stats.js';
export type { LeakOptions, LeakSite, Leaks } from '../analysis/leaks.js';
export type { Board } from '../boards/board.js';
export { boardNames, loadBoard } from '../boards/load-board.js';
export type { HarvestOptions } from '../capture/harvest-events.js';
export { harvestEvents } from '../capture/harvest-events.js';
export {
  BoardConfigError,
  CheckFailedError,
  DeviceLostError,
  GdbError,
  HarvestError,
  OutputError,
  SymbolError,
  TargetError,
  ToolMissingError,
  TraceFormatError,
  UsageError,
} from '../errors/errors.js';
export { assertNoProvenLeaks, type NoProvenLeaksOptions } from '../report/assert-no-proven-leaks.js';
export { assertPathBudget, type PathLimits } from '../report/assert-path-budget.js';
export { assertBudget, assertNoLeaks, assertNoNewPaths, type NoLeaksOptions } from '../report/assertions.js';
export { callTreeText } from '../report/call-tree-text.js';
export { LiveHeapSession, type TargetSessionOptions } from '../session/live-heap-session.js';
export { NodeMcuSession } from '../session/nodemcu-session.js';
export type { Backtrace, Frame, HeapEvent, Mark, TraceInfo, TraceRecord } from '../trace/heap-event.js';
export type { Trace } from '../trace/trace.js';
export { HeapCapture, harvest, type OpenOptions, openCapture } from './heap-capture.js';
