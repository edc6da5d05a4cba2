import type { CallNode } from '../../lib/public/browser.js';
import { amountOf, childrenOf, type Measure } from '../model/call-rows.js';

export interface FlameBox {
  readonly node: CallNode;
  readonly depth: number;
  /** Shares of the width, from 0 to 1. */
  readonly from: number;
  readonly to: number;
}

const MAX_BOXES = 60_000;

/** The boxes of a flame graph over `root`, those too narrow to see left out with all that is above them. */
export function flameLayout(root: CallNode, measure: Measure, leastShare: number): FlameBox[] {
  const boxes: FlameBox[] = [{ node: root, depth: 0, from: 0, to: 1 }];
  for (let at = 0; at < boxes.length && boxes.length < MAX_BOXES; at++) {
    const box = boxes[at];
    if (!box) break;
    const total = amountOf(box.node, measure);
    if (total <= 0) continue;
    let from = box.from;
    for (const child of childrenOf(box.node, measure)) {
      const to = from + ((box.to - box.from) * amountOf(child, measure)) / total;
      // Children come in order of their size: all that follow are narrower still.
      if (to - from < leastShare) break;
      boxes.push({ node: child, depth: box.depth + 1, from, to });
      from = to;
    }
  }
  return boxes;
}
