import type { FailureReport, Fragmentation, FreeState, RegionState, WithStack } from '../analysis/fragmentation.js';
import type { Cut } from '../analysis/gap-timeline.js';
import type { Wall } from '../analysis/walls.js';
import { formatAddress, formatBytes, formatCount } from '../base/units.js';
import { roomLines, verdictLines } from './room-text.js';
import { sanitize } from './sanitize.js';
import { callersText, frameText } from './stack-text.js';
import { textTable } from './text-table.js';
import { trustLines } from './trust-text.js';

/** The fragmentation report as text. Ends with a newline. */
export function fragmentationText(result: Fragmentation): string {
  const { at, tightest, deviceReported: device } = result;
  const lines = [
    `After event ${formatCount(at.seq)}: ${stateText(at)}`,
    ...(tightest ? [`Tightest, after event ${formatCount(tightest.seq)}: ${stateText(tightest)}`] : []),
    ...(device
      ? [
          `The device said at its dump: ${formatBytes(device.freeBytes)} free, largest ${formatBytes(device.largestFreeBytes)}`,
        ]
      : []),
    ...regionLines(result.regions),
    ...verdictLines(result.verdicts),
    ...roomLines(result),
    '',
    ...timelineLines(result.timeline),
    ...wallLines(result.walls, at.largestFreeBytes),
    ...cutLines(result),
    ...holderLines(result),
    ...result.failures.flatMap(failureLines),
    ...moreFailures(result),
    ...(result.outsideCount > 0
      ? [`finding: ${formatCount(result.outsideCount)} live blocks lie outside the heap's regions and are in no figure`]
      : []),
    ...trustLines(result),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function stateText(state: FreeState): string {
  const percent = (state.fragmentation * 100).toFixed(1);
  return `${formatBytes(state.freeBytes)} free, largest block ${formatBytes(state.largestFreeBytes)}, fragmentation ${percent}%`;
}

/** A line a memory, where the heap has more than one. */
function regionLines(regions: readonly RegionState[]): string[] {
  if (regions.length < 2) return [];
  return regions.map(
    ({ name, baseAddress, sizeBytes, liveCount, usedBytes, freeBytes, largestFreeBytes }) =>
      `  ${sanitize(name)} at ${formatAddress(baseAddress)}, ${formatBytes(sizeBytes)}: ${formatBytes(usedBytes)} used in ${formatCount(liveCount)} blocks, ${formatBytes(freeBytes)} free, largest block ${formatBytes(largestFreeBytes)}`,
  );
}

const LEVELS = ' .:-=+*#%@';

/** Free bytes and the largest free block over the events, drawn as one line each. */
function timelineLines(timeline: readonly FreeState[]): string[] {
  if (timeline.length < 2) return [];
  const most = timeline.reduce((max, state) => Math.max(max, state.freeBytes), 1);
  const draw = (value: (state: FreeState) => number) =>
    timeline.map((s) => LEVELS[Math.round((value(s) / most) * (LEVELS.length - 1))] ?? ' ').join('');
  return [
    `free     |${draw((state) => state.freeBytes)}|`,
    `largest  |${draw((state) => state.largestFreeBytes)}|  full height: ${formatBytes(most)}`,
    '',
  ];
}

function wallLines(walls: readonly WithStack<Wall>[], largest: number): string[] {
  if (walls.length === 0) return [];
  const lines = ['Blocks that wall in the most free space'];
  for (const wall of walls) {
    const freed = `${formatCount(largest)} -> ${formatCount(wall.largestIfFreedBytes)} bytes if freed`;
    const slid = `${formatCount(wall.largestIfSlidBytes)} if slid aside`;
    lines.push(
      `  ${formatAddress(wall.address)} ${formatCount(wall.sizeBytes)} B walls in ${formatCount(wall.leftGapBytes)} + ${formatCount(wall.rightGapBytes)} B` +
        `: largest ${freed}, ${slid}`,
      `    event ${formatCount(wall.allocSeq)}  ${frameText(wall.frames[0])} ${callersText(wall.frames)}`.trimEnd(),
    );
  }
  return [...lines, ''];
}

function cutLines(result: Fragmentation): string[] {
  if (result.cuts.length === 0) return [];
  const how = result.cutsFrom === 'captured' ? 'as captured' : 'reconstructed from the events';
  const lines = [`Allocations that cut the largest free block (${formatCount(result.cutCount)} in all, ${how})`];
  for (const cut of result.cuts) lines.push(cutLine(cut));
  return [...lines, ''];
}

function cutLine(cut: WithStack<Cut>): string {
  const change = `${formatCount(cut.largestBeforeBytes)} -> ${formatCount(cut.largestAfterBytes)}`;
  return `  event ${formatCount(cut.seq)}: ${change} by ${formatCount(cut.sizeBytes)} B  ${frameText(cut.frames[0])} ${callersText(cut.frames, 2)}`.trimEnd();
}

function holderLines(result: Fragmentation): string[] {
  if (result.holders.length === 0) return [];
  const rows = result.holders.map((holder) => [
    formatBytes(holder.bytes),
    formatCount(holder.count),
    `${sanitize(holder.functionName)}  ${sanitize(holder.location)}`.trim(),
  ]);
  return [...textTable([['held', 'blocks', 'source'], ...rows], [0, 1]), ''];
}

const VERDICTS = {
  fragmented: 'enough is free in all, but in pieces too small',
  exhausted: 'too little is free, fragmentation or not',
  unexplained: 'a gap would have fitted it: check the bounds of the heap and the overhead of the allocator',
} as const;

function failureLines(failure: FailureReport): string[] {
  const lines = [
    `FAILED event ${formatCount(failure.seq)}: ${formatCount(failure.requestedBytes)} B requested with ${stateText(failure)}`,
    `  ${VERDICTS[failure.verdict]}`,
    `  ${frameText(failure.frames[0])} ${callersText(failure.frames)}`.trimEnd(),
  ];
  for (const wall of failure.walls) {
    const gain = `${formatCount(failure.largestFreeBytes)} -> ${formatCount(wall.largestIfFreedBytes)} bytes`;
    const enough = wall.largestIfFreedBytes >= failure.requestedBytes ? ', enough' : '';
    lines.push(
      `  without ${formatAddress(wall.address)} (${formatCount(wall.sizeBytes)} B): ${gain}${enough}  ${frameText(wall.frames[0])}`,
    );
  }
  return [...lines, ''];
}

function moreFailures(result: Fragmentation): string[] {
  const more = result.failureCount - result.failures.length;
  return more > 0 ? [`and ${formatCount(more)} more failed requests`, ''] : [];
}
