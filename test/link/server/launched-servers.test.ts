import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { loadBoard } from '../../../lib/boards/load-board.js';
import type { PluggedProbe } from '../../../lib/boards/usb-probes.js';
import { connect } from '../../../lib/link/server/connect.js';
import type { ServerKind } from '../../../lib/link/server/target.js';
import { type StandIn, serverStandIn } from '../../support/server-stand-in.js';

const ST_LINK: PluggedProbe = {
  device: { vid: '0483', pid: '374B', product: 'STM32 STLink', serialNumber: '066EFF1', node: '/dev/bus/usb/001/004' },
  kind: { title: 'ST-Link/V2-1', interface: 'stlink-dap', transport: 'dapdirect_swd' },
};

const machine = { probes: [ST_LINK], listens: async () => false, canRun: async () => true };

async function launch(t: ExecutionContext, server: ServerKind, standIn: StandIn, boardName = 'microbit_v2') {
  const serverProgram = serverStandIn(t, standIn);
  const board = await loadBoard(boardName);
  const connecting = connect(board, { elf: 'fw.elf', server, serverProgram, machine });
  const args = () => JSON.parse(readFileSync(`${serverProgram}.args`, 'utf8')) as string[];
  return { connecting, args, pid: () => Number(readFileSync(`${serverProgram}.pid`, 'utf8')) };
}

const runs = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** SEGGER J-Link GDB Server V6.98e, as it starts. */
const JLINK_START = `SEGGER J-Link GDB Server V6.98e Command Line Version

-----GDB Server start settings-----
GDB Server Listening port:     PORT
Connecting to J-Link...
J-Link is connected.
Target voltage: 3.31 V
Listening on TCP/IP port PORT
Connecting to target...
Connected to target
Waiting for GDB connection...`;
const PYOCD_START = `0000488 I Target type is nrf52833 [board]
0000607 I DP IDR = 0x2ba01477 (v1 rev2) [dap]
0000961 I Semihost server started on port 41337 (core 0) [server]
0001026 I GDB server started on port PORT (core 0) [gdbserver]
`;

test('the J-Link server is started with the board’s device, and is ready when it waits for gdb', async (t) => {
  const { connecting, args } = await launch(t, 'jlink', { says: JLINK_START });
  await using target = await connecting;
  t.is(target.kind, 'jlink');
  const words = args();
  t.is(words[words.indexOf('-device') + 1], 'nRF52833_xxAA');
  t.is(words[words.indexOf('-port') + 1], String(target.server.port));
  t.deepEqual(target.orders.resetCommands, ['halt', 'reset']);
  t.regex(target.notes?.join() ?? '', /launched J-Link GDB server at 127\.0\.0\.1:\d+: device nRF52833_xxAA/);
});

test('pyOCD stays when a client leaves, does not wait for a probe, and is ready in its words of both generations', async (t) => {
  for (const says of [PYOCD_START, PYOCD_START.replace('started on port PORT', 'listening on port PORT')]) {
    const { connecting, args } = await launch(t, 'pyocd', { says });
    await using target = await connecting;
    t.is(target.kind, 'pyocd');
    t.true(args().includes('--persist') && args().includes('--no-wait'));
    // Its default erases a locked chip.
    t.true(args().join(' ').includes('-O auto_unlock=false'));
  }
});

test('probe-rs is ready when it listens, which it says too early', async (t) => {
  const says = 'Firing up GDB stub at 127.0.0.1:PORT.\n';
  const { connecting, args } = await launch(t, 'probe-rs', { says, portAfter: '--gdb-connection-string' });
  await using target = await connecting;
  t.is(target.kind, 'probe-rs');
  t.true(args().includes('nRF52833_xxAA'));
});

test('a server that ignores SIGTERM is killed after a grace: nothing is left', async (t) => {
  const { connecting, pid } = await launch(t, 'pyocd', { says: PYOCD_START, stuck: true });
  const target = await connecting;
  t.true(runs(pid()));
  await target[Symbol.asyncDispose]();
  t.false(runs(pid()));
});

test('a server that is killed during the capture rejects `lost` with its name', async (t) => {
  const { connecting, pid } = await launch(t, 'jlink', { says: JLINK_START });
  await using target = await connecting;
  process.kill(pid(), 'SIGKILL');
  await t.throwsAsync(target.lost, { code: 'HH1545', message: /J-Link GDB server: ended during the capture/ });
});

interface Failure {
  readonly code: string;
  readonly remedy?: RegExp;
}

