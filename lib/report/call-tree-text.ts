import type { Amount, CallFigure, CallNode, CallTree } from '../analysis/call-tree.js';
import { formatBytes, formatCount } from '../base/units.js';
import { sanitize } from './sanitize.js';
import { stackDoubtLines } from './trust-text.js';

/** What of a call tree is printed, and how. */
export interface CallTreeTextOptions {
  /** Which figure is printed; default `live`. */
  readonly figure?: CallFigure;
  /** CircuitPython counts blocks; default `blocks`. */
  readonly unit?: 'blocks' | 'bytes';
  /** Levels to print; default all. */
  readonly maxDepth?: number;
  /** Nodes below this share of the total (in percent) are left out; default 0. */
  readonly minPercent?: number;
  /** `plain` is CircuitPython's form; `wide` puts bytes, count and share before each line. Default `plain`. */
  readonly form?: 'plain' | 'wide';
}

/**
 * The tree in CircuitPython's form: `LOCATION FUNCTION N blocks`, two spaces of indent a level, nodes at zero left out,
 * then what is not sure of the backtraces, `N total blocks` last. Ends with a newline.
 */
export function callTreeText(tree: CallTree, options: CallTreeTextOptions = {}): string {
  const figure = options.figure ?? 'live';
  const total = tree.root[figure];
  const floor = (amountOf(total, options) * (options.minPercent ?? 0)) / 100;
  const lines: string[] = [];
  const shown = { ...options, figure, total };
  const visit = (node: CallNode, depth: number) => {
    if (depth >= (options.maxDepth ?? Number.POSITIVE_INFINITY)) return;
    for (const child of node.children) {
      const value = amountOf(child[figure], options);
      if (value === 0 || value < floor) continue;
      lines.push(nodeLine(child, depth, shown));
      visit(child, depth + 1);
    }
  };
  visit(tree.root, 0);
  lines.push(...stackDoubtLines(tree.stacks));
  lines.push(`${amountOf(total, options)} total ${options.unit ?? 'blocks'}`);
  return `${lines.join('\n')}\n`;
}

function amountOf(amount: Amount, options: CallTreeTextOptions): number {
  return (options.unit ?? 'blocks') === 'bytes' ? amount.bytes : amount.units;
}

function nodeLine(
  node: CallNode,
  depth: number,
  options: CallTreeTextOptions & { figure: CallFigure; total: Amount },
): string {
  const amount = node[options.figure];
  const place = `${'  '.repeat(depth)}${sanitize(node.location)} ${sanitize(node.functionName)}`;
  if (options.form !== 'wide') return `${place} ${amountOf(amount, options)} ${options.unit ?? 'blocks'}`;
  const share = options.total.bytes === 0 ? 0 : (100 * amount.bytes) / options.total.bytes;
  const bytes = formatBytes(amount.bytes).padStart(10);
  return `${bytes} ${formatCount(amount.count).padStart(9)}x ${share.toFixed(1).padStart(5)}%  ${place}`;
}
