import type { Bytes } from '../../base/units.js';
import { TraceFormatError } from '../../errors/errors.js';
import { byteColumn, floatColumn } from '../../trace/column.js';
import type { DroneDecoder, DroneSink } from './drone-sink.js';
import { sizeAsG1Sends } from './drone-writer.js';

/** No microcontroller's heap is larger: a block above it proves a wrong guess. */
const LARGEST_HEAP = 256 * 1024 * 1024;

const OP = { alloc: 0, free: 1, resize: 2 } as const;

/** One guess at the generation: its events in compact columns, and whether they can be true. */
export class DroneCandidate implements DroneSink {
  readonly decoder: DroneDecoder;
  /** What is wrong with the bytes under this guess; undefined while nothing is. */
  failure: TraceFormatError | undefined;
  /** The byte offset of the first free of a block that nothing allocated; -1 while there is none. */
  orphanAt = -1;
  frees = 0;
  zeroSizes = 0;
  private readonly op = byteColumn();
  private readonly size = floatColumn();
  private readonly newSize = floatColumn();
  private readonly live = new Map<Bytes, number>();
  private readonly limit: Bytes;
  /** G1 v0.14 follows a resize by the inner alloc (seen: 2) and free, which must not count as an orphan. */
  private innerPair: 0 | 1 | 2 = 0;
  private resizedFrom = 0;
  private resizedTo = 0;

  constructor(
    open: (sink: DroneSink) => DroneDecoder,
    private readonly subject: string,
    heapSizeBytes?: Bytes,
  ) {
    this.limit = heapSizeBytes ?? LARGEST_HEAP;
    this.decoder = open(this);
  }

  get eventCount(): number {
    return this.op.length;
  }

  feed(chunk: Uint8Array): void {
    if (this.failure) return;
    try {
      this.decoder.push(chunk);
    } catch (error) {
      if (!(error instanceof TraceFormatError)) throw error;
      this.failure = error;
    }
  }

  alloc(sizeBytes: Bytes): void {
    this.keep(OP.alloc, sizeBytes, 0);
    const inner = this.innerPair === 1 && this.key(sizeBytes) === this.resizedTo;
    this.innerPair = inner ? 2 : 0;
    this.open(sizeBytes);
  }

  free(sizeBytes: Bytes): void {
    this.keep(OP.free, sizeBytes, 0);
    this.frees++;
    const inner = this.innerPair === 2 && this.key(sizeBytes) === this.resizedFrom;
    this.innerPair = 0;
    this.close(inner ? this.resizedTo : sizeBytes);
  }

  resize(fromSizeBytes: Bytes, sizeBytes: Bytes): void {
    this.keep(OP.resize, fromSizeBytes, sizeBytes);
    this.close(fromSizeBytes);
    this.open(sizeBytes);
    this.innerPair = this.decoder.generation === 'G1' ? 1 : 0;
    this.resizedFrom = this.key(fromSizeBytes);
    this.resizedTo = this.key(sizeBytes);
  }

  /** Hands all events to the sink that takes over, which also gets the rest of the stream. */
  handOver(sink: DroneSink): DroneDecoder {
    for (let i = 0; i < this.op.length; i++) {
      const size = this.size.values[i] ?? 0;
      if (this.op.values[i] === OP.alloc) sink.alloc(size);
      else if (this.op.values[i] === OP.free) sink.free(size);
      else sink.resize(size, this.newSize.values[i] ?? 0);
    }
    this.decoder.sink = sink;
    return this.decoder;
  }

  private keep(op: number, size: Bytes, newSize: Bytes): void {
    if (size > this.limit || newSize > this.limit) {
      const { offset } = this.decoder;
      throw new TraceFormatError(
        'HH1412',
        `${this.subject}: byte ${offset}: found a block of ${Math.max(size, newSize)} bytes, expected at most ${this.limit} (Drone OS ${this.decoder.generation})`,
        {
          offset,
          remedy:
            'give the true heap size with options.heapSizeBytes, or name the generation with options.format drone-g1',
        },
      );
    }
    if (size === 0) this.zeroSizes++;
    this.op.push(op);
    this.size.push(size);
    this.newSize.push(newSize);
  }

  /** G1 firmware cuts sizes (not the new ones of a resize), so blocks are told apart by what is left of them. */
  private key(sizeBytes: Bytes): Bytes {
    return this.decoder.generation === 'G1' && sizeBytes > 255 ? sizeAsG1Sends(sizeBytes) : sizeBytes;
  }

  private open(sizeBytes: Bytes): void {
    const key = this.key(sizeBytes);
    this.live.set(key, (this.live.get(key) ?? 0) + 1);
  }

  private close(sizeBytes: Bytes): void {
    const key = this.key(sizeBytes);
    const now = this.live.get(key) ?? 0;
    if (now > 0) this.live.set(key, now - 1);
    else if (this.orphanAt < 0) this.orphanAt = this.decoder.offset;
  }
}
