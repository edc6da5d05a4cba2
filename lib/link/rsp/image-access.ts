import { type Address, formatAddress } from '../../base/units.js';
import { errorMessage, TargetError } from '../../errors/errors.js';
import { WAIT_MS } from '../waits.js';
import type { RspClient } from './rsp-client.js';
import { requestRefused } from './rsp-errors.js';
import type { MemoryRegion } from './target-xml.js';

/** A piece of a program as it lies in the target's memory. */
export interface ImagePart {
  /** For messages: a section's name. */
  readonly name: string;
  readonly address: Address;
  readonly bytes: Uint8Array;
}

const COMPARE_BYTES = 4096;

/**
 * Writes a program: flash (as the server's memory map says) by vFlash packets, everything else as plain memory.
 * @throws TargetError HH1503
 */
export async function loadImage(client: RspClient, parts: readonly ImagePart[]): Promise<void> {
  const flash = (client.features.memoryMap ?? []).filter((region) => region.kind === 'flash');
  const inFlash = (part: ImagePart) => flash.find((region) => holds(region, part.address));
  try {
    for (const part of parts) {
      if (!inFlash(part)) await client.memory.write(part.address, part.bytes);
    }
    await writeFlash(
      client,
      parts.flatMap((part) => {
        const region = inFlash(part);
        return region ? [{ part, region }] : [];
      }),
    );
  } catch (cause) {
    const message = errorMessage(cause);
    throw new TargetError('HH1503', `load: ${message}`, {
      cause,
      remedy: 'flash it with your usual tool and capture without options.load',
    });
  }
}

async function writeFlash(
  client: RspClient,
  jobs: readonly { part: ImagePart; region: MemoryRegion }[],
): Promise<void> {
  if (jobs.length === 0) return;
  for (const { start, end } of runsOf(jobs)) {
    await ask(client, `vFlashErase:${start.toString(16)},${(end - start).toString(16)}`);
  }
  const pieceBytes = Math.max(16, Math.floor((client.features.packetBytes - 32) / 2));
  for (const { part } of jobs) {
    for (let at = 0; at < part.bytes.length; at += pieceBytes) {
      const piece = part.bytes.subarray(at, at + pieceBytes);
      const head = Buffer.from(`vFlashWrite:${(part.address + at).toString(16)}:`, 'latin1');
      await ask(client, Buffer.concat([head, piece]));
    }
  }
  await ask(client, 'vFlashDone');
}

async function ask(client: RspClient, payload: string | Uint8Array): Promise<void> {
  const name = typeof payload === 'string' ? payload : 'vFlashWrite';
  client.expectOk(await client.connection.request(payload, WAIT_MS.flash), name);
}

interface BlockRun {
  readonly start: Address;
  readonly end: Address;
}

/** The blocks that parts lie in, joined where they touch: a server may reset its target at each order to erase (OpenOCD does). */
function runsOf(jobs: readonly { part: ImagePart; region: MemoryRegion }[]): BlockRun[] {
  const runs: BlockRun[] = [];
  const sorted = [...jobs].sort((a, b) => a.part.address - b.part.address);
  for (const { part, region } of sorted) {
    const offset = part.address - region.start;
    const from = Math.floor(offset / region.blockBytes);
    const to = Math.floor((offset + Math.max(1, part.bytes.length) - 1) / region.blockBytes) + 1;
    const start = region.start + from * region.blockBytes;
    const end = region.start + to * region.blockBytes;
    const before = runs.at(-1);
    const touches = before && start <= before.end && before.start >= region.start;
    if (touches) runs[runs.length - 1] = { start: before.start, end: Math.max(before.end, end) };
    else runs.push({ start, end });
  }
  return runs;
}

/**
 * Compares the target's code with a program's: by the server's own checksums (`qCRC`) where it has them, else byte by byte.
 * @throws TargetError HH1504 with the first difference.
 */
export async function verifyImage(client: RspClient, parts: readonly ImagePart[]): Promise<void> {
  for (const part of parts) {
    const difference = await firstDifference(client, part);
    if (difference === undefined) continue;
    throw new TargetError(
      'HH1504',
      `${part.name}: the target runs another firmware: found other contents from ${formatAddress(difference)} on, expected the ELF file's`,
      {
        remedy:
          'flash this ELF file (or pass options.load), give the ELF file of what is flashed, or pass options.verify=false',
      },
    );
  }
}

async function firstDifference(client: RspClient, { address, bytes }: ImagePart): Promise<Address | undefined> {
  if (bytes.length === 0) return undefined;
  const request = `qCRC:${address.toString(16)},${bytes.length.toString(16)}`;
  const reply = (await client.connection.request(request, WAIT_MS.compare)).toString('latin1');
  if (/^C[0-9a-f]+$/i.test(reply)) {
    return Number.parseInt(reply.slice(1), 16) === gdbCrc32(bytes) ? undefined : address;
  }
  if (/^E/.test(reply)) throw requestRefused(client.connection.where, request, `'${reply}'`);
  for (let at = 0; at < bytes.length; at += COMPARE_BYTES) {
    const expected = bytes.subarray(at, at + COMPARE_BYTES);
    const found = await client.readMemory(address + at, expected.length);
    const different = found.findIndex((byte, index) => byte !== expected[index]);
    if (different >= 0) return address + at + different;
  }
  return undefined;
}

function holds(region: MemoryRegion, address: Address): boolean {
  return address >= region.start && address < region.start + region.lengthBytes;
}

/** The CRC of `qCRC` (gdb manual, "General Query Packets"): polynomial 0x04c11db7, highest bit first, starting with all ones. */
export function gdbCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}
