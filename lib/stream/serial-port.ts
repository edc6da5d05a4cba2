import type { Duplex } from 'node:stream';
import { serialPermissionHint } from '../base/install-hint.js';
import type { Milliseconds } from '../base/units.js';
import { DeviceLostError, TargetError } from '../errors/errors.js';
import type { ByteLink, LinkRead, LinkReadOptions } from './byte-link.js';
import { ChunkQueue } from './chunk-queue.js';
import { loadSerialBinding } from './serial-binding.js';

/** How a serial port is set up. */
export interface SerialOptions {
  /** 115200 unless told otherwise. */
  readonly baudRate?: number;
  /**
   * Levels to set after opening; absent leaves what the operating system sets (on most: both asserted). Many boards tie them to
   * reset: `dtr: false, rts: false` keeps an ESP32 from staying in its boot loader.
   */
  readonly dtr?: boolean;
  readonly rts?: boolean;
}

const DEFAULT_BAUD_RATE = 115_200;
/** Closing waits for a transmission that a vanished device will never take. */
const CLOSE_TIMEOUT_MS: Milliseconds = 2_000;

/**
 * Opens a serial port. Closing it does not drop DTR, which would reset many boards.
 * @throws TargetError HH1600 when it cannot be opened, ToolMissingError HH1607.
 */
export async function openSerialPort(path: string, options: SerialOptions = {}): Promise<SerialPort> {
  const { binding, Stream } = await loadSerialBinding();
  const baudRate = options.baudRate ?? DEFAULT_BAUD_RATE;
  const stream = new Stream({ binding, path, baudRate, autoOpen: false, hupcl: false });
  await new Promise<void>((resolve, reject) =>
    stream.open((cause) => (cause ? reject(cannotOpen(path, cause)) : resolve())),
  );
  const port = new SerialPort(path, stream);
  if (options.dtr !== undefined || options.rts !== undefined)
    await port.setLines({ dtr: options.dtr ?? true, rts: options.rts ?? true });
  return port;
}

/** What is used of an open port's stream. The package's own types are not named here: they would reach every program that imports ours. */
export interface PortStream extends Duplex {
  readonly isOpen: boolean;
  set(lines: { readonly dtr: boolean; readonly rts: boolean }, done: (error: Error | null) => void): void;
  close(done: (error: Error | null) => void): void;
}

/** An open serial port. Always close it: the process does not end while it is open. */
export class SerialPort implements ByteLink {
  private readonly queue: ChunkQueue;
  private closing: Promise<void> | undefined;

  constructor(
    readonly name: string,
    private readonly stream: PortStream,
  ) {
    this.queue = new ChunkQueue((on) => (on ? stream.resume() : stream.pause()));
    stream.on('data', (chunk: Buffer) => this.queue.push(chunk));
    stream.on('error', (cause: Error) => this.queue.finish(lost(name, cause)));
    stream.on('end', () => this.queue.finish(lost(name, undefined)));
    // A device that was pulled out closes the stream with an error; our own close has none.
    stream.on('close', (cause: Error | null) => this.queue.finish(cause ? lost(name, cause) : undefined));
  }

  /** Sets the modem lines. Resolves to false where the device has none (a pty): that is no error. */
  setLines(lines: { readonly dtr: boolean; readonly rts: boolean }): Promise<boolean> {
    return new Promise((resolve) => this.stream.set({ ...lines }, (error) => resolve(!error)));
  }

  read(options?: LinkReadOptions): Promise<LinkRead> {
    return this.queue.next(options);
  }

  write(bytes: Uint8Array | string): Promise<void> {
    if (this.queue.ended) return Promise.reject(lost(this.name, undefined));
    return new Promise((resolve, reject) => {
      const gone = (cause: Error | null) => reject(lost(this.name, cause ?? undefined));
      this.stream.once('close', gone);
      this.stream.write(Buffer.from(bytes), (cause: Error | null | undefined) => {
        this.stream.off('close', gone);
        if (cause) reject(lost(this.name, cause));
        else resolve();
      });
    });
  }

  close(): Promise<void> {
    this.closing ??= this.closeStream();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The stream has no `_destroy`: only an explicit close lets go of the port. */
  private async closeStream(): Promise<void> {
    this.queue.finish();
    if (!this.stream.isOpen) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
      // An error here means that it is closed already, by the device.
      this.stream.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function lost(path: string, cause: Error | undefined): DeviceLostError {
  return new DeviceLostError('HH1608', `${path}: the device is gone${cause ? ` (${cause.message})` : ''}`, {
    remedy: 'check the cable; a board that resets its USB comes back in a few seconds',
    ...(cause ? { cause } : {}),
  });
}

function cannotOpen(path: string, cause: Error): TargetError {
  return new TargetError('HH1600', `${path}: cannot open: ${cause.message}`, {
    cause,
    remedy: remedyFor(cause.message),
  });
}

function remedyFor(message: string): string {
  if (/permission denied|access denied/i.test(message))
    return `you need access to serial ports: ${serialPermissionHint()}`;
  if (/lock|busy|in use/i.test(message)) return 'close the other program that has it open (a monitor, an IDE)';
  return 'check that the board is plugged in and the name is right';
}
