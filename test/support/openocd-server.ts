import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../lib/link/server/tcp-port.js';

export interface OpenocdServer extends AsyncDisposable {
  readonly gdbPort: number;
  readonly tclPort: number;
  /** What it printed so far. */
  readonly said: () => string;
  readonly pid: number;
}

const READY_TIMEOUT_MS = 120_000;

function config(adapter: string, gdbPort: number, tclPort: number): string {
  return `${adapter}
transport select jtag
reset_config none
gdb_port ${gdbPort}
tcl_port ${tclPort}
telnet_port disabled
jtag newtap toy cpu -irlen 4 -expected-id 0x4ba00477
dap create toy.dap -chain-position toy.cpu
target create toy.cpu cortex_m -endian little -dap toy.dap
cortex_m reset_config sysresetreq
`;
}

/** A real OpenOCD on a probe of ours (its `adapter` of its server); ready when it says that it serves gdb. */
export async function startOpenocd(adapter: string): Promise<OpenocdServer> {
  const folder = await mkdtemp(join(tmpdir(), 'harvest-openocd-'));
  const gdbPort = await freePort();
  const tclPort = await freePort();
  const file = join(folder, 'probe.cfg');
  await writeFile(file, config(adapter, gdbPort, tclPort));
  const child = spawn('openocd', ['-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
    });
  }
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!/starting gdb server for .* on \d+/i.test(said) || !said.includes(`${gdbPort}`)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`openocd: not ready: ${said}`);
    }
    await delay(20);
  }
  return { gdbPort, tclPort, said: () => said, pid: child.pid ?? -1, [Symbol.asyncDispose]: stop };
}
