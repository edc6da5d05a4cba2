import { lastAtOrBefore, typeOf } from '../../lib/public/browser.js';
import { blockOf } from './block.js';
import type { LoadedTrace } from './loaded-trace.js';

/**
 * What a lifespan's block was when the capture read the heap's objects for the last time; empty for blocks that were not alive then, and in a trace
 * without object types.
 */
export function objectTypes(loaded: LoadedTrace): (span: number) => string {
  const { trace, spans } = loaded;
  const graph = trace.graphs.at(-1);
  if (!graph) return () => '';
  return (span) => {
    const alive = (spans.startSeq[span] ?? 0) < graph.beforeSeq && (spans.endSeq[span] ?? 0) >= graph.beforeSeq;
    const { address } = blockOf(loaded, span);
    const block = alive ? lastAtOrBefore(graph.address, address) : -1;
    const inside = block >= 0 && address < (graph.address[block] ?? 0) + (graph.sizeBytes[block] ?? 0);
    return inside ? typeOf(graph, block) : '';
  };
}