const says = test.macro<[ServerKind, StandIn, Failure]>({
  exec: async (t, server, standIn, { code, remedy }) => {
    const { connecting, pid } = await launch(t, server, standIn);
    const error = await t.throwsAsync(connecting, { code });
    if (remedy) t.regex((error as { remedy?: string }).remedy ?? '', remedy);
    t.false(runs(pid()));
  },
  title: (_, server, { says: text }, { code }) => `${server}: "${text.trim().split('\n').at(-1)}" is ${code}`,
});

const openocd = (line: string): StandIn => ({ says: `Open On-Chip Debugger 0.12.0\n${line}\n`, exit: 1 });
test(says, 'openocd', openocd('Error: libusb_open() failed with LIBUSB_ERROR_ACCESS\nError: open failed'), {
  code: 'HH1523',
  remedy: /ATTR\{idVendor\}=="0483", ATTR\{idProduct\}=="374b", MODE="0660"/,
});
test(says, 'openocd', openocd('Error: libusb_claim_interface() failed with LIBUSB_ERROR_BUSY'), { code: 'HH1534' });
test(says, 'openocd', openocd('Error: Error connecting DP: cannot read IDR'), { code: 'HH1525' });
test(says, 'openocd', openocd('Error: JTAG scan chain interrogation failed: all ones'), { code: 'HH1525' });
// What answers with ones or zeros alone is no other chip.
test(
  says,
  'openocd',
  openocd(
    'Error: JTAG scan chain interrogation failed: all ones\nError: Trying to use configured scan chain anyway...\nError: riscv.cpu: IR capture error; saw 0x1f not 0x01',
  ),
  { code: 'HH1525' },
);
test(says, 'openocd', openocd('Error: Unexpected OCD_ID = 00000000'), { code: 'HH1525' });
test(says, 'openocd', openocd('Error: dtmcontrol is 0. Check JTAG connectivity/board power.'), { code: 'HH1525' });
test(says, 'openocd', openocd('Error: [riscv.cpu] Unsupported DTM version: 15'), { code: 'HH1525' });
test(says, 'openocd', openocd('Error: timed out while waiting for target halted'), { code: 'HH1525' });
test(says, 'openocd', openocd('Error: Could not open serial port.'), { code: 'HH1522' });
test(says, 'openocd', openocd('Error: libusb_open() failed with LIBUSB_ERROR_NOT_SUPPORTED'), { code: 'HH1522' });
test(says, 'openocd', openocd('Warn : target voltage may be too low for reliable debugging'), { code: 'HH1527' });
test(says, 'openocd', openocd('Error: nRF52 device has AP lock engaged (see UICR APPROTECT register).'), {
  code: 'HH1526',
});
test(says, 'openocd', openocd("Error: couldn't bind gdb to socket on port 3333: Address already in use"), {
  code: 'HH1528',
});
test(says, 'openocd', openocd('Error: JTAG tap: toy.cpu expected 1 of 1: 0x4ba00477'), { code: 'HH1524' });
test(says, 'openocd', openocd('invalid command name "esp32c6"'), { code: 'HH1529' });
test(
  says,
  'openocd',
  { says: 'Error: [at91samd.cpu] Examination failed\nInfo : Listening on port PORT for gdb connections\n' },
  { code: 'HH1525' },
);
test(says, 'openocd', openocd('something new'), { code: 'HH1531' });
test(says, 'openocd', openocd("embedded:startup.tcl:26: Error: Can't find target/rp2350.cfg"), { code: 'HH1529' });
test(says, 'openocd', openocd("embedded:startup.tcl:26: Error: Can't find interface/cmsisdap.cfg"), { code: 'HH1530' });
test(says, 'openocd', openocd('Error: unable to open CMSIS-DAP device 0x2e8a:0xc'), { code: 'HH1522' });
test(says, 'openocd', openocd('Error: Failed to connect multidrop rp2040.dap0'), { code: 'HH1525' });
test(says, 'openocd', openocd('Error: CMSIS-DAP command mismatch. Sent 0x5 received 0x3'), { code: 'HH1534' });

const jlink = (line: string): StandIn => ({ says: `SEGGER J-Link GDB Server V7.92g\n${line}\n`, exit: 255 });
test(says, 'jlink', jlink('Connecting to J-Link...\nConnecting to J-Link failed. Connected correctly?'), {
  code: 'HH1522',
});
test(says, 'jlink', jlink('J-Link is connected.\nTarget voltage: 0.00 V'), { code: 'HH1527' });
test(says, 'jlink', jlink('Connecting to target...\nCould not connect to target.'), { code: 'HH1525' });
test(says, 'jlink', jlink("Failed to get index for device name 'Unspecified'.GDBServer will be closed..."), {
  code: 'HH1530',
});

