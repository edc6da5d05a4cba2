import type { WhatIf } from '../analysis/what-if.js';
import { formatBytes, formatCount } from '../base/units.js';
import { sanitize } from './sanitize.js';
import { textTable } from './text-table.js';
import { trustLines } from './trust-text.js';

/** One line a policy, the least heap first, estimates marked `~`; above them how far the capture is reproduced. Ends with a newline. */
export function whatIfText(results: readonly WhatIf[]): string {
  const least = (result: WhatIf) => result.leastHeapBytes ?? Number.POSITIVE_INFINITY;
  const rows = [...results].sort((a, b) => least(a) - least(b)).map(row);
  const header = [
    'policy',
    'least heap',
    'failures',
    'footprint',
    'largest free at peak',
    'fragmentation at peak',
    'worst',
    'same places',
  ];
  const [first] = results;
  const notes = [...new Set(results.flatMap((result) => result.assumptions))];
  return `${[
    ...(first
      ? [`Heap: ${formatBytes(first.heapBytes)}, ${formatCount(first.requests)} requests`, ...nearness(first), '']
      : []),
    ...textTable([header, ...rows], [1, 2, 3, 4, 5, 6, 7]),
    '',
    ...trustLines({ assumptions: notes }),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

/** How far the captured addresses are reproduced, and why not all of them. */
function nearness({ reproduction, requests }: WhatIf): string[] {
  if (requests === 0) return [];
  if (!reproduction) return ['No addresses to check the policies by: figures with ~ are estimates'];
  const { title, same, of, firstDifferentSeq, reasons } = reproduction;
  if (same === of) return [`${title} reproduces all ${formatCount(of)} captured addresses`];
  const share = `${((same / of) * 100).toFixed(1)}% of the captured addresses (${formatCount(same)} of ${formatCount(of)})`;
  return [
    `${title} reproduces ${share}, no other policy more; the first difference is event ${formatCount(firstDifferentSeq)}: figures with ~ are estimates`,
    ...reasons.map((reason) => `  ${sanitize(reason)}`),
  ];
}

function row(result: WhatIf): string[] {
  const { agreement } = result;
  const mark = result.isEstimate ? '~' : '';
  return [
    result.title,
    result.leastHeapBytes === undefined ? '-' : `${mark}${formatCount(result.leastHeapBytes)} B`,
    result.failures === 0
      ? `${mark}0`
      : `${mark}${formatCount(result.failures)} (first at ${formatCount(result.firstFailureSeq)})`,
    `${mark}${formatBytes(result.footprintBytes)}`,
    `${mark}${formatBytes(result.largestFreeAtPeakBytes)}`,
    `${mark}${(result.peakFragmentation * 100).toFixed(1)}%`,
    `${mark}${(result.worstFragmentation * 100).toFixed(1)}%`,
    agreement === undefined || agreement.of === 0 ? '-' : `${((agreement.same / agreement.of) * 100).toFixed(1)}%`,
  ];
}
