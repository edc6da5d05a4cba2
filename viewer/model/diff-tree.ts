import type { CallNode } from '../../lib/public/browser.js';
import { amountOf, type Measure } from './call-rows.js';
import { GrowingNode } from './merged-tree.js';

/** What a difference is measured in: `live` of a merged node is before, `at` is after. */
export const BEFORE = 'live';
export const AFTER = 'at';

export interface TreeSide {
  readonly root: CallNode;
  readonly measure: Measure;
}

/** Two call trees in one, by function and file: shifted lines do not drown what differs. Undefined for a side that has nothing. */
export function diffTree(before: TreeSide | undefined, after: TreeSide | undefined): CallNode {
  const merged = new GrowingNode({ functionName: '', location: '', file: '', line: 0 });
  if (before) addSide(merged, before, BEFORE);
  if (after) addSide(merged, after, AFTER);
  return merged;
}

function addSide(merged: GrowingNode, { root, measure }: TreeSide, side: typeof BEFORE | typeof AFTER): void {
  const walk: { readonly to: GrowingNode; readonly from: CallNode }[] = [{ to: merged, from: root }];
  for (let next = walk.pop(); next; next = walk.pop()) {
    const { to, from } = next;
    to[side].add(from[measure.figure]);
    for (const child of from.children) {
      if (amountOf(child, measure) === 0) continue;
      walk.push({ to: to.child(child, `${child.functionName}\n${child.file || child.location}`), from: child });
    }
  }
}

/** From -1 (gone) over 0 (the same) to 1 (new). */
export function changeOf(node: CallNode, { unit }: Pick<Measure, 'unit'>): number {
  const [before, after] = [node[BEFORE][unit], node[AFTER][unit]];
  return (after - before) / Math.max(1, before, after);
}