const pyocd = (line: string): StandIn => ({ says: `${line}\n`, exit: 1 });
test(says, 'pyocd', pyocd('No connected debug probes'), { code: 'HH1522' });
test(says, 'pyocd', pyocd("0000181 C No connected debug probe matches unique ID '0240' [__main__]"), {
  code: 'HH1522',
});
test(says, 'pyocd', pyocd('0000241 C Error: Target type nrf99 not recognized. Use [...] to see available'), {
  code: 'HH1530',
});
test(says, 'pyocd', pyocd('0000683 C SWD/JTAG communication failure (No ACK) [__main__]'), { code: 'HH1525' });

test(says, 'pyocd', pyocd('0000364:CRITICAL:__main__:No ACK received'), { code: 'HH1525' });
test(says, 'pyocd', pyocd('0000228 C Unable to open device: open failed [__main__]'), { code: 'HH1534' });
test(
  says,
  'pyocd',
  pyocd(
    '0000265 W NRF52832 APPROTECT enabled: not automatically unlocking [target_nRF52]\n0000270 C No cores were discovered! [__main__]',
  ),
  { code: 'HH1526' },
);

const probeRs = (line: string): StandIn => ({ says: `${line}\n`, exit: 1, portAfter: '--gdb-connection-string' });
test(says, 'probe-rs', probeRs('Error: No connected probes were found.'), { code: 'HH1522' });
test(
  says,
  'probe-rs',
  probeRs('Error: Connecting to the chip was unsuccessful.\n\nCaused by:\n    0: An ARM specific error occurred.'),
  { code: 'HH1525' },
);

const caused = (...causes: string[]) =>
  `Error: Connecting to the chip was unsuccessful.\n\nCaused by:\n${causes.map((cause, i) => `    ${i}: ${cause}`).join('\n')}`;
const notOpened = (...causes: string[]) =>
  caused(...causes).replace('Connecting to the chip was unsuccessful', 'Failed to open the debug probe');
test(
  says,
  'probe-rs',
  probeRs(notOpened('USB Communication Error', 'error while opening the USB device: Permission denied (os error 13)')),
  { code: 'HH1523', remedy: /udev/ },
);
test(
  says,
  'probe-rs',
  probeRs(caused("The protocol 'JTAG' could not be selected.", 'The probe does not support the JTAG protocol.')),
  { code: 'HH1530' },
);
test(says, 'probe-rs', probeRs(notOpened('Probe could not be created', 'Probe was not found.')), { code: 'HH1522' });
test(
  says,
  'probe-rs',
  probeRs(notOpened('The debug probe could not be created.', 'Could not determine driver for interface')),
  { code: 'HH1534' },
);
test(
  says,
  'probe-rs',
  probeRs(
    ` WARN probe_rs::vendor::nordicsemi::sequences::nrf52: Core is locked. Erase procedure will be started to unlock it.\n${caused('An ARM specific error occurred.', 'An operation could not be performed because it lacked the permission to do so: erase_all')}`,
  ),
  { code: 'HH1526' },
);
test(
  says,
  'probe-rs',
  probeRs(
    `ERROR probe_rs::architecture::arm::core::armv7m: The core is in locked up status as a result of an unrecoverable exception\n${caused('An ARM specific error occurred.', 'Target device did not respond to request.')}`,
  ),
  { code: 'HH1525' },
);

test('a probe that this user may not open is told so, whatever the server calls it', async (t) => {
  const board = await loadBoard('microbit_v2');
  const denied = { ...ST_LINK, device: { ...ST_LINK.device, isDenied: true } } as const;
  for (const [server, standIn] of [
    ['probe-rs', probeRs('Error: No connected probes were found.')],
    ['pyocd', pyocd('0000228 C Unable to open device: open failed [__main__]')],
    ['openocd', openocd('Error: open failed')],
  ] as const) {
    const options = { elf: '', server, serverProgram: serverStandIn(t, standIn) };
    const connecting = connect(board, { ...options, machine: { ...machine, probes: [denied] } });
    const error = await t.throwsAsync(connecting, { code: 'HH1523' }, server);
    t.regex((error as { remedy?: string }).remedy ?? '', /ATTR\{idVendor\}=="0483"/);
  }
});

test('a program that is not there is named, with how to get it', async (t) => {
  const board = await loadBoard('microbit_v2');
  const options = {
    elf: 'fw.elf',
    server: 'jlink',
    serverProgram: '/nonexistent/JLinkGDBServerCLExe',
    machine,
  } as const;
  const error = await t.throwsAsync(connect(board, options), { code: 'HH1533' });
  t.regex((error as { remedy?: string }).remedy ?? '', /SEGGER|options\.server openocd/);
});
