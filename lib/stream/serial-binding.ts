import { read } from 'node:fs';
import { promisify } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import type { AutoDetectTypes, LinuxBindingInterface, LinuxPortBinding } from '@serialport/bindings-cpp';
import { TargetError, ToolMissingError } from '../errors/errors.js';

const readFile = promisify(read);

/**
 * The native binding, which is an optional dependency: some platforms have no prebuilt one.
 * @throws ToolMissingError HH1607 without it; TargetError HH1606 in a worker thread.
 */
export async function loadSerialBinding() {
  // bindings-cpp 13 polls on the main thread's event loop whichever thread asks, and V8 then ends the whole process.
  if (!isMainThread)
    throw new TargetError('HH1606', 'serial port: found a worker thread, expected the main thread of a process', {
      remedy: 'run tests that use serial ports in processes (ava: "workerThreads": false; vitest: pool "forks")',
    });
  try {
    const [bindings, { SerialPortStream: Stream }] = await Promise.all([
      import('@serialport/bindings-cpp'),
      import('@serialport/stream'),
    ]);
    return { binding: guarded(bindings.autoDetect()), Stream };
  } catch (cause) {
    throw new ToolMissingError('HH1607', 'serial port: found no native binding, expected @serialport/bindings-cpp', {
      cause,
      remedy: 'npm install @serialport/bindings-cpp (or connect over TCP, for example with socat or ser2net)',
    });
  }
}

/**
 * The binding with a read of our own on POSIX. A terminal that was hung up reads 0 bytes; bindings-cpp 13 then reads again at
 * once, for ever, with a growing chain of promises. Here it is the loss of the device.
 */
function guarded(binding: AutoDetectTypes): AutoDetectTypes {
  if (process.platform === 'win32') return binding;
  // On Linux and macOS alike the port has a descriptor and a poller.
  const posix = binding as LinuxBindingInterface;
  const open: LinuxBindingInterface['open'] = async (options) => {
    const port = await posix.open(options);
    port.read = (buffer, offset, length) => readOrLose(port, { buffer, offset, length });
    return port;
  };
  return { list: () => posix.list(), open };
}

interface ReadPlace {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly length: number;
}

async function readOrLose(port: LinuxPortBinding, place: ReadPlace): Promise<{ buffer: Buffer; bytesRead: number }> {
  for (;;) {
    throwIfClosed(port);
    const bytesRead = await readNow(port.fd ?? -1, place);
    if (bytesRead === 0) throw new Error('hung up');
    if (bytesRead > 0) return { buffer: place.buffer, bytesRead };
    // Polling a closed port would crash the process.
    throwIfClosed(port);
    await new Promise<void>((resolve, reject) => {
      port.poller.once('readable', (error: Error | null) => (error ? reject(error) : resolve()));
    });
  }
}

function throwIfClosed(port: LinuxPortBinding): void {
  if (!port.isOpen) throw Object.assign(new Error('closed'), { canceled: true });
}

/** Bytes read; -1 when there are none yet. */
async function readNow(fd: number, { buffer, offset, length }: ReadPlace): Promise<number> {
  try {
    return (await readFile(fd, buffer, offset, length, null)).bytesRead;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR') return -1;
    throw error;
  }
}
