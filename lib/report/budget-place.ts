import type { BudgetResult } from '../analysis/budget-check.js';

/** The source line of a limit, as a reviewing program finds it. */
export interface BudgetPlace {
  /** From the root of the checkout, with forward slashes; absent when nobody knows, or when it lies outside. */
  readonly file?: string;
  readonly line?: string;
}

/** Where the most of what a limit counts is allocated. `root` is the folder of the checkout. */
export function budgetPlace({ frames }: Pick<BudgetResult, 'frames'>, root: string | undefined): BudgetPlace {
  const found = /^(.+):(\d+)$/.exec(frames[0]?.location ?? '');
  if (!found) return {};
  const path = (found[1] ?? '').replaceAll('\\', '/');
  const base = root === undefined ? undefined : `${root.replaceAll('\\', '/').replace(/\/+$/, '')}/`;
  const inside = base !== undefined && path.startsWith(base) ? path.slice(base.length) : path;
  if (/^(\/|[A-Za-z]:)/.test(inside)) return {};
  // Makefiles name sources from their own folder: MicroPython's ports say ../../py/gc.c.
  return { file: inside.replace(/^(?:\.{1,2}\/)+/, ''), line: found[2] ?? '1' };
}
