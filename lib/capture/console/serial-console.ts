import type { Board } from '../../boards/board.js';
import { DeviceLostError, TargetError } from '../../errors/errors.js';
import type { Target } from '../../link/server/target.js';
import { durableSelector, listSerialPorts, type PortLister, reopenSerialPort } from '../../stream/serial-finder.js';
import { openSerialPort, type SerialOptions, type SerialPort } from '../../stream/serial-port.js';

/** Where a board's console is read and typed at while a capture runs. */
export interface SerialConsoleOptions {
  /** A port's path, `id:SERIALNUMBER`, or `auto`: the one with the board's USB identity. */
  readonly serial?: string;
  /** Default: the board's. */
  readonly baudRate?: number;
  /** Levels of the modem lines after opening; absent: what the system sets. Many boards tie them to reset. */
  readonly dtr?: boolean;
  readonly rts?: boolean;
}

/**
 * The path of the port that is meant.
 * @throws TargetError HH1544 when none or several fit, with the list
 */
export async function consolePort(serial: string, board: Board, list: PortLister = listSerialPorts): Promise<string> {
  if (serial !== 'auto' && !serial.startsWith('id:')) return serial;
  const ports = await list();
  const number = serial.slice('id:'.length);
  const ids = board.usb.map(({ vid, pid }) => `${vid}:${pid}`.toLowerCase());
  const fitting = ports.filter(({ vendorId, productId, serialNumber }) =>
    serial === 'auto' ? ids.includes(`${vendorId}:${productId}`.toLowerCase()) : serialNumber === number,
  );
  const [only, ...others] = fitting;
  if (only && others.length === 0) return only.path;
  const shown = (fitting.length > 0 ? fitting : ports).map(
    ({ path, vendorId = '?', productId = '?', serialNumber = '?' }) =>
      `${path} (${vendorId}:${productId}, ${serialNumber})`,
  );
  throw new TargetError(
    'HH1544',
    `options.serial ${serial}: found ${fitting.length} ports that fit${shown.length === 0 ? '' : ` among ${shown.join(', ')}`}, expected one${serial === 'auto' && ids.length > 0 ? ` with the USB identity of ${board.name} (${ids.join(', ')})` : ''}`,
    { remedy: 'name the port by its path or, of several, by its serial number: options.serial id:SERIALNUMBER' },
  );
}

/** A target whose console is a serial port; the target itself where none is asked for. @throws TargetError HH1544, HH1600 */
export async function withSerialConsole(
  open: () => Promise<Target>,
  board: Board,
  { serial, ...options }: SerialConsoleOptions & { readonly signal?: AbortSignal },
): Promise<Target> {
  if (serial === undefined) return await open();
  // Before the target is reset: opening a port resets many boards, and nothing of what they print is to be missed.
  const path = await consolePort(serial, board);
  const console = await SerialConsole.open(path, { ...options, baudRate: options.baudRate ?? board.serial.baud });
  try {
    const target = await open();
    return {
      ...target,
      notes: [...(target.notes ?? []), `the console is ${path} at ${options.baudRate ?? board.serial.baud} baud`],
      console: console.text(),
      writeConsole: (text) => console.write(text),
      async [Symbol.asyncDispose]() {
        await target[Symbol.asyncDispose]();
        await console.close();
      },
    };
  } catch (error) {
    await console.close();
    throw error;
  }
}

type OpenOptions = SerialOptions & { readonly signal?: AbortSignal };

/** A serial port as a console: it is found again when a reset of the board takes it away. */
class SerialConsole {
  private closed = false;

  private constructor(
    private readonly path: string,
    private port: SerialPort,
    private readonly options: OpenOptions,
  ) {}

  static async open(path: string, options: OpenOptions): Promise<SerialConsole> {
    return new SerialConsole(path, await openSerialPort(path, options), options);
  }

  /** What the board prints, in pieces; ends when the port is closed, or stays away. */
  async *text(): AsyncGenerator<string> {
    const selector = await durableSelector(this.path);
    const decoder = new TextDecoder();
    while (!this.closed) {
      try {
        const next = await this.port.read();
        if (next.kind !== 'bytes') return;
        yield decoder.decode(next.bytes, { stream: true });
      } catch (error) {
        if (this.closed || !(error instanceof DeviceLostError)) return;
        await this.port.close();
        const back = await reopenSerialPort(selector, this.options).catch(() => undefined);
        if (!back) return;
        this.port = back;
        if (this.closed) await back.close();
      }
    }
  }

  /** Types; what a port that is away would get is lost. */
  write(text: string): void {
    this.port.write(text).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.port.close();
  }
}
