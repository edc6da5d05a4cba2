import type { Bytes } from '../base/units.js';
import { EndCause, type Lifespans } from '../trace/lifespans.js';
import type { Trace } from '../trace/trace.js';

/** What one task allocated. */
export interface TaskRow {
  readonly task: number;
  /** What the source calls it; empty where it only counts. */
  readonly name: string;
  readonly allocations: number;
  readonly allocatedBytes: Bytes;
  readonly liveCount: number;
  readonly liveBytes: Bytes;
}

/** Figures by the task that allocated, the most bytes alive first; empty when the source tells no tasks. */
export function taskTable(trace: Trace, spans: Lifespans): TaskRow[] {
  const { task } = trace.events;
  if (!task) return [];
  const rows = new Map<number, { -readonly [K in keyof TaskRow]: TaskRow[K] }>();
  for (let span = 0; span < spans.count; span++) {
    const id = task[spans.startSeq[span] ?? 0] ?? -1;
    if (id < 0) continue;
    let row = rows.get(id);
    if (!row) {
      const name = trace.info.taskNames?.[String(id)] ?? '';
      row = { task: id, name, allocations: 0, allocatedBytes: 0, liveCount: 0, liveBytes: 0 };
      rows.set(id, row);
    }
    const sizeBytes = spans.sizeBytes[span] ?? 0;
    row.allocations++;
    row.allocatedBytes += sizeBytes;
    if (spans.endCause[span] !== EndCause.alive) continue;
    row.liveCount++;
    row.liveBytes += sizeBytes;
  }
  return [...rows.values()].sort(
    (a, b) => b.liveBytes - a.liveBytes || b.allocatedBytes - a.allocatedBytes || a.task - b.task,
  );
}
