import type { CallNode } from '../../lib/public/browser.js';
import { amountOf, type Measure } from './call-rows.js';
import { addTree, GrowingNode } from './merged-tree.js';

/** What one function called and who called it, over all places of a call tree. Both begin with the function itself. */
export interface Sandwich {
  readonly callees: CallNode;
  /** Children are callers. */
  readonly callers: CallNode;
}

const NOWHERE = { location: '', file: '', line: 0 };

/** Of a function that calls itself only the outermost call counts, so that nothing counts twice. Undefined where it is nowhere. */
export function sandwich(root: CallNode, functionName: string): Sandwich | undefined {
  const callees = new GrowingNode({ ...NOWHERE, functionName });
  const callers = new GrowingNode({ ...NOWHERE, functionName });
  let found = false;
  const walk: { readonly node: CallNode; readonly path: Path | undefined }[] = [{ node: root, path: undefined }];
  for (let next = walk.pop(); next; next = walk.pop()) {
    const { node, path } = next;
    if (node !== root && node.functionName === functionName) {
      found = true;
      addTree(callees, node);
      addCallers(callers, node, path);
      continue;
    }
    const own = node === root ? undefined : { node, above: path };
    for (const child of node.children) walk.push({ node: child, path: own });
  }
  return found ? { callees, callers } : undefined;
}

/** The callers of a node, the nearest first. */
interface Path {
  readonly node: CallNode;
  readonly above: Path | undefined;
}

function addCallers(callers: GrowingNode, node: CallNode, path: Path | undefined): void {
  let at = callers;
  at.add(node);
  for (let above = path; above; above = above.above) {
    at = at.child(above.node);
    at.add(node);
  }
}

/** The functions of a tree with what was allocated in and below them, the most first; of those that call themselves, once. */
export function functionsOf(
  root: CallNode,
  measure: Measure,
): readonly { readonly name: string; readonly amount: number }[] {
  const sums = new Map<string, number>();
  const walk: { readonly node: CallNode; readonly inside: ReadonlySet<string> }[] = [{ node: root, inside: new Set() }];
  for (let next = walk.pop(); next; next = walk.pop()) {
    const { node, inside } = next;
    const { functionName } = node;
    const counts = node !== root && functionName !== '' && !inside.has(functionName);
    if (counts) sums.set(functionName, (sums.get(functionName) ?? 0) + amountOf(node, measure));
    const below = counts ? new Set([...inside, functionName]) : inside;
    for (const child of node.children) walk.push({ node: child, inside: below });
  }
  return [...sums].map(([name, amount]) => ({ name, amount })).sort((a, b) => b.amount - a.amount);
}
