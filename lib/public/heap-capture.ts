import { type Baseline, baselineOf } from '../analysis/baseline.js';
import { type CallTree, type CallTreeOptions, callTree } from '../analysis/call-tree.js';
import { type CaptureSummary, captureSummary } from '../analysis/capture-summary.js';
import { type Fragmentation, type FragmentationOptions, fragmentation } from '../analysis/fragmentation.js';
import { type HeapStats, type HeapStatsOptions, heapStats } from '../analysis/heap-stats.js';
import type { HideOptions } from '../analysis/hidden-frames.js';
import { heapLeaks, type LeakOptions, type Leaks } from '../analysis/leaks.js';
import { type CallTreeNode, callTreeNodes } from '../analysis/tree-nodes.js';
import { type HarvestOptions, harvestEvents } from '../capture/harvest-events.js';
import { type LoadOptions, loadTrace } from '../formats/load-trace.js';
import { makeOutputFolder, OUTPUT_FILES, writeOutputs } from '../output/write-outputs.js';
import { writeWhole } from '../output/write-whole.js';
import { collectTrace } from '../trace/collect-trace.js';
import type { Mark } from '../trace/heap-event.js';
import { journalBytes } from '../trace/journal-bytes.js';
import { type Lifespans, lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';
import { TraceBuilder } from '../trace/trace-builder.js';

/** A finished capture with the analyses at hand. The trace itself is plain data. */
export class HeapCapture {
  private constructor(readonly trace: Trace) {}

  /** The same at hand for a trace that comes from elsewhere: a session's dump, a file. */
  static of(trace: Trace): HeapCapture {
    return new HeapCapture(trace);
  }

  /** Named moments, in order: set by a session's `mark`, by the source, or by `addMarks`. Empty without any. */
  get marks(): readonly Mark[] {
    return this.trace.marks;
  }

  /** Blocks and bytes per source line and call path. */
  tree(options?: CallTreeOptions): CallTree {
    return callTree(this.trace, options);
  }

  /** The same tree as nodes that tree-model walks and searches. */
  treeNodes(options?: CallTreeOptions): CallTreeNode {
    return callTreeNodes(this.tree(options));
  }

  stats(options?: HeapStatsOptions): HeapStats {
    return heapStats(this.trace, options);
  }

  /** What was allocated between marks, or from begin to end, and is still alive. @throws UsageError HH1181 for an unknown mark */
  leaks(options?: LeakOptions): Leaks {
    return heapLeaks(this.trace, options);
  }

  /** Free space over time, and who walls it in. @throws UsageError HH1180 for a trace without addresses, HH2130 for a log of levels */
  fragmentation(options?: FragmentationOptions): Fragmentation {
    return fragmentation(this.trace, options);
  }

  /** The life of every allocation. */
  lifespans(): Lifespans {
    return lifespans(this.trace);
  }

  /** The call paths that allocate, for {@link assertNoNewPaths}: `JSON.stringify` it to keep it in a file. */
  baseline(options?: HideOptions): Baseline {
    return baselineOf(this.trace, options);
  }

  summary(): CaptureSummary {
    return captureSummary(this.trace);
  }

  /** Writes what the command line writes: journal, allocation_history.json, call tree, summary. @throws OutputError */
  async save(folder: string): Promise<void> {
    await makeOutputFolder(folder);
    await writeWhole(`${folder}/${OUTPUT_FILES.journal}`, journalBytes(this.trace));
    await writeOutputs(this.trace, folder);
  }
}

/** How a file is read. Without a format it is told by the content. */
export type OpenOptions = Omit<LoadOptions, 'builder'>;

/**
 * A capture from any file that can be read: a journal, a gdb log, an ESP-IDF dump, a board's JSON and all the others of
 * `harvest import` (docs/formats.md). `-` is standard input.
 *
 * @throws UsageError HH1105 when it cannot be read; TraceFormatError when it is no trace or is damaged before its first event.
 * @example
 * const capture = await openCapture('capture.harvest');
 * assertNoLeaks(capture, { from: 'before', to: 'after' });
 */
export async function openCapture(path: string, options: OpenOptions = {}): Promise<HeapCapture> {
  const { builder } = await loadTrace(path, options);
  return HeapCapture.of(builder.build());
}

/**
 * Captures a firmware's heap events until its end condition (by default until its REPL waits) and resolves with all of them.
 * Iterate `harvestEvents` instead to see events as they come, or to keep those before an error.
 *
 * @throws what `harvestEvents` throws.
 * @example
 * const capture = await harvest({ elf: 'firmware.elf', board: 'metro_m0_express' });
 * console.log(callTreeText(capture.tree()));
 */
export async function harvest(options: HarvestOptions): Promise<HeapCapture> {
  const builder = new TraceBuilder();
  await collectTrace(harvestEvents(options), builder);
  return HeapCapture.of(builder.build());
}
