import { firstSorted } from '../base/sorted.js';
import type { Bytes } from '../base/units.js';
import { type LeakScan, type Left, sumOf, totalOf } from './leak-scan.js';
import { compareText, NO_PLACE } from './places.js';

/**
 * What the figures of a site say. `grows`: more at every boundary, a leak suspect. `one-time`: grew at first and then stayed,
 * as initialisation does. `irregular`: grew, but not at every boundary. `left`: grew, over a single interval, which proves no
 * more than that. `steady`: new blocks are alive, but as much was given back.
 */
export type LeakVerdict = 'grows' | 'one-time' | 'irregular' | 'left' | 'steady';

/** In the order in which sites are listed. */
const VERDICTS: readonly LeakVerdict[] = ['grows', 'left', 'irregular', 'one-time', 'steady'];

/** What a site is ordered and summed by: thousands of sites have one, of which a few are described. */
export interface SiteRank {
  readonly source: number;
  readonly left: Left;
  readonly verdict: LeakVerdict;
  /** See {@link LeakSite}. */
  readonly netBytes: Bytes;
  readonly netCount: number;
}

export function rankSites(scan: LeakScan): SiteRank[] {
  const ranks: SiteRank[] = [];
  const width = scan.intervals + 1;
  for (const [source, left] of scan.left) {
    const verdict = verdictOf(scan.bytes, source * width + 1, (source + 1) * width);
    const [netBytes, netCount] = [totalOf(scan, scan.bytes, source), totalOf(scan, scan.count, source)];
    ranks.push({ source, left, verdict, netBytes, netCount });
  }
  return ranks;
}

/** See {@link LeakVerdict}: of the growth in each interval, which lies in a row from `from` up to `to` (without it). */
export function verdictOf(growth: ArrayLike<Bytes>, from = 0, to = growth.length): LeakVerdict {
  if (sumOf(growth, from, to) <= 0) return 'steady';
  if (to - from < 2) return 'left';
  let grown = 0;
  for (let k = from; k < to; k++) if ((growth[k] as number) > 0) grown++;
  if (grown === to - from) return 'grows';
  return grown === 1 && (growth[from] as number) > 0 ? 'one-time' : 'irregular';
}

export function countsOf(ranks: readonly SiteRank[]): Record<LeakVerdict, number> {
  const counts = { grows: 0, left: 0, irregular: 0, 'one-time': 0, steady: 0 };
  for (const { verdict } of ranks) counts[verdict]++;
  return counts;
}

/** `suspect` of what is neither `one-time` nor `steady`, `replaced` of all. */
export function sumsOf(ranks: readonly SiteRank[]): {
  readonly suspectBytes: Bytes;
  readonly suspectCount: number;
  readonly replacedBytes: Bytes;
  readonly replacedCount: number;
} {
  let [suspectBytes, suspectCount, replacedBytes, replacedCount] = [0, 0, 0, 0];
  for (const { verdict, left, netBytes, netCount } of ranks) {
    replacedBytes += left.bytes - Math.min(left.bytes, Math.max(0, netBytes));
    replacedCount += left.count - Math.min(left.count, Math.max(0, netCount));
    if (verdict === 'one-time' || verdict === 'steady') continue;
    suspectBytes += netBytes;
    suspectCount += Math.max(0, netCount);
  }
  return { suspectBytes, suspectCount, replacedBytes, replacedCount };
}

/** By verdict, and within each the most net growth first; of each at most `top`. */
export function inOrder(scan: LeakScan, ranks: readonly SiteRank[], top = Number.POSITIVE_INFINITY): SiteRank[] {
  const locationOf = ({ source }: SiteRank) => (scan.places[source] ?? NO_PLACE).location;
  const order = (a: SiteRank, b: SiteRank) =>
    b.netBytes - a.netBytes || b.left.bytes - a.left.bytes || compareText(locationOf(a), locationOf(b));
  return VERDICTS.flatMap((verdict) => {
    const group = ranks.filter((rank) => rank.verdict === verdict);
    return firstSorted(group, top, order);
  });
}
