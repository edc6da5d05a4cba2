import { execFileSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { loadBoard } from '../../lib/boards/load-board.js';
import { RspClient } from '../../lib/link/rsp/rsp-client.js';
import { checkTarget } from '../../lib/link/server/check-target.js';
import { connect } from '../../lib/link/server/connect.js';
import { OpenocdTcl } from '../../lib/link/server/openocd-tcl.js';
import { recogniseServer } from '../../lib/link/server/recognise.js';
import { freePort } from '../../lib/link/server/tcp-port.js';
import { startProbeServer } from '../support/jtag-probe/probe-server.js';
import { lispFirmware, symbolAddresses } from '../support/lisp-firmware.js';
import { startOpenocd } from '../support/openocd-server.js';
import { startQemu } from '../support/qemu-server.js';
import { type SimulatedBoard, simulatedBoard } from '../support/simulated-board.js';

const elf = lispFirmware({ board: 'microbit', opt: 'Os', variant: 'tiny' });
const machine = { probes: [], listens: async () => false, canRun: async () => true };

async function launched(board: SimulatedBoard, after: 'run' | 'halt' | 'reset' = 'run') {
  const serverProgram = `${board.programFolder}/openocd`;
  return connect(await loadBoard('metro_m0_express'), { elf, machine, serverProgram, after, server: 'openocd' });
}

/** The processes of a program whose command line has this text. */
function processesWith(text: string): string[] {
  const list = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return list.split('\n').filter((line) => line.includes(text) && !line.includes('ps -eo'));
}

test.serial('what is launched is ready for gdb, on a port of its own, and is gone afterwards', async (t) => {
  t.timeout(120_000);
  await using board = await simulatedBoard('microbit', elf);
  const target = await launched(board);
  const client = await RspClient.connect(target.server);
  t.true((await client.registers()).length >= 16);
  t.regex(await client.monitor('version'), /Open On-Chip Debugger 0\.12/);
  await client.detach();
  t.true(processesWith(board.interfaceFile).length > 0);
  await target[Symbol.asyncDispose]();
  t.deepEqual(processesWith(board.interfaceFile), []);
});

/** A client that dies with its breakpoints set: what the target does when the server has ended. */
async function leave(t: ExecutionContext, board: SimulatedBoard, after: 'run' | 'halt' | 'reset') {
  const target = await launched(board, after);
  const client = await RspClient.connect(target.server);
  await client.breakpoints.set(symbolAddresses(elf)('gc_alloc'));
  client.connection.destroy();
  const tcl = await OpenocdTcl.open({ host: '127.0.0.1', port: target.tclPort ?? 0 });
  t.is(await tcl.state(), 'halted');
  const state = await tcl.leaveTarget(after);
  const breakpoints = await tcl.ask('bp');
  await tcl[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
  return { state, breakpoints };
}

test.serial(
  'after a capture that died the target runs, without a breakpoint; or stays halted, when told so',
  async (t) => {
    t.timeout(180_000);
    await using board = await simulatedBoard('microbit', elf);
    t.deepEqual(await leave(t, board, 'run'), { state: 'running', breakpoints: '' });
    t.deepEqual(await leave(t, board, 'halt'), { state: 'halted', breakpoints: '' });
    t.deepEqual(await leave(t, board, 'reset'), { state: 'running', breakpoints: '' });
  },
);

test.serial('OpenOCD that is killed is told as lost; nothing is left over, and nothing hangs', async (t) => {
  t.timeout(120_000);
  await using board = await simulatedBoard('microbit', elf);
  const target = await launched(board);
  for (const line of processesWith(board.interfaceFile)) {
    const pid = Number(line.trim().split(' ')[0]);
    // The program itself, not the shell that guards it.
    if (/^\s*\d+ \/?\S*openocd/.test(line)) process.kill(pid, 'SIGKILL');
  }
  await t.throwsAsync(target.lost, { code: 'HH1545' });
  await target[Symbol.asyncDispose]();
  t.deepEqual(processesWith(board.interfaceFile), []);
});

test.serial('the check of a board reads its comparators and its link, and lets it run', async (t) => {
  t.timeout(120_000);
  await using board = await simulatedBoard('microbit', elf);
  const options = { server: 'openocd', serverProgram: `${board.programFolder}/openocd` } as const;
  const check = await checkTarget(await loadBoard('metro_m0_express'), options);
  t.is(check.server, 'openocd');
  // The simulated chip's FP_CTRL says six.
  t.is(check.breakpoints, 6);
  t.true(check.roundTripMs.median > 0 && check.roundTripMs.worst >= check.roundTripMs.median);
  t.deepEqual(processesWith(board.interfaceFile), []);
});

test.serial('a probe that is gone is an error of the launch, and nothing is left over', async (t) => {
  t.timeout(120_000);
  await using board = await simulatedBoard('microbit', elf);
  await board.killProbe();
  await t.throwsAsync(launched(board), { code: 'HH1522' });
  t.deepEqual(processesWith(board.interfaceFile), []);
});

test.serial('a running OpenOCD is known by its answers, with its Tcl port, on whatever port it listens', async (t) => {
  t.timeout(120_000);
  await using chip = await startQemu('mps2-an385', lispFirmware({ board: 'mps2-an385', opt: 'Og', variant: 'small' }));
  await using probe = await startProbeServer(chip.port);
  await using openocd = await startOpenocd(probe.adapter);
  const address = { host: '127.0.0.1', port: openocd.gdbPort };
  const found = await recogniseServer(address, [openocd.tclPort]);
  t.is(found.kind, 'openocd');
  t.regex(found.version ?? '', /Open On-Chip Debugger 0\.12/);
  t.is(found.tclPort, openocd.tclPort);
  const board = await loadBoard('generic');
  await using target = await connect(board, { elf, gdbServer: `:${openocd.gdbPort}` });
  t.deepEqual(target.orders.resetCommands, ['reset halt']);
  // Its Tcl port is none of those that are tried: that is said.
  t.is(target.tclPort, undefined);
  t.regex(target.notes?.join() ?? '', /attached to OpenOCD 0\.12.*Tcl port does not answer/);
});

test.serial('a QEMU that runs already is known, and is attached to each time', async (t) => {
  t.timeout(120_000);
  const port = await freePort();
  const { spawnTool, killTool, toolEnded } = await import('../../lib/base/child-processes.js');
  const args = ['-machine', 'microbit', '-kernel', elf, '-display', 'none', '-serial', 'null', '-monitor', 'none'];
  const child = spawnTool('qemu-system-arm', [...args, '-icount', 'shift=0', '-gdb', `tcp:127.0.0.1:${port}`]);
  const ended = toolEnded(child);
  const { waitForPort } = await import('../../lib/link/server/tcp-port.js');
  await waitForPort('127.0.0.1', port, { timeoutMs: 100_000, signal: new AbortController().signal });
  try {
    const board = await loadBoard('generic');
    for (let time = 0; time < 4; time++) {
      await using target = await connect(board, { elf, gdbServer: `:${port}` });
      t.is(target.kind, 'qemu');
      const client = await RspClient.connect({ ...target.server, ackless: true });
      t.true((await client.registers()).length >= 16);
      // Runs on, as after each capture: the next attach stops it.
      await client.detach();
    }
  } finally {
    killTool(child, 'SIGKILL');
    await ended;
  }
});

test('a port that nobody listens on, and one that does not answer, are told apart', async (t) => {
  t.timeout(180_000);
  await t.throwsAsync(recogniseServer({ host: '127.0.0.1', port: await freePort() }), { code: 'HH1501' });
});
