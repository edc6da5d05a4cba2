import { CALL_FIGURES, type CallFigure, type CallNode } from '../../lib/public/browser.js';

type Amount = CallNode[CallFigure];

/** A node that is still being added to. */
export class GrowingNode implements CallNode {
  readonly live = new Sum();
  readonly peak = new Sum();
  readonly total = new Sum();
  readonly temporary = new Sum();
  readonly at = new Sum();
  readonly children: GrowingNode[] = [];
  private readonly byKey = new Map<string, GrowingNode>();
  readonly functionName: string;
  readonly location: string;
  readonly file: string;
  readonly line: number;

  constructor(place: Pick<CallNode, 'functionName' | 'location' | 'file' | 'line'>) {
    this.functionName = place.functionName;
    this.location = place.location;
    this.file = place.file;
    this.line = place.line;
  }

  /** The child of this place; made where there is none. */
  child(place: CallNode, key = `${place.functionName}\n${place.location}`): GrowingNode {
    const found = this.byKey.get(key);
    if (found) return found;
    const made = new GrowingNode(place);
    this.byKey.set(key, made);
    this.children.push(made);
    return made;
  }

  add(node: CallNode): void {
    for (const figure of CALL_FIGURES) this[figure].add(node[figure]);
  }
}

class Sum implements Amount {
  count = 0;
  units = 0;
  bytes = 0;

  add(amount: Amount): void {
    this.count += amount.count;
    this.units += amount.units;
    this.bytes += amount.bytes;
  }
}

/** Adds a node with all below it. */
export function addTree(into: GrowingNode, tree: CallNode): void {
  const stack: { readonly to: GrowingNode; readonly from: CallNode }[] = [{ to: into, from: tree }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    next.to.add(next.from);
    for (const child of next.from.children) stack.push({ to: next.to.child(child), from: child });
  }
}
