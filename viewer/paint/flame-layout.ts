import type { CallNode } from '../../lib/public/browser.js';
import { amountOf, childrenOf, type Measure } from '../model/call-rows.js';

export interface FlameBox {
  readonly node: CallNode;
  readonly depth: number;
  /** Shares of the width, from 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly parent: FlameBox | undefined;
}

const MAX_BOXES = 60_000;

/**
 * The boxes of a flame graph over the last node of a path from the root of the tree, which is as wide as the graph, and so are those
 * above it; boxes too narrow to see are left out with all that is above them.
 */
export function flameLayout(path: readonly CallNode[], measure: Measure, leastShare: number): FlameBox[] {
  const boxes: FlameBox[] = [];
  for (const node of path) boxes.push({ node, depth: boxes.length, from: 0, to: 1, parent: boxes.at(-1) });
  for (let at = Math.max(0, boxes.length - 1); at < boxes.length && boxes.length < MAX_BOXES; at++) {
    const box = boxes[at];
    if (!box) break;
    const total = amountOf(box.node, measure);
    if (total <= 0) continue;
    let from = box.from;
    for (const child of childrenOf(box.node, measure)) {
      const to = from + ((box.to - box.from) * amountOf(child, measure)) / total;
      // Children come in order of their size: all that follow are narrower still.
      if (to - from < leastShare) break;
      boxes.push({ node: child, depth: box.depth + 1, from, to, parent: box });
      from = to;
    }
  }
  return boxes;
}

/** The nodes from the root of the tree to a box. */
export function pathTo(box: FlameBox | undefined): CallNode[] {
  const path: CallNode[] = [];
  for (let at = box; at; at = at.parent) path.unshift(at.node);
  return path;
}

/** The box that an arrow key leads to; undefined at an edge. */
export function neighbour(boxes: readonly FlameBox[], box: FlameBox, key: string): FlameBox | undefined {
  if (key === 'ArrowUp') return box.parent;
  if (key === 'ArrowDown') return boxes.find(({ parent }) => parent === box);
  const row = boxes.filter(({ depth }) => depth === box.depth).sort((a, b) => a.from - b.from);
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
  return step === 0 ? undefined : row[row.indexOf(box) + step];
}
