/** What of the analyses is public: lib/public/command-line.ts passes it on. */

export { type GuessedAt, type StackDoubts, stackDoubts } from '../trace/stack-doubts.js';
export { addMarks } from './add-marks.js';
export { type Baseline, baselineOf, baselineText, newPaths, parseBaseline } from './baseline.js';
export { type Boundary, type BoundaryOptions, boundariesOf } from './boundaries.js';
export { type BudgetCheck, type BudgetOptions, type BudgetResult, budgetCheck } from './budget-check.js';
export { type Budget, type BudgetLimit, type BudgetMetric, type BudgetRule, parseBudget } from './budget-file.js';
export {
  type Amount,
  CALL_FIGURES,
  type CallFigure,
  type CallNode,
  type CallTree,
  type CallTreeOptions,
  callTree,
} from './call-tree.js';
export { type DiffLimits, type DiffRow, diffViolations, type HeapDiff, heapDiff } from './diff.js';
export {
  type FailureReport,
  type Fragmentation,
  type FragmentationOptions,
  type FreeState,
  fragmentation,
  type RegionState,
  type RoomReport,
} from './fragmentation.js';
export { type Cut, type GapTimeline, gapTimeline } from './gap-timeline.js';
export { heapLevels, type LevelSeries, type LevelVerdict } from './heap-levels.js';
export { type FreeGap, type HeapMap, heapMap, type RegionMap } from './heap-map.js';
export { type HeapStats, type HeapStatsOptions, heapStats } from './heap-stats.js';
export { heapPeak, type Peak, type UsageCurve, usageCurve } from './heap-usage.js';
export type { HideOptions } from './hidden-frames.js';
export type { InTheWay, RegionVerdict } from './in-the-way.js';
export { heapLeaks, type LeakOptions, type LeakSite, type Leaks, type LeakVerdict } from './leaks.js';
export { type GrowingContainer, growingContainers } from './objects/containers.js';
export { type GraphMoment, graphMoment, type TypesAtMark, typesAtMarks } from './objects/graph-moments.js';
export { ObjectMap, type TypeRow, type WhyAlive } from './objects/object-map.js';
export { type ProvenLeakSite, type ProvenLeaks, provenLeaks } from './objects/proven-leaks.js';
export { type AliveBlock, aliveBlocks } from './objects/why-source.js';
export type { Phase } from './phases.js';
export type { Place } from './places.js';
export { POLICIES, policyById } from './policies/all-policies.js';
export type { HeapSpace, Placement, PlacementPolicy } from './policies/placement-policy.js';
export type { Pool, PoolLayout } from './pools/layout.js';
export { type PoolCurvePoint, type PoolOptions, type PoolPlan, poolPlan } from './pools/pool-plan.js';
export type { Room, RoomBlock } from './room.js';
export { FRAME_VIEWS, type FrameView, selectFrames } from './select-frames.js';
export type { ShownFrame } from './shown-stack.js';
export { shownTrace } from './shown-trace.js';
export type { SizeBucket } from './size-buckets.js';
export { type SizeRow, type SizeTable, sizeTable } from './size-table.js';
export type { SourceRow } from './source-table.js';
export type { TaskRow } from './task-table.js';
export { type TimeLabel, timeLabel } from './time-label.js';
export { traceWindow, type WindowOptions } from './trace-window.js';
export { type CallTreeNode, callTreeNodes } from './tree-nodes.js';
export { type Wall, wallsOf } from './walls.js';
export { type WhatIf, type WhatIfOptions, whatIf } from './what-if.js';
