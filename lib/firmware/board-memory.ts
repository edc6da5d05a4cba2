import { type Address, type Bytes, formatAddress, formatBytes } from '../base/units.js';
import type { Board, MemoryArea } from '../boards/board.js';
import { allBoards } from '../boards/load-board.js';
import { UsageError } from '../errors/errors.js';
import { type ElfSegment, SegmentType } from '../symbols/elf-tables.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import { memoryOfFirmware } from './firmware-memory.js';

export interface FittedBoard {
  readonly board: Board;
  /** What is odd, and no reason to refuse. Empty when nothing is. */
  readonly notes: readonly string[];
}

export interface FitOptions {
  readonly elf: string;
  /** An emulator whose memory the user has changed by its own arguments: what does not fit is a note then. */
  readonly memoryMayDiffer?: boolean;
}

/** Configuration words, option bytes and RTC memory often lie outside of what a board file lists. */
const SMALL_BYTES: Bytes = 1024;

/**
 * The board as this firmware uses it. A board without memory of its own (`generic`) gets that of the ELF file's segments and its stack
 * pointer; for every other one the segments must lie in its memory.
 * @throws UsageError HH1537 where they do not, with the boards where they do
 */
export async function fitBoard(board: Board, firmware: Symbolizer, options: FitOptions): Promise<FittedBoard> {
  if (board.memory.length === 0) {
    const mcu = { ...board.mcu, architecture: firmware.machine as Board['mcu']['architecture'] };
    return { board: { ...board, mcu, memory: memoryOfFirmware(firmware) }, notes: [] };
  }
  const misfits = misfitsOf(firmware, board);
  if (misfits.length === 0) return { board, notes: [] };
  const grave = misfits.find((misfit) => misfit.grave);
  if (grave && options.memoryMayDiffer !== true) throw await doesNotFit(grave, board, { ...options, firmware });
  const text = misfits.map(({ found }) => found).join('; ');
  return { board, notes: [`outside of the memory that the board file of ${board.name} lists: ${text}`] };
}

interface Misfit {
  readonly found: string;
  readonly grave: boolean;
}

function misfitsOf(firmware: Symbolizer, { memory }: Pick<Board, 'memory'>): Misfit[] {
  const ranges = merged(memory);
  const { entry, segments } = firmware.elfFile;
  const places = segments
    .filter(({ type, memoryBytes }) => type === SegmentType.load && memoryBytes > 0)
    .flatMap((segment) => placesOf(segment));
  return places.flatMap(({ address, length }) => {
    const range = ranges.find(({ from, to }) => address >= from && address < to);
    if (range && address + length <= range.to) return [];
    const hasEntry = entry >= address && entry < address + length;
    const over = range
      ? `, ${formatBytes(address + length - range.to)} beyond the end at ${formatAddress(range.to)}`
      : '';
    const found = `${formatBytes(length)} at ${formatAddress(address)}${over}`;
    return [{ found, grave: range !== undefined || hasEntry || length > SMALL_BYTES }];
  });
}

/** Where it runs, and where it is loaded from, which differ for data that the start-up code copies. */
function placesOf({ address, memoryBytes, physicalAddress, fileBytes }: ElfSegment) {
  const runs = { address, length: memoryBytes };
  return fileBytes > 0 && physicalAddress !== address
    ? [runs, { address: physicalAddress, length: fileBytes }]
    : [runs];
}

/** Areas that touch or overlap are one. */
function merged(memory: readonly MemoryArea[]): { from: Address; to: Address }[] {
  const ranges: { from: Address; to: Address }[] = [];
  const sorted = [...memory].sort((a, b) => a.baseAddress - b.baseAddress);
  for (const { baseAddress, sizeBytes } of sorted) {
    const last = ranges.at(-1);
    if (last && baseAddress <= last.to) last.to = Math.max(last.to, baseAddress + sizeBytes);
    else ranges.push({ from: baseAddress, to: baseAddress + sizeBytes });
  }
  return ranges;
}

async function doesNotFit(
  { found }: Misfit,
  board: Board,
  { elf, firmware }: FitOptions & { readonly firmware: Symbolizer },
) {
  const areas = board.memory.map(
    ({ name, baseAddress, sizeBytes }) => `${name} ${formatAddress(baseAddress)} + ${formatBytes(sizeBytes)}`,
  );
  const others = (await allBoards()).filter(
    (one) =>
      one.memory.length > 0 && one.mcu.architecture === firmware.machine && misfitsOf(firmware, one).length === 0,
  );
  // Emulated boards among emulated ones, real ones among real ones.
  const isEmulated = (one: Board) => one.servers.qemu !== undefined;
  const alike = others.filter((one) => isEmulated(one) === isEmulated(board));
  const names = (alike.length > 0 ? alike : others).map(({ name }) => name);
  const more = names.length > 6 ? ` and ${names.length - 6} more` : '';
  const fitting = names.length === 0 ? '' : `; it fits ${names.slice(0, 6).join(', ')}${more}`;
  return new UsageError(
    'HH1537',
    `${elf}: does not fit board ${board.name}: found ${found}, expected them within ${areas.join(', ')}`,
    { remedy: `name the board that it was built for with options.board${fitting}` },
  );
}
