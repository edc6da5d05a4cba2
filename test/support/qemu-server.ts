import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from './eventually.js';

const READY_TIMEOUT_MS = 120_000;

export interface QemuServer extends AsyncDisposable {
  /** Of the gdb server, on 127.0.0.1. The target is halted before its first instruction. */
  readonly port: number;
  readonly kill: () => void;
  /** A command of its monitor, such as `system_reset`; resolves when it is done. */
  readonly command: (text: string) => Promise<void>;
}

/** Starts an emulator with a gdb server on a free port, which its monitor tells. */
export async function startQemu(machine: string, elf: string, args: readonly string[] = []): Promise<QemuServer> {
  const child = spawn(
    'qemu-system-arm',
    [
      ...['-M', machine, '-kernel', elf, '-S', '-display', 'none', '-serial', 'null', '-monitor', 'stdio'],
      ...[
        '-chardev',
        'socket,id=gdb0,host=127.0.0.1,port=0,server=on,wait=off,nodelay=on',
        '-gdb',
        'chardev:gdb0',
        ...args,
      ],
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  let prompts = 0;
  const listen = (chunk: Buffer) => {
    said += chunk.toString('latin1');
    prompts = said.split('(qemu) ').length - 1;
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  child.stdin.on('error', () => undefined);
  // The monitor shows one prompt at its start, and one behind each command.
  let commands = 0;
  const type = async (text: string) => {
    commands++;
    child.stdin.write(`${text}\n`);
    const expected = commands + 1;
    await eventually(() => prompts >= expected || child.exitCode !== null);
  };
  // What a command asks for (a reset) is done when the next one is read.
  const command = async (text: string) => {
    await type(text);
    await type('info status');
  };
  void type('info chardev');
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const port = Number(/gdb0: filename=disconnected:tcp:127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
    if (port > 0) {
      const kill = () => child.kill('SIGKILL');
      return {
        port,
        kill,
        command,
        async [Symbol.asyncDispose]() {
          kill();
          await exited;
        },
      };
    }
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`qemu-system-arm -M ${machine}: no gdb server: ${said}`);
    }
    await delay(10);
  }
}
