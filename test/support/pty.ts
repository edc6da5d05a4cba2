import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real pty whose other end is a program of ours. */
export interface PtyDevice extends AsyncDisposable {
  /** What the host opens. */
  readonly path: string;
  /** The device sends bytes. */
  send(bytes: Uint8Array | string): void;
  /** Pulls the cable: the pty is gone. */
  unplug(): Promise<void>;
  /** The same path again, as after a USB re-enumeration. */
  plug(): Promise<void>;
}

/** Starts socat between a pty and `onData`, which gets what the host writes. */
export async function ptyDevice(onData: (bytes: Buffer) => void = () => {}): Promise<PtyDevice> {
  const folder = mkdtempSync(join(tmpdir(), 'harvest-pty-'));
  const path = join(folder, 'tty');
  const socketPath = join(folder, 'device');
  let connection: Socket | undefined;
  const server: Server = createServer((socket) => {
    connection = socket;
    socket.on('data', onData);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  let child: ChildProcess | undefined;
  const plug = async () => {
    const connected = new Promise<void>((resolve) => server.once('connection', () => resolve()));
    child = spawn('socat', ['-d', '-d', `pty,raw,echo=0,link=${path}`, `unix-connect:${socketPath}`], {
      stdio: 'ignore',
    });
    await connected;
  };
  const unplug = async () => {
    const dying = child;
    child = undefined;
    if (!dying || dying.exitCode !== null) return;
    const exited = new Promise<void>((resolve) => dying.once('exit', () => resolve()));
    dying.kill('SIGTERM');
    await exited;
  };
  await plug();
  return {
    path,
    send: (bytes) => connection?.write(bytes),
    plug,
    unplug,
    async [Symbol.asyncDispose]() {
      await unplug();
      connection?.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
