import type { CallFigure, CallNode } from '../../lib/public/browser.js';
import type { AmountUnit } from '../state/app-state.js';

/** What of a node is looked at. */
export interface Measure {
  readonly figure: CallFigure;
  readonly unit: AmountUnit;
}

export function amountOf(node: CallNode, { figure, unit }: Measure): number {
  return node[figure][unit];
}

export interface CallRow {
  readonly node: CallNode;
  readonly depth: number;
  readonly open: boolean;
  readonly leaf: boolean;
}

/** The children of a node that have anything, the largest first. */
export function childrenOf(node: CallNode, measure: Measure): CallNode[] {
  return node.children
    .filter((child) => amountOf(child, measure) > 0)
    .sort((a, b) => amountOf(b, measure) - amountOf(a, measure));
}

/** The rows of a tree of which some nodes are open, from top to bottom; at most `limit`. */
export function callRows(root: CallNode, open: ReadonlySet<CallNode>, measure: Measure, limit = 200_000): CallRow[] {
  const rows: CallRow[] = [];
  const stack = childrenOf(root, measure)
    .reverse()
    .map((node) => ({ node, depth: 0 }));
  for (let next = stack.pop(); next && rows.length < limit; next = stack.pop()) {
    const { node, depth } = next;
    const children = childrenOf(node, measure);
    const isOpen = open.has(node);
    rows.push({ node, depth, open: isOpen, leaf: children.length === 0 });
    if (!isOpen) continue;
    for (const child of children.reverse()) stack.push({ node: child, depth: depth + 1 });
  }
  return rows;
}

/** Opens the heaviest path: as far as one child has most of its parent. */
export function heaviestPath(root: CallNode, measure: Measure): Set<CallNode> {
  const open = new Set<CallNode>();
  for (let node: CallNode | undefined = root; node && open.size < 200; ) {
    const [first]: CallNode[] = childrenOf(node, measure);
    if (first) open.add(first);
    node = first && amountOf(first, measure) * 2 > amountOf(root, measure) ? first : undefined;
  }
  return open;
}
