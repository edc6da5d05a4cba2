import type { WhatIf } from '../analysis/what-if.js';
import { formatBytes, formatCount } from '../base/units.js';
import { textTable } from './text-table.js';
import { trustLines } from './trust-text.js';

/** One line a policy, the least heap first. Ends with a newline. */
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
    ...(first ? [`Heap: ${formatBytes(first.heapBytes)}, ${formatCount(first.requests)} requests`, ''] : []),
    ...textTable([header, ...rows], [1, 2, 3, 4, 5, 6, 7]),
    '',
    ...trustLines({ assumptions: notes }),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

function row(result: WhatIf): string[] {
  const { agreement } = result;
  return [
    result.title,
    result.leastHeapBytes === undefined ? '-' : `${formatCount(result.leastHeapBytes)} B`,
    result.failures === 0 ? '0' : `${formatCount(result.failures)} (first at ${formatCount(result.firstFailureSeq)})`,
    formatBytes(result.footprintBytes),
    formatBytes(result.largestFreeAtPeakBytes),
    `${(result.peakFragmentation * 100).toFixed(1)}%`,
    `${(result.worstFragmentation * 100).toFixed(1)}%`,
    agreement === undefined || agreement.of === 0 ? '-' : `${((agreement.same / agreement.of) * 100).toFixed(1)}%`,
  ];
}
