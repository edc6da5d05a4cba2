/** What one kind of attack did and found. */
export interface AttackRow {
  readonly attack: string;
  /** How often it was done. */
  readonly tries: number;
  /** Hangs, wrong events, silent losses, processes or breakpoints that stayed; 0 is the goal. */
  readonly faults: readonly string[];
  /** What took longer than the goal: a figure of the machine and its load, so no fault; absent where no time is a goal. */
  readonly late?: readonly string[];
  readonly figures: string;
}

export interface AttackOptions {
  readonly seed: number;
  /** 1 for the short form in the tests; more is longer in proportion. */
  readonly scale: number;
  /** No new try is begun after so long: for a long run in pieces. */
  readonly limitMs?: number;
  /** Aborted: no new try is begun either. */
  readonly signal?: AbortSignal;
  /** Only the attacks whose title has this text. */
  readonly match?: string;
  /** How many tries with processes of their own are under way at once; default 1. Most of them wait. */
  readonly jobs?: number;
}

/** Does the work for each item, in their order, so many at once, until the time for new tries is over. */
export async function inTurns<T>(
  items: readonly T[],
  options: AttackOptions,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const inTime = stopwatch(options);
  const waiting = items.toReversed();
  const worker = async () => {
    for (let item = waiting.pop(); item !== undefined && inTime(); item = waiting.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: options.jobs ?? 1 }, worker));
}

export function tableOf(rows: readonly AttackRow[]): string {
  const lines = rows.map(
    ({ attack, tries, faults, late = [], figures }) =>
      `| ${attack} | ${tries} | ${faults.length} | ${late.length} | ${figures} |`,
  );
  return ['| attack | tries | faults | late | figures |', '|---|---|---|---|---|', ...lines].join('\n');
}

/** Whether the time for new tries is not over yet. */
export function stopwatch({ limitMs = Number.POSITIVE_INFINITY, signal }: AttackOptions): () => boolean {
  const since = performance.now();
  return () => performance.now() - since < limitMs && signal?.aborted !== true;
}
