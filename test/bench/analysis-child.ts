import { readFileSync } from 'node:fs';
import { callTree } from '../../lib/analysis/call-tree.js';
import { gapTimeline } from '../../lib/analysis/gap-timeline.js';
import { heapMap } from '../../lib/analysis/heap-map.js';
import { heapStats } from '../../lib/analysis/heap-stats.js';
import { heapLeaks } from '../../lib/analysis/leaks.js';
import { wallsOf } from '../../lib/analysis/walls.js';
import type { Trace } from '../../lib/trace/trace.js';
import { readTraceFile } from './trace-file.js';

/** The process that runs one analysis, so that its peak memory is its own. Told what to do by a message, answers with one. */
export interface ChildTask {
  readonly analysis: keyof typeof ANALYSES;
  readonly path: string;
}
export interface ChildAnswer {
  readonly ms: number;
  /** Of all threads, the collector's included: steadier than `ms` on a busy machine. */
  readonly cpuMs: number;
  readonly maxRssMb: number;
  /** Something that depends on the whole result, to compare and to keep the work from being optimised away. */
  readonly check: number;
}

const ANALYSES = {
  tree: (trace: Trace) => callTree(trace).root.live.bytes,
  stats: (trace: Trace) => heapStats(trace).peak.bytes,
  leaks: (trace: Trace) => heapLeaks(trace).suspectBytes,
  'frag-at-event': (trace: Trace) => {
    const map = heapMap(trace, Math.floor(trace.eventCount / 2));
    return map.largestFreeBytes + wallsOf(trace, map).length;
  },
  'frag-timeline': (trace: Trace) => gapTimeline(trace)?.largestFreeBytes[trace.eventCount - 1] ?? 0,
};

process.once('message', (message) => {
  const { analysis, path } = message as ChildTask;
  const trace = readTraceFile(readFileSync(path));
  const cpu = process.cpuUsage();
  const start = performance.now();
  const check = ANALYSES[analysis](trace);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const answer: ChildAnswer = {
    ms,
    cpuMs: (user + system) / 1000,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
    check,
  };
  process.send?.(answer, () => process.disconnect());
});
