import { type Address, type Bytes, formatAddress } from '../../base/units.js';
import type { ServerFeatures } from './handshake.js';
import { describe, type RspConnection } from './rsp-connection.js';
import { memoryUnreadable, outOfStep, requestRefused } from './rsp-errors.js';

/** Reads in one batch; more are sent when these have come back. */
const MAX_PIPELINED = 16;
/** What a write packet needs besides its data: `M`, address, length, separators. */
const WRITE_OVERHEAD_BYTES = 32;

/** Requests and replies of memory reads and writes, for one server. */
export class MemoryAccess {
  /** What one read may ask for, so that the reply fits into a packet. */
  readonly maxReadBytes: Bytes;
  private binaryWrites: boolean | undefined;

  constructor(
    private readonly connection: RspConnection,
    private readonly features: ServerFeatures,
  ) {
    this.maxReadBytes = Math.max(16, Math.floor((features.packetBytes - 16) / 2));
  }

  /** The request for one read of at most {@link maxReadBytes}. */
  readRequest(address: Address, length: Bytes): string {
    return `${this.features.binaryReads ? 'x' : 'm'}${address.toString(16)},${length.toString(16)}`;
  }

  /** The data of a reply. @throws TargetError HH1559 when it is not exactly `length` bytes. */
  parseRead(reply: Buffer, address: Address, length: Bytes): Buffer {
    const data = this.features.binaryReads && reply[0] === 0x62 ? reply.subarray(1) : decodeHex(reply);
    if (data?.length === length) return data;
    const range = `${formatAddress(address)} to ${formatAddress(address + length)}`;
    const isRefusal = /^E[0-9a-f]{2}$/i.test(reply.toString('latin1', 0, 4)) || reply.length === 0 || reply[1] === 0x2e;
    if (isRefusal) throw memoryUnreadable(this.connection.where, range, `'${describe(reply)}'`);
    const error = outOfStep(
      this.connection.where,
      describe(reply),
      `${length} bytes of memory at ${formatAddress(address)}`,
    );
    this.connection.destroy(error);
    throw error;
  }

  /** Splits a range into reads that fit. */
  split(address: Address, length: Bytes): { address: Address; length: Bytes }[] {
    const parts = [];
    for (let done = 0; done < length; done += this.maxReadBytes) {
      parts.push({ address: address + done, length: Math.min(this.maxReadBytes, length - done) });
    }
    return parts;
  }

  async read(address: Address, length: Bytes): Promise<Uint8Array> {
    const data = new Uint8Array(length);
    const parts = this.split(address, length);
    for (let first = 0; first < parts.length; first += MAX_PIPELINED) {
      const batch = parts.slice(first, first + MAX_PIPELINED);
      const replies = await Promise.all(
        this.connection.send(batch.map((part) => this.readRequest(part.address, part.length))),
      );
      batch.forEach((part, index) => {
        const reply = replies[index] ?? Buffer.alloc(0);
        data.set(this.parseRead(reply, part.address, part.length), part.address - address);
      });
    }
    return data;
  }

  /** Writes memory, binary (`X`) where the server takes it, else as digits (`M`). */
  async write(address: Address, data: Uint8Array): Promise<void> {
    this.binaryWrites ??= (await this.connection.request(`X${address.toString(16)},0:`)).toString('latin1') === 'OK';
    // The worst case of X: every byte escaped.
    const pieceBytes = Math.max(1, Math.floor((this.features.packetBytes - WRITE_OVERHEAD_BYTES) / 2));
    for (let done = 0; done < data.length; done += pieceBytes) {
      const piece = data.subarray(done, done + pieceBytes);
      const head = `${(address + done).toString(16)},${piece.length.toString(16)}:`;
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
      const payload = this.binaryWrites
        ? Buffer.concat([Buffer.from(`X${head}`, 'latin1'), bytes])
        : `M${head}${bytes.toString('hex')}`;
      const reply = (await this.connection.request(payload)).toString('latin1');
      if (reply !== 'OK')
        throw requestRefused(this.connection.where, `write to ${formatAddress(address + done)}`, `'${reply}'`);
    }
  }
}

function decodeHex(reply: Buffer): Buffer | undefined {
  // Buffer's decoder stops at the first byte that is no digit; the length tells whether it did.
  const data = Buffer.from(reply.toString('latin1'), 'hex');
  return data.length * 2 === reply.length ? data : undefined;
}
