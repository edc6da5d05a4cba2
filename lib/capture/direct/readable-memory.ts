import type { Architecture } from '../../arch/architecture.js';
import type { Address, Bytes } from '../../base/units.js';
import type { Board } from '../../boards/board.js';
import { TargetError } from '../../errors/errors.js';
import type { RspClient } from '../../link/rsp/rsp-client.js';
import type { ElfFile } from '../../symbols/elf-file.js';
import { SectionFlag } from '../../symbols/elf-tables.js';
import type { MemoryRange } from './stack-window.js';

/** What the server says of memory that cannot be read. */
const UNREADABLE = 'HH1559';
/** Where nobody knows what lies there, reading goes on in pieces of this size, each within one page of it. */
const PIECE_BYTES = 256;

/**
 * What is known to be memory: what the board says, and what the program occupies (a stack in a section of its own, RAM that the board
 * file leaves out).
 */
export function knownMemory(board: Pick<Board, 'memory'>, elfFile: ElfFile): MemoryRange[] {
  const ofBoard = board.memory.map(({ baseAddress, sizeBytes }) => ({ address: baseAddress, length: sizeBytes }));
  const ofProgram = elfFile.sections
    .filter(({ flags, sizeBytes }) => (flags & SectionFlag.alloc) !== 0 && sizeBytes > 0)
    .map(({ address, sizeBytes }) => ({ address, length: sizeBytes }));
  return [...ofBoard, ...ofProgram];
}

/** Whether a pointer of the target's may be followed: devices are never read, a read may change them. */
export function mayReadAt(
  { mayHoldStack }: Pick<Architecture, 'mayHoldStack'>,
  known: readonly MemoryRange[],
): (address: Address) => boolean {
  return (address) => mayHoldStack(address, rangeAt(known, address) !== undefined);
}

/**
 * Reads memory from an address up, as much of `length` as there is. A refusal ends it and is no error: a stack pointer may point anywhere,
 * and the stop must be told all the same. Devices are never read: a read may change them, and no stack lies there.
 */
export async function readAvailable(
  client: RspClient,
  at: Address,
  options: { readonly length: Bytes; readonly known: readonly MemoryRange[] },
): Promise<Uint8Array> {
  const { length, known } = options;
  const mayRead = mayReadAt(client.architecture, known);
  if (!mayRead(at) || length <= 0) return new Uint8Array(0);
  const area = rangeAt(known, at);
  const inside = area ? Math.min(length, area.address + area.length - at) : 0;
  const whole = inside > 0 ? await readOrNothing(client, at, inside) : new Uint8Array(0);
  if (whole?.length === length) return whole;
  const pieces = whole ? [whole] : [];
  let read = whole?.length ?? 0;
  while (read < length && mayRead(at + read)) {
    const toPageEnd = PIECE_BYTES - ((at + read) % PIECE_BYTES);
    const piece = await readOrNothing(client, at + read, Math.min(length - read, toPageEnd));
    if (!piece) break;
    pieces.push(piece);
    read += piece.length;
  }
  return Buffer.concat(pieces);
}

/** Reads what pointers of a script's objects name: whatever they are, a device is never read, and a refusal is nothing. */
export function scriptMemory(
  client: RspClient,
  known: readonly MemoryRange[],
): (at: Address, length: Bytes) => Promise<Uint8Array | undefined> {
  const mayRead = mayReadAt(client.architecture, known);
  return async (at, length) => (mayRead(at) ? await readOrNothing(client, at, length) : undefined);
}

/** The range that an address lies in; of several the first. */
export function rangeAt(ranges: readonly MemoryRange[], address: Address): MemoryRange | undefined {
  return ranges.find((range) => address >= range.address && address < range.address + range.length);
}

async function readOrNothing(client: RspClient, address: Address, length: Bytes): Promise<Uint8Array | undefined> {
  try {
    return await client.readMemory(address, length);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

export function isUnreadable(error: unknown): boolean {
  return error instanceof TargetError && error.code === UNREADABLE;
}
