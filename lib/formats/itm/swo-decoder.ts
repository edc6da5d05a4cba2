import { DroneStreamDecoder, DsoDecoder } from './framed-ports.js';
import { ItmDecoder } from './itm-decoder.js';
import { TpiuDeformatter } from './tpiu-deformatter.js';

/** How ports are carried: ITM packets bare or inside TPIU frames, or one of Drone OS's own framings. */
export const SWO_FRAMINGS = ['itm', 'tpiu', 'dso', 'drone-stream'] as const;
/** One of {@link SWO_FRAMINGS}. */
export type SwoFraming = (typeof SWO_FRAMINGS)[number];

/** Is told what an SWO stream holds, in its order. */
export interface SwoHandler {
  /** The bytes of the trace port, in order. */
  trace(bytes: Uint8Array): void;
  /** The bytes of any other port. */
  console?(port: number, bytes: Uint8Array): void;
  /** The stream lost data here: an overflow, a reserved header, an unknown byte. */
  lost?(reason: string): void;
  /** A synchronisation packet (ITM or TPIU). */
  sync?(): void;
}

/** How the stream is framed. */
export interface SwoOptions {
  /** The port that carries the trace: 31 for Drone OS. */
  readonly tracePort?: number;
  /** With TPIU frames: the only trace source to listen to; any when absent. */
  readonly tpiuStream?: number;
}

const BATCH = 4096;

/** Takes a raw SWO stream apart: the trace port's bytes, the other ports' text, and where data was lost. */
export class SwoDecoder {
  /** Reserved headers and unknown bytes so far. */
  reservedBytes = 0;
  overflows = 0;
  private readonly tracePort: number;
  private readonly input: { push(chunk: Uint8Array): void; end(): number };
  private inner: ItmDecoder | undefined;
  private readonly batch = new Uint8Array(BATCH + 4);
  private batchLength = 0;
  private batchPort = -1;
  /** Whether the trace port has sent one-byte packets: Drone's op bytes, by which a record's start can be found again. */
  private sawBytePacket = false;
  private resync = false;

  constructor(
    framing: SwoFraming,
    private readonly handler: SwoHandler,
    options: SwoOptions = {},
  ) {
    this.tracePort = options.tracePort ?? 31;
    this.input = this.open(framing, options);
  }

  push(chunk: Uint8Array): void {
    this.input.push(chunk);
    this.flush();
  }

  /** Returns how many bytes of an unfinished packet are left over. */
  end(): number {
    const left = this.input.end() + (this.inner?.end() ?? 0);
    this.flush();
    return left;
  }

  private open(framing: SwoFraming, options: SwoOptions): { push(chunk: Uint8Array): void; end(): number } {
    const ports = {
      data: (port: number, bytes: Uint8Array) => this.block(port, bytes),
      reserved: (byte: number, offset: number) => this.reserved(byte, offset),
    };
    switch (framing) {
      case 'itm':
        return this.openItm();
      case 'tpiu': {
        const itm = this.openItm();
        this.inner = itm;
        const { tpiuStream } = options;
        return new TpiuDeformatter({
          data: (stream, bytes) => {
            if (stream !== 0 && (tpiuStream === undefined || stream === tpiuStream)) itm.push(bytes);
          },
          sync: () => this.handler.sync?.(),
        });
      }
      case 'dso':
        return new DsoDecoder(ports);
      case 'drone-stream':
        return new DroneStreamDecoder(ports);
    }
  }

  private openItm(): ItmDecoder {
    return new ItmDecoder({
      software: (port, value, byteCount) => this.packet(port, value, byteCount),
      overflow: () => {
        this.overflows++;
        this.loss('SWO overflow: the target sent faster than the pin');
      },
      reserved: (byte, offset) => this.reserved(byte, offset),
      sync: () => this.handler.sync?.(),
    });
  }

  private packet(port: number, value: number, byteCount: number): void {
    if (port === this.tracePort) {
      if (byteCount === 1) {
        this.sawBytePacket = true;
        this.resync = false;
      } else if (this.resync) return;
    }
    if (port !== this.batchPort || this.batchLength + byteCount > BATCH) this.flush();
    this.batchPort = port;
    const { batch } = this;
    let at = this.batchLength;
    batch[at++] = value;
    if (byteCount > 1) batch[at++] = value >>> 8;
    if (byteCount > 2) {
      batch[at++] = value >>> 16;
      batch[at++] = value >>> 24;
    }
    this.batchLength = at;
  }

  private block(port: number, bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (port !== this.batchPort || this.batchLength === BATCH) this.flush();
      this.batchPort = port;
      this.batch[this.batchLength++] = byte;
    }
  }

  private reserved(byte: number, offset: number): void {
    this.reservedBytes++;
    this.loss(`byte ${offset}: found ${byte.toString(16).padStart(2, '0')}, which starts no packet`);
  }

  private loss(reason: string): void {
    this.flush();
    // Words of a record whose op byte was lost would be read as ops.
    this.resync = this.sawBytePacket;
    this.handler.lost?.(reason);
  }

  private flush(): void {
    if (this.batchLength === 0) return;
    const bytes = this.batch.slice(0, this.batchLength);
    this.batchLength = 0;
    if (this.batchPort === this.tracePort) this.handler.trace(bytes);
    else this.handler.console?.(this.batchPort, bytes);
  }
}
