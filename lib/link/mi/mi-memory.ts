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

/**
 * The bytes of an answer to `maint packet m...`, as many as came. @throws TargetError HH1506 when the server refused, or nothing came
 */
export function packetMemoryOf(output: string, address: Address): Uint8Array {
  const [, hex] = /^received: "((?:[0-9a-f]{2})+)"$/im.exec(output) ?? [];
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  const [, said = ''] = /^received: "(.*)"$/m.exec(output) ?? [];
  throw new TargetError(
    'HH1506',
    `memory at ${formatAddress(address)}: found ${JSON.stringify(said)}, expected bytes from the debug server`,
  );
}
