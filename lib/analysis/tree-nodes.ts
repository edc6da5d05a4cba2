import TreeModel from 'tree-model';
import type { CallNode, CallTree } from './call-tree.js';

/** A node of the tree-model package: `model` holds the figures; `walk`, `first`, `all`, `getPath` go through the tree. */
export type CallTreeNode = TreeModel.Node<CallNode>;

/**
 * The call tree as tree-model nodes; returns the root. The nodes share their models with the tree: change neither.
 *
 * @example callTreeNodes(callTree(trace)).first((node) => node.model.functionName === 'main')?.model.live.bytes
 */
export function callTreeNodes(tree: CallTree): CallTreeNode {
  // tree-model types its models as mutable; it writes to them only through addChild and with a comparator, used by nobody here.
  return new TreeModel().parse<CallNode>(tree.root as unknown as TreeModel.Model<CallNode>);
}
