/** What the command line uses besides the package's entries: tools, servers and outputs that are no public promise. */

export { type AllocatorMatch, detectAllocators } from '../allocators/detect-allocator.js';
export {
  type AllocatorProfile,
  allAllocators,
  allocatorNames,
  loadAllocator,
  parseAllocator,
} from '../allocators/load-allocator.js';
export { fragmentationSink } from '../analysis/one-pass/fragmentation.js';
export { heapLeaksSink } from '../analysis/one-pass/leaks.js';
export { heapStatsSink } from '../analysis/one-pass/stats.js';
export { callTreeSink } from '../analysis/one-pass/tree.js';
export { gdbProgramsOf } from '../arch/architectures.js';
export { deadline } from '../base/deadline.js';
export { type Defined, defined } from '../base/defined.js';
export { didYouMean } from '../base/did-you-mean.js';
export { installHint, serialPermissionHint } from '../base/install-hint.js';
export { oddNameRemedy } from '../base/odd-name.js';
export { packageRoot } from '../base/package-root.js';
export { MAX_FILE_BYTES, readWhole } from '../base/read-file.js';
export { outputOf, runTool, type ToolResult } from '../base/run-tool.js';
export { MAX_TIMER_MS } from '../base/timers.js';
export { type Traffic, watchTraffic } from '../base/traffic.js';
export * from '../base/units.js';
export { version } from '../base/version.js';
export type { ChipDescription } from '../boards/chip-description.js';
export { boardFileOf, chipNamed, chipsIn } from '../boards/import-board.js';
export { allBoards, parseBoard, USER_BOARD_FOLDERS } from '../boards/load-board.js';
export { type UsbDevice, usbDevices } from '../boards/usb-devices.js';
export { type PluggedProbe, probesAmong, udevRuleFor } from '../boards/usb-probes.js';
export type { ConsoleLine } from '../capture/console/console-lines.js';
export { type DebugPorts, debugPorts } from '../capture/debug-port.js';
export { DirectEngine, type DirectEngineOptions } from '../capture/direct/direct-engine.js';
export { firmwareOnBoard } from '../capture/firmware-on-board.js';
export { stopPoints } from '../capture/plan/make-plan.js';
export { type RamDump, type RamDumpPlan, ramDumps, writableRegion } from '../capture/ram-dumps.js';
export { ENGINE_NAMES, type EngineName } from '../capture/select-engine.js';
export { ERROR_CATALOGUE, type ErrorExplanation } from '../errors/catalogue.js';
export * from '../errors/errors.js';
export { firmwareNotes } from '../firmware/firmware-notes.js';
export { journalFigures } from '../formats/journal-runs.js';
export { isText, readGcText } from '../formats/micropython/mem-info.js';
export { type LinePattern, parsePattern, parsePatternFile } from '../formats/pattern/parse-pattern.js';
export type { GcTextDump, GcTotals } from '../interpreters/micropython/gc-text.js';
export { micropythonObjects } from '../interpreters/micropython/objects/micropython-objects.js';
export { findGdb, type GdbProgram } from '../link/mi/find-gdb.js';
export { checkTarget, type TargetCheck } from '../link/server/check-target.js';
export { type ConnectOptions, connect } from '../link/server/connect.js';
export { qemuInstallHint, qemuProgramOf } from '../link/server/qemu.js';
export { AFTER_MODES, type AfterMode, SERVER_KINDS, SERVER_NAMES, type ServerKind } from '../link/server/target.js';
export { boardOf, RESET_MODES, type ResetMode, type TargetOptions } from '../link/server/target-options.js';
export { type SpeedscopeServer, serveSpeedscope } from '../output/speedscope-app.js';
export { loadViewerPage, traceReport } from '../output/viewer-page.js';
export {
  makeOutputFolder,
  OUTPUT_FILES,
  removeUnusedFolder,
  type WrittenOutputs,
  writeOutputs,
} from '../output/write-outputs.js';
export { writeWhole } from '../output/write-whole.js';
export { type GcMoment, gcSequenceText } from '../report/gc-layout-text.js';
export type { RunSink } from '../trace/event-run.js';
export * from './analysis.js';
export * from './formats.js';
export * from './index.js';
export * from './live.js';
