import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Milliseconds } from '../base/units.js';
import { DeviceLostError, HarvestError, TargetError, ToolMissingError } from '../errors/errors.js';
import { loadSerialBinding } from './serial-binding.js';
import { openSerialPort, type SerialOptions, type SerialPort } from './serial-port.js';

/** A serial port as the system knows it. The USB fields are absent for ports without USB, or where nothing tells them. */
export interface SerialPortInfo {
  readonly path: string;
  /** Four hexadecimal digits, lower case. */
  readonly vendorId?: string;
  readonly productId?: string;
  readonly serialNumber?: string;
  readonly manufacturer?: string;
}

/** Which port is meant: a path, or the USB identity that stays the same when the path changes. */
export type PortSelector =
  | { readonly path: string }
  | { readonly vendorId: string; readonly productId: string; readonly serialNumber?: string };

/** For tests and for systems with ports of their own kind. */
export type PortLister = () => Promise<readonly SerialPortInfo[]>;

/** The serial ports of this machine, by path. Without udevadm (Linux) only their paths. @throws ToolMissingError HH1607 */
export async function listSerialPorts(): Promise<readonly SerialPortInfo[]> {
  // The binding's own list starts udevadm without listening for its absence, which would end this process.
  if (process.platform === 'linux' && !(await canRun('udevadm'))) return devicePaths();
  const { binding } = await loadSerialBinding();
  const ports = await binding.list();
  return ports
    .map(({ path, vendorId, productId, serialNumber, manufacturer }) => ({
      path,
      ...(vendorId === undefined ? {} : { vendorId: vendorId.toLowerCase() }),
      ...(productId === undefined ? {} : { productId: productId.toLowerCase() }),
      ...(serialNumber === undefined ? {} : { serialNumber }),
      ...(manufacturer === undefined ? {} : { manufacturer }),
    }))
    .sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
}

/** Whether a program starts at all. */
function canRun(program: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, ['--version'], { stdio: 'ignore', timeout: 5_000 });
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(true));
  });
}

async function devicePaths(): Promise<readonly SerialPortInfo[]> {
  const names = await readdir('/dev').catch(() => []);
  return names
    .filter((name) => /^tty(ACM|USB|AMA)\d+$/.test(name))
    .sort()
    .map((name) => ({ path: `/dev/${name}` }));
}

/**
 * The path of the port that a selector means; of several that fit, an error, never a guess.
 * @throws TargetError HH1603 when none or several fit, ToolMissingError HH1604 when the system cannot tell USB identities.
 */
export async function findSerialPort(selector: PortSelector, list: PortLister = listSerialPorts): Promise<string> {
  if ('path' in selector) return selector.path;
  const ports = await list();
  const wanted = describe(selector);
  if (ports.length > 0 && ports.every((port) => port.vendorId === undefined) && !(await canRun('udevadm')))
    throw new ToolMissingError('HH1604', `serial port ${wanted}: found no udevadm, expected it for USB identities`, {
      remedy: 'install udev, or name the port by its path',
    });
  const fitting = ports.filter(
    (port) =>
      port.vendorId === selector.vendorId.toLowerCase() &&
      port.productId === selector.productId.toLowerCase() &&
      (selector.serialNumber === undefined || port.serialNumber === selector.serialNumber),
  );
  const [only] = fitting;
  if (only && fitting.length === 1) return only.path;
  const found =
    fitting.length === 0 ? 'none' : fitting.map((port) => `${port.path} (${port.serialNumber ?? '?'})`).join(', ');
  throw new TargetError('HH1603', `serial port ${wanted}: found ${found}, expected one`, {
    remedy: fitting.length === 0 ? 'plug the board in' : 'say which one by its serial number',
  });
}

/** What finds a port again after it has vanished: its USB identity where the system tells one, else its path. */
export async function durableSelector(path: string, list: PortLister = listSerialPorts): Promise<PortSelector> {
  const port = (await list().catch(() => [])).find((one) => one.path === path);
  if (port?.vendorId === undefined || port.productId === undefined) return { path };
  const { vendorId, productId, serialNumber } = port;
  return { vendorId, productId, ...(serialNumber === undefined ? {} : { serialNumber }) };
}

/** What is done while a serial port is away. */
export interface ReopenOptions extends SerialOptions {
  /** How long to wait for the port to come back. */
  readonly windowMs?: Milliseconds;
  readonly list?: PortLister;
  readonly signal?: AbortSignal;
}

const DEFAULT_WINDOW_MS = 10_000;
const TRY_EVERY_MS = 100;

/**
 * Opens a port that may not be there yet: a board whose USB enumerates again takes up to some seconds.
 * @throws DeviceLostError HH1605 when it did not come within the window; the abort reason on abort.
 */
export async function reopenSerialPort(selector: PortSelector, options: ReopenOptions = {}): Promise<SerialPort> {
  const windowMs = options.windowMs ?? DEFAULT_WINDOW_MS;
  const deadline = performance.now() + windowMs;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await openSerialPort(await findSerialPort(selector, options.list), options);
    } catch (cause) {
      if (!(cause instanceof HarvestError) || cause instanceof ToolMissingError) throw cause;
      if (performance.now() + TRY_EVERY_MS > deadline)
        throw new DeviceLostError('HH1605', `serial port ${describe(selector)}: not back after ${windowMs} ms`, {
          cause,
          remedy: 'plug the board in again, and start again',
        });
    }
    await sleep(TRY_EVERY_MS, undefined, options.signal ? { signal: options.signal } : {});
  }
}

function describe(selector: PortSelector): string {
  if ('path' in selector) return selector.path;
  const { vendorId, productId, serialNumber } = selector;
  return `${vendorId}:${productId}${serialNumber === undefined ? '' : ` (${serialNumber})`}`;
}

/** One piece of a stream: that the port is open now, bytes, or that the port was away (what it sent meanwhile is lost). */
export type SerialItem =
  | { readonly kind: 'opened'; readonly name: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'reconnected'; readonly awayMs: Milliseconds };

/**
 * Reads a serial port and goes on when it vanishes and returns within the window. Ends cleanly on abort.
 * @throws DeviceLostError HH1605 when it stays away, and what opening it throws.
 */
export async function* serialItems(path: string, options: ReopenOptions = {}): AsyncGenerator<SerialItem> {
  const { signal } = options;
  let port = await openSerialPort(path, options);
  try {
    yield { kind: 'opened', name: path };
    const selector = await durableSelector(path, options.list);
    while (!signal?.aborted) {
      try {
        const next = await port.read(signal ? { signal } : {});
        if (next.kind !== 'bytes') return;
        yield next;
      } catch (error) {
        if (signal?.aborted) return;
        if (!(error instanceof DeviceLostError)) throw error;
        const since = performance.now();
        await port.close();
        port = await reopenSerialPort(selector, options);
        yield { kind: 'reconnected', awayMs: Math.round(performance.now() - since) };
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    await port.close();
  }
}
