/**
 * What the viewer uses of the library, in one place. It names modules instead of lib/public/index.ts because the index also offers what
 * only runs on Node (processes, files, sockets).
 */

export { type AlloctraceStatus, DEFAULT_BASE_PATH, parseStatus } from '../lib/alloctrace/protocol.js';
export {
  CALL_FIGURES,
  type CallFigure,
  type CallNode,
  type CallTree,
  callTree,
  isTemporary,
} from '../lib/analysis/call-tree.js';
export { type DiffRow, diffTraces, type HeapDiff } from '../lib/analysis/diff.js';
export { type GapTimeline, gapTimeline } from '../lib/analysis/gap-timeline.js';
export { fragmentationOf, type HeapMap, heapMap } from '../lib/analysis/heap-map.js';
export { heapRegions } from '../lib/analysis/heap-regions.js';
export { type HeapStats, heapStats } from '../lib/analysis/heap-stats.js';
export { peakOf, type UsageCurve, usageCurve } from '../lib/analysis/heap-usage.js';
export { hiddenFrames, sourceFrames } from '../lib/analysis/hidden-frames.js';
export { type Holder, holdersOf } from '../lib/analysis/holders.js';
export { findLeaks, type Leaks, type LeakVerdict } from '../lib/analysis/leaks.js';
export { compareText, NO_PLACE, type Place, placeOf } from '../lib/analysis/places.js';
export { type PoolPlan, planPools } from '../lib/analysis/pools/pool-plan.js';
export { spanSources } from '../lib/analysis/source-table.js';
export { type Wall, wallsOf } from '../lib/analysis/walls.js';
export { formatAddress, formatBytes, formatCount, parseAddress, parseSize } from '../lib/base/units.js';
export {
  DeviceLostError,
  ExitCode,
  errorMessage,
  HarvestError,
  TargetError,
  TraceFormatError,
  UsageError,
} from '../lib/errors/errors.js';
export { AlloctraceDecoder } from '../lib/formats/alloctrace-json.js';
export { detectFormat, FORMATS } from '../lib/formats/registry.js';
export { poolsCHeader, poolsDroneToml, poolsZephyr } from '../lib/report/pools-output.js';
export { sanitize } from '../lib/report/sanitize.js';
export { trustLines } from '../lib/report/trust-text.js';
export type { RingSettingsChange } from '../lib/ring/ring-settings.js';
export { callerFrames } from '../lib/symbols/caller-frames.js';
export { createSymbolizer, type Symbolizer } from '../lib/symbols/symbolizer.js';
export type { Epoch, Frame, Gap, HeapRegion, Mark, TraceInfo } from '../lib/trace/heap-event.js';
export { isJournal } from '../lib/trace/journal-format.js';
export { JournalReader } from '../lib/trace/journal-reader.js';
export { END_CAUSES, EndCause, type Lifespans, lifespans } from '../lib/trace/lifespans.js';
export { FrameFlag, InternTables } from '../lib/trace/tables.js';
export { EVENT_KINDS, EventKind, frameAt, stackFrameIds, type Trace } from '../lib/trace/trace.js';
export { TraceBuilder } from '../lib/trace/trace-builder.js';
