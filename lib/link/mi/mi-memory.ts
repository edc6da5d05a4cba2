import { type Address, formatAddress } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';
import { asText, isRecord, listOf } from './mi-values.js';

/** The bytes of a reply to -data-read-memory-bytes. @throws TargetError HH1506 when it has fewer than were asked for. */
export function memoryOf(reply: unknown, address: Address, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let filled = 0;
  for (const part of listOf(reply, 'memory')) {
    if (!isRecord(part)) continue;
    const contents = Buffer.from(asText(part.contents), 'hex');
    bytes.set(contents.subarray(0, length), Number(asText(part.offset)));
    filled += contents.length;
  }
  if (filled >= length) return bytes;
  throw new TargetError(
    'HH1506',
    `memory at ${formatAddress(address)}: found ${filled} readable bytes, expected ${length}`,
  );
}
