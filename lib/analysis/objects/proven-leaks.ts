import { defined } from '../../base/defined.js';
import type { Bytes, StackId } from '../../base/units.js';
import type { Gap } from '../../trace/heap-event.js';
import { blockAt } from '../../trace/object-graph.js';
import { Reach, reachable } from '../../trace/reachable.js';
import { type StackDoubts, stackDoubts } from '../../trace/stack-doubts.js';
import type { Trace } from '../../trace/trace.js';
import { framesToHide, type HideOptions } from '../hidden-frames.js';
import { compareText, type Place } from '../places.js';
import { type ShownFrame, shownStack } from '../shown-stack.js';
import { graphBefore } from './graph-moments.js';
import { aliveBlocks } from './why-source.js';

/** What one source has left that nothing holds, or only pointers into the inside of blocks. */
export interface ProvenLeakSite extends Place {
  readonly count: number;
  readonly bytes: Bytes;
  /** Of them what another leaked block points to: it leaked together with that one. */
  readonly indirectCount: number;
  /** The path that left the most bytes, innermost first. */
  readonly frames: readonly ShownFrame[];
}

/** What has leaked, proven by the memory of the target at the end of the capture. */
export interface ProvenLeaks {
  readonly schema: 'heap-harvest/proven-leaks@1';
  /** `blocks`: nothing will ever free them. `objects`: garbage that the next collection frees, which is no leak. */
  readonly heap: 'objects' | 'blocks';
  /** Nothing points to them: no variable, stack, register or block that is alive. The most bytes first. */
  readonly proven: readonly ProvenLeakSite[];
  /** Only pointers into the inside of blocks lead to them. The most bytes first. */
  readonly possible: readonly ProvenLeakSite[];
  readonly provenCount: number;
  readonly provenBytes: Bytes;
  readonly possibleCount: number;
  readonly possibleBytes: Bytes;
  /** What was looked at. */
  readonly liveCount: number;
  /** What could not be read, so that what it holds seems to have leaked. Absent when all was. */
  readonly unsure?: string;
  readonly complete: boolean;
  readonly gaps: readonly Gap[];
  /** What is not sure of the backtraces; absent when all are whole and exact. */
  readonly stacks?: StackDoubts;
}

/**
 * What is alive at the end of a capture and no word of the target's memory points to. Undefined for a trace that does not say who holds which
 * block, or of another moment than its end.
 */
export function provenLeaks(trace: Trace, options: HideOptions = {}): ProvenLeaks | undefined {
  const graph = graphBefore(trace, trace.eventCount);
  if (!graph) return undefined;
  const { level } = reachable(graph);
  const isHeld = new Uint8Array(graph.count);
  for (let block = 0; block < graph.count; block++) {
    if (level[block] !== Reach.none) continue;
    for (const to of graph.edgeTo.subarray(graph.firstEdge[block], graph.firstEdge[block + 1]))
      if (to !== block) isHeld[to] = 1;
  }
  const { hidden } = framesToHide(trace, options);
  const [proven, possible] = [new Sites(trace, hidden), new Sites(trace, hidden)];
  for (const alive of aliveBlocks(trace, options)) {
    const block = blockAt(graph, alive.address);
    if (block < 0 || level[block] === Reach.whole) continue;
    const sites = level[block] === Reach.none ? proven : possible;
    sites.add(alive.source, { seq: alive.seq, isIndirect: level[block] === Reach.none && isHeld[block] === 1 });
  }
  return {
    schema: 'heap-harvest/proven-leaks@1',
    heap: graph.heap,
    proven: proven.list(),
    possible: possible.list(),
    provenCount: proven.count,
    provenBytes: proven.bytes,
    possibleCount: possible.count,
    possibleBytes: possible.bytes,
    liveCount: graph.count,
    ...(graph.unsure === undefined ? {} : { unsure: graph.unsure }),
    complete: trace.info.complete,
    gaps: trace.gaps,
    ...defined({ stacks: stackDoubts(trace) }),
  };
}

/** Figures by source. */
class Sites {
  count = 0;
  bytes: Bytes = 0;
  private readonly sums = new Map<
    string,
    { place: Place; count: number; bytes: Bytes; indirect: number; byStack: Map<StackId, Bytes> }
  >();

  constructor(
    private readonly trace: Trace,
    private readonly hidden: Uint8Array,
  ) {}

  add(place: Place, { seq, isIndirect }: { readonly seq: number; readonly isIndirect: boolean }): void {
    const { events } = this.trace;
    const key = `${place.functionName}\n${place.location}`;
    const sum = this.sums.get(key) ?? { place, count: 0, bytes: 0, indirect: 0, byStack: new Map<StackId, Bytes>() };
    this.sums.set(key, sum);
    const sizeBytes = events.sizeBytes[seq] ?? 0;
    const stack = events.stack[seq] ?? -1;
    sum.count++;
    sum.bytes += sizeBytes;
    if (isIndirect) sum.indirect++;
    sum.byStack.set(stack, (sum.byStack.get(stack) ?? 0) + sizeBytes);
    this.count++;
    this.bytes += sizeBytes;
  }

  list(): ProvenLeakSite[] {
    return [...this.sums.values()]
      .map(({ place, count, bytes, indirect, byStack }) => {
        const [stack = -1] = [...byStack].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [-1, -1]);
        return { ...place, count, bytes, indirectCount: indirect, frames: shownStack(this.trace, stack, this.hidden) };
      })
      .sort((a, b) => b.bytes - a.bytes || compareText(a.location, b.location));
  }
}
