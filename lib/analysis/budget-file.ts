import { parse, TomlError } from 'smol-toml';
import { didYouMean } from '../base/did-you-mean.js';
import { parseSize } from '../base/units.js';
import { UsageError } from '../errors/errors.js';

/** What a limit can be on; bytes unless said otherwise. All are upper limits but `largest_free`. */
export const BUDGET_METRICS = {
  /** Alive together at the most. */
  peak: 'size',
  /** Alive at the end. */
  live: 'size',
  /** Allocations alive at the end. */
  blocks: 'count',
  /** Allocations in all. */
  count: 'count',
  /** Requests that failed. */
  failures: 'count',
  /** Live at the end of the phase minus live at its begin. */
  growth: 'size',
  /** The smallest that the largest free block may ever become. */
  largest_free: 'size',
} as const;
/** One of the keys of {@link BUDGET_METRICS}. */
export type BudgetMetric = keyof typeof BUDGET_METRICS;

/** What an entry of a budget limits. */
export type BudgetScope = 'heap' | 'function' | 'source' | 'phase';

const METRICS_OF: Readonly<Record<BudgetScope, readonly BudgetMetric[]>> = {
  heap: ['peak', 'live', 'blocks', 'count', 'failures', 'largest_free'],
  function: ['peak', 'live', 'blocks', 'count'],
  source: ['peak', 'live', 'blocks', 'count'],
  phase: ['peak', 'growth', 'count', 'failures', 'largest_free'],
};

/** One figure that may not be passed: bytes or a count, by its metric. */
export interface BudgetLimit {
  readonly metric: BudgetMetric;
  readonly limit: number;
}

/** The limits on one thing. */
export interface BudgetRule {
  readonly scope: BudgetScope;
  /** The function's or phase's name, the source's file, file:line or function; empty for the heap. */
  readonly name: string;
  readonly limits: readonly BudgetLimit[];
}

/** A file of limits, read. */
export interface Budget {
  /** What the messages call it: the file's name. */
  readonly subject: string;
  /** In the order of the file: heap, functions, sources, phases. */
  readonly rules: readonly BudgetRule[];
}

/**
 * Reads heap.budget.toml (docs/analysis.md, "Budgets").
 *
 * @throws UsageError HH1186 for what is not TOML, an unknown field (with a suggestion), or a limit that is no size
 */
export function parseBudget(text: string, subject = 'heap.budget.toml'): Budget {
  const fail = (found: string, cause?: unknown): never => {
    throw new UsageError('HH1186', `${subject}: ${found}`, cause === undefined ? {} : { cause });
  };
  const document = readToml(text, fail);
  const known = ['schema', 'heap', 'function', 'source', 'phase'];
  refuseUnknown(document, { known, where: 'the top level', fail });
  if (document.schema !== 1) fail(`found schema ${JSON.stringify(document.schema)}, expected schema = 1`);
  const rules: BudgetRule[] = [];
  if (document.heap !== undefined) rules.push(readRule(document.heap, { scope: 'heap', where: '[heap]', fail }));
  for (const scope of ['function', 'source', 'phase'] as const) {
    const list = document[scope] ?? [];
    if (!Array.isArray(list)) {
      fail(`[${scope}]: found a table, expected [[${scope}]]`);
      continue;
    }
    list.forEach((entry: unknown, i) => {
      rules.push(readRule(entry, { scope, where: `[[${scope}]] ${i + 1}`, fail }));
    });
  }
  if (rules.length === 0) fail('found no limits, expected [heap], [[function]], [[source]] or [[phase]]');
  return { subject, rules };
}

type Fail = (found: string, cause?: unknown) => never;

function readToml(text: string, fail: Fail): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TomlError) return fail(`line ${error.line}: ${firstLine(error.message)}`, error);
    throw error;
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}

function refuseUnknown(
  table: Record<string, unknown>,
  { known, where, fail }: { known: readonly string[]; where: string; fail: Fail },
): void {
  for (const field of Object.keys(table)) {
    if (!known.includes(field)) {
      fail(`${where}: found the field '${field}', expected one of ${known.join(', ')}${didYouMean(field, known)}`);
    }
  }
}

function readRule(entry: unknown, at: { scope: BudgetScope; where: string; fail: Fail }): BudgetRule {
  const { scope, where, fail } = at;
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return fail(`${where}: expected a table`);
  const table = entry as Record<string, unknown>;
  const metrics = METRICS_OF[scope];
  refuseUnknown(table, { known: scope === 'heap' ? metrics : ['name', ...metrics], where, fail });
  const name = scope === 'heap' ? '' : table.name;
  if (typeof name !== 'string' || (scope !== 'heap' && name === '')) return fail(`${where}: expected name = "..."`);
  const limits = metrics
    .filter((metric) => table[metric] !== undefined)
    .map((metric) => ({ metric, limit: readLimit(table[metric], metric, (found) => fail(`${where}: ${found}`)) }));
  if (limits.length === 0) fail(`${where}: found no limit, expected one of ${metrics.join(', ')}`);
  return { scope, name, limits };
}

function readLimit(value: unknown, metric: BudgetMetric, fail: Fail): number {
  const size = BUDGET_METRICS[metric] === 'size';
  const read = size && typeof value === 'string' ? parseSize(value) : value;
  if (typeof read === 'number' && Number.isSafeInteger(read) && read >= 0) return read;
  const expected = size ? 'a size such as 4096 or "4K"' : 'a whole number';
  return fail(`${metric}: found ${JSON.stringify(value)}, expected ${expected}`);
}
