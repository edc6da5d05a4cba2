import type { Fragmentation, RoomReport } from '../analysis/fragmentation.js';
import type { InTheWay, RegionVerdict } from '../analysis/in-the-way.js';
import { formatAddress, formatBytes, formatCount } from '../base/units.js';
import { sanitize } from './sanitize.js';
import { callersText, frameName, frameText } from './stack-text.js';

/** What a part of the sentence is about: a page makes links of them; `text` stands between. */
export type VerdictAbout = 'text' | 'share' | 'free' | 'largest' | 'source' | 'blocks' | 'bounds';

/** A piece of the sentence. */
export interface VerdictPart {
  readonly about: VerdictAbout;
  readonly text: string;
}

const BOUNDS: VerdictPart = {
  about: 'bounds',
  text: ', from its lowest to its highest traced byte (where the memory ends, the trace does not say)',
};

/** One sentence a memory: how broken up it is, and by whom; its name first where there are several. */
export function verdictLines(verdicts: readonly RegionVerdict[]): string[] {
  return verdictParts(verdicts).map((parts) => parts.map(({ text }) => text).join(''));
}

/** The same sentences in their parts, which make them up one after the other; in the order of the memories. */
export function verdictParts(verdicts: readonly RegionVerdict[]): VerdictPart[][] {
  return verdicts.map((verdict) => [
    ...(verdicts.length > 1 ? [between(`${sanitize(verdict.name)}: `)] : []),
    ...sentence(verdict),
    ...(verdict.boundsKnown ? [] : [BOUNDS]),
  ]);
}

/** "63 % fragmented: 8.2 KiB free, largest 3.0 KiB; vstr_init (34 blocks) is in the way". */
function sentence({ freeBytes, largestFreeBytes, gapCount, fragmentation, inTheWay }: RegionVerdict): VerdictPart[] {
  if (gapCount === 0) return [between('Full: nothing is free')];
  const free: VerdictPart = { about: 'free', text: `${formatBytes(freeBytes)} free` };
  if (gapCount === 1) return [between('Not fragmented: '), free, between(' in one piece')];
  return [
    { about: 'share', text: `${(fragmentation * 100).toFixed(0)} % fragmented` },
    between(': '),
    free,
    between(', '),
    { about: 'largest', text: `largest ${formatBytes(largestFreeBytes)}` },
    ...(inTheWay ? [between('; '), ...whoStands(inTheWay)] : []),
  ];
}

function whoStands(source: InTheWay): VerdictPart[] {
  const blocks = source.count === 1 ? '1 block' : `${formatCount(source.count)} blocks`;
  return [
    { about: 'source', text: sanitize(frameName(source)) },
    between(' ('),
    { about: 'blocks', text: blocks },
    between(') is in the way'),
  ];
}

function between(text: string): VerdictPart {
  return { about: 'text', text };
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
