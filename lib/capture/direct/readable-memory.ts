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
export function knownMemory(board: Board, elfFile: ElfFile): MemoryRange[] {
  const ofBoard = board.memory.map(({ baseAddress, sizeBytes }) => ({ address: baseAddress, length: sizeBytes }));
  const ofProgram = elfFile.sections
    .filter(({ flags, sizeBytes }) => (flags & SectionFlag.alloc) !== 0 && sizeBytes > 0)
    .map(({ address, sizeBytes }) => ({ address, length: sizeBytes }));
  return [...ofBoard, ...ofProgram];
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
  const areaOf = (address: Address) =>
    known.find((range) => address >= range.address && address < range.address + range.length);
  const mayRead = (address: Address) => client.architecture.mayHoldStack(address, areaOf(address) !== undefined);
  if (!mayRead(at) || length <= 0) return new Uint8Array(0);
  const area = areaOf(at);
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
  return async (at, length) => {
    const isKnown = known.some((range) => at >= range.address && at < range.address + range.length);
    return client.architecture.mayHoldStack(at, isKnown) ? await readOrNothing(client, at, length) : undefined;
  };
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
