import type { Fragmentation, RoomReport } from '../analysis/fragmentation.js';
import type { RegionVerdict } from '../analysis/in-the-way.js';
import { formatAddress, formatBytes, formatCount } from '../base/units.js';
import { sanitize } from './sanitize.js';
import { callersText, frameText } from './stack-text.js';

/** One sentence a memory: how broken up it is, and by whom; its name first where there are several. */
export function verdictLines(verdicts: readonly RegionVerdict[]): string[] {
  return verdicts.map((verdict) => {
    const name = verdicts.length > 1 ? `${sanitize(verdict.name)}: ` : '';
    const where = verdict.boundsKnown
      ? ''
      : ', from its lowest to its highest traced byte (where the memory ends, the trace does not say)';
    return `${name}${verdictText(verdict)}${where}`;
  });
}

/** "63 % fragmented: 8.2 KiB free, largest 3.0 KiB; vstr_init (34 blocks) is in the way". */
export function verdictText({ freeBytes, largestFreeBytes, gapCount, fragmentation, inTheWay }: RegionVerdict): string {
  if (gapCount === 0) return 'Full: nothing is free';
  if (gapCount === 1) return `Not fragmented: ${formatBytes(freeBytes)} free in one piece`;
  const state = `${(fragmentation * 100).toFixed(0)} % fragmented: ${formatBytes(freeBytes)} free, largest ${formatBytes(largestFreeBytes)}`;
  if (!inTheWay) return state;
  const isNamed = inTheWay.functionName !== '' && inTheWay.functionName !== '??';
  const who = isNamed ? inTheWay.functionName : inTheWay.location;
  const blocks = inTheWay.count === 1 ? '1 block' : `${formatCount(inTheWay.count)} blocks`;
  return `${state}; ${sanitize(who)} (${blocks}) is in the way`;
}

/** What `makeBytes` asked for; nothing when it was not asked. */
export function roomLines({ room, at, regions, verdicts }: Fragmentation): string[] {
  if (room === undefined) return [];
  if (room === null) {
    const largest = regions.reduce((max, region) => Math.max(max, region.sizeBytes), 0);
    const bounds = verdicts.every(({ boundsKnown }) => boundsKnown)
      ? 'in all'
      : 'that were traced; where it ends, the trace does not say';
    return ['', `No room can be made: the largest memory of the heap has ${formatBytes(largest)} ${bounds}`];
  }
  const wanted = formatBytes(room.requestedBytes);
  if (room.blocks.length === 0) {
    return ['', `${wanted} are free in one piece already: ${formatBytes(at.largestFreeBytes)} is the largest`];
  }
  return ['', roomHead(room, wanted), ...room.blocks.map(blockLine), ''];
}

function roomHead(room: RoomReport, wanted: string): string {
  const count = room.blocks.length;
  const blocks = count === 1 ? '1 block stands' : `${formatCount(count)} blocks stand`;
  const moved = room.movable
    ? 'moving would do, there is room for it elsewhere'
    : 'found no room elsewhere for all of it: some must be freed';
  return (
    `${blocks} in the way of ${wanted} in one piece, no fewer: ${formatBytes(room.blockBytes)} in ${sanitize(room.regionName)} between ` +
    `${formatAddress(room.address)} and ${formatAddress(room.address + room.pieceBytes)} (${formatBytes(room.pieceBytes)} then); ${moved}`
  );
}

function blockLine(block: RoomReport['blocks'][number]): string {
  return `  ${formatAddress(block.address)} ${formatCount(block.sizeBytes)} B  event ${formatCount(block.allocSeq)}  ${frameText(block.frames[0])} ${callersText(block.frames)}`.trimEnd();
}
