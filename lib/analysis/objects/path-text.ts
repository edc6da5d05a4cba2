import type { ObjectGraph } from '../../trace/object-graph.js';
import type { Reachable } from '../../trace/reachable.js';

/** One step of the way from a root to a block. */
export interface PathStep {
  readonly block: number;
  /** What the edge that leads here is called; of the first step the root's name. */
  readonly label: string;
}

/** Longer ways are cut in their middle. */
const MAX_SHOWN = 12;

/** The way from a root to a block, the root's step first; empty where nothing reaches it. */
export function pathTo(graph: ObjectGraph, { edge, parent, root }: Reachable, block: number): PathStep[] {
  const steps: PathStep[] = [];
  for (let at = block; at >= 0 && steps.length <= graph.count; at = parent[at] ?? -1) {
    const by = edge[at] ?? -1;
    const label = by >= 0 ? graph.edgeLabel[by] : graph.rootLabel[root[at] ?? -1];
    if (by < 0 && (root[at] ?? -1) < 0) return [];
    steps.push({ block: at, label: graph.texts[label ?? 0] ?? '' });
  }
  return steps.reverse();
}

/**
 * A way in words: `__main__.__dict__['cache'] -> list[3] -> Dog.tricks`. Each arrow leads to an object, which is named by its type; a module by its
 * own name, with which the way begins anew. Storage of an object goes on with the object's own name.
 */
export function pathText(graph: ObjectGraph, steps: readonly PathStep[]): string {
  let parts: string[] = [];
  let isOpen = false;
  for (const [index, { block, label }] of steps.entries()) {
    if (index === 0) parts.push(label);
    else if (isOpen) parts.push(`${parts.pop() ?? ''}${label}`);
    else parts.push(`${typeOf(graph, steps[index - 1]?.block ?? -1)}${label}`);
    isOpen = label === '' || label.endsWith('__dict__') || label === 'sys.modules';
    const module = /^module (.*)$/s.exec(graph.texts[graph.type[block] ?? 0] ?? '')?.[1];
    if (module === undefined || index === steps.length - 1) continue;
    parts = [module];
    isOpen = true;
  }
  const kept = MAX_SHOWN / 2;
  if (parts.length > MAX_SHOWN)
    parts = [...parts.slice(0, kept), `(${parts.length - MAX_SHOWN} more)`, ...parts.slice(-kept)];
  return parts.join(' -> ');
}

/** The same without what differs from one to the next element of a container: `list[*]`, so that ways of one shape are one text. */
export function shapeText(graph: ObjectGraph, steps: readonly PathStep[]): string {
  return pathText(
    graph,
    steps.map((step, index) => (index === 0 ? step : { ...step, label: step.label.replace(/^\[.*\]$/s, '[*]') })),
  );
}

/** A block's type, for people. */
export function typeOf(graph: ObjectGraph, block: number): string {
  const type = graph.texts[graph.type[block] ?? 0] ?? '';
  return type === '' ? 'block' : type;
}
