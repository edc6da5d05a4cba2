import type { PoolPlan } from '../analysis/pools/pool-plan.js';
import { formatCount } from '../base/units.js';
import { droneSize } from './size-table-text.js';
import { textTable } from './text-table.js';
import { trustLines } from './trust-text.js';

/** The layout, its costs and the proof, as text. Ends with a newline. */
export function poolsText(plan: PoolPlan): string {
  const { atPeak } = plan.replay;
  const served =
    plan.replay.unserved === 0 ? 'every request is served' : `${formatCount(plan.replay.unserved)} UNSERVED requests`;
  const lines = [
    ...layoutLines(plan),
    '',
    `Layout: ${formatCount(plan.bytes)} bytes (${optimumText(plan)}; no-spill optimum ${formatCount(plan.noSpillBytes)}, bound ${formatCount(plan.boundBytes)})`,
    `Replay: ${served}, ${formatCount(plan.replay.spilled)} from a larger pool than the first that fits`,
    `At the peak: ${formatCount(atPeak.requestedBytes)} requested + ${formatCount(atPeak.roundingBytes)} rounding + ` +
      `${formatCount(atPeak.blockWasteBytes)} block waste + ${formatCount(atPeak.unusedBytes)} unused`,
    ...heapLines(plan),
    '',
    ...curveLines(plan),
    ...trustLines(plan),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** How good the layout is, of its bytes before margin and slack. */
function optimumText({ optimum, bytes, tightBytes, boundBytes }: PoolPlan): string {
  const of = bytes === tightBytes ? '' : `${formatCount(tightBytes)} without margin: `;
  if (optimum === 'proven') return `${of}the smallest, proven`;
  const above = Math.ceil((tightBytes / Math.max(1, boundBytes) - 1) * 1000) / 10;
  return `${of}the smallest found, at most ${above.toFixed(1)} % above the bound`;
}

function layoutLines(plan: PoolPlan): string[] {
  const rows = plan.layout.map((pool, i) => [
    droneSize(pool.blockBytes),
    formatCount(pool.capacity),
    formatCount(pool.blockBytes * pool.capacity),
    formatCount(plan.replay.highWater[i] ?? 0),
  ]);
  return textTable([['block', 'capacity', 'bytes', 'most used'], ...rows], [0, 1, 2, 3]);
}

function heapLines(plan: PoolPlan): string[] {
  if (plan.heapBytes === undefined) return [];
  const heap = formatCount(plan.heapBytes);
  return plan.fits
    ? [`Heap: fits ${heap} bytes, ${formatCount(plan.heapBytes - plan.bytes)} left`]
    : [`Heap: does NOT fit ${heap} bytes; the least heap that fits is ${formatCount(plan.bytes)}`];
}

function curveLines(plan: PoolPlan): string[] {
  const last = plan.curve.at(-1)?.noSpillBytes;
  // Beyond the first count that reaches the optimum all rows are alike.
  const end = plan.curve.findIndex((point) => point.noSpillBytes === last);
  const shown = plan.curve.slice(0, Math.max(end + 1, 1));
  const rows = shown.map((point) => [
    String(point.pools),
    formatCount(point.noSpillBytes),
    formatCount(point.boundBytes),
  ]);
  return [...textTable([['pools', 'no-spill', 'bound'], ...rows], [0, 1, 2]), ''];
}
