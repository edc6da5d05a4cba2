import test from 'ava';
import { loadBoard } from '../../../lib/boards/load-board.js';
import { probesAmong, udevRuleFor } from '../../../lib/boards/usb-probes.js';
import { chooseProbe, chooseServer, type Machine, refuseSeveral } from '../../../lib/link/server/choose-server.js';
import { openocdCommand } from '../../../lib/link/server/openocd-command.js';

const device = (vid: string, pid: string, product: string, serialNumber = 'A1') => ({
  ...{ vid, pid, product, serialNumber, node: '/dev/bus/usb/001/002' },
});
const DAP = device('2E8A', '000C', 'Debug Probe (CMSIS-DAP)');
const JLINK = device('1366', '0101', 'J-Link', '600109529');
const STLINK = device('0483', '374B', 'STM32 STLink', '066E');
const ports = { gdb: 3333, tcl: 6666 };

const machineOf = (
  plugged: readonly ReturnType<typeof device>[],
  programs: readonly string[],
  listening = 0,
): Machine => ({
  probes: probesAmong(plugged),
  listens: async (port) => port === listening,
  canRun: async (program) => programs.includes(program),
});

test('the server is the one that listens, else the one for the probe, else the one that is installed', async (t) => {
  const board = await loadBoard('metro_m0_express');
  t.is(await chooseServer(board, machineOf([], ['openocd'], 2331)), 'jlink');
  t.is(await chooseServer(board, machineOf([JLINK], ['openocd', 'JLinkGDBServerCLExe'])), 'jlink');
  t.is(await chooseServer(board, machineOf([JLINK], ['openocd'])), 'openocd');
  t.is(await chooseServer(board, machineOf([DAP], ['openocd', 'JLinkGDBServerCLExe'])), 'openocd');
  t.is(await chooseServer(board, machineOf([DAP], ['probe-rs'])), 'probe-rs');
  t.is(await chooseServer(board, machineOf([device('1D50', '6018', 'Black Magic Probe')], ['openocd'])), 'blackmagic');
  t.is(await chooseServer(board, machineOf([], [])), 'openocd');
  t.is(await chooseServer(await loadBoard('qemu-microbit'), machineOf([], [])), 'qemu');
});

test('a board without pads is refused with another way', async (t) => {
  const board = await loadBoard('teensy41');
  const error = await t.throwsAsync(chooseServer(board, machineOf([DAP], ['openocd'])), { code: 'HH1539' });
  t.regex((error as { remedy?: string }).remedy ?? '', /tracer/);
});

test('the interface is the user’s, else that of the probe that is there, else the board’s', async (t) => {
  const board = await loadBoard('metro_m0_express');
  const config = board.servers.openocd;
  if (!config) return t.fail();
  const interfaceFor = (plugged: readonly ReturnType<typeof device>[], named?: string) => {
    const options = { probes: probesAmong(plugged), ...(named === undefined ? {} : { interface: named }) };
    return openocdCommand(board, config, {
      ports,
      choice: chooseProbe(board, config, options),
      after: 'run',
    }).args.slice(0, 4);
  };
  t.deepEqual(interfaceFor([]), ['-f', 'interface/cmsis-dap.cfg', '-c', 'transport select swd']);
  t.deepEqual(interfaceFor([DAP, STLINK]), ['-f', 'interface/cmsis-dap.cfg', '-c', 'transport select swd']);
  t.deepEqual(interfaceFor([JLINK]), ['-f', 'interface/jlink.cfg', '-c', 'transport select swd']);
  t.deepEqual(interfaceFor([STLINK]), ['-f', 'interface/stlink-dap.cfg', '-c', 'transport select dapdirect_swd']);
  t.deepEqual(interfaceFor([DAP], 'jlink'), ['-f', 'interface/jlink.cfg', '-c', 'transport select swd']);
  return undefined;
});

test('of several probes that fit none is guessed: they are listed, and `probe` chooses', async (t) => {
  const board = await loadBoard('metro_m0_express');
  const config = board.servers.openocd;
  if (!config) return t.fail();
  const probes = probesAmong([DAP, { ...DAP, serialNumber: 'B2' }]);
  const error = t.throws(() => chooseProbe(board, config, { probes }), { code: 'HH1535' });
  t.regex((error as { remedy?: string }).remedy ?? '', /options\.probe SERIAL, of A1 .*, B2 /);
  const choice = chooseProbe(board, config, { probes, probe: 'B2' });
  t.true(openocdCommand(board, config, { ports, choice, after: 'run' }).args.includes('adapter serial {B2}'));
  return undefined;
});

test('a server that would ask which probe is not begun: the ones that it drives are listed', async (t) => {
  const board = await loadBoard('nrf52840_dk');
  const twoJlinks = probesAmong([JLINK, { ...JLINK, serialNumber: '600109530' }, DAP]);
  const error = t.throws(() => refuseSeveral(board, 'jlink', { probes: twoJlinks }), { code: 'HH1535' });
  t.regex(
    (error as { remedy?: string }).remedy ?? '',
    /options\.probe SERIAL, of 600109529 \(J-Link\), 600109530 \(J-Link\)$/,
  );
  t.throws(() => refuseSeveral(board, 'pyocd', { probes: probesAmong([DAP, STLINK]) }), { code: 'HH1535' });
  t.notThrows(() => refuseSeveral(board, 'jlink', { probes: probesAmong([JLINK, DAP]) }));
  t.notThrows(() => refuseSeveral(board, 'jlink', { probes: twoJlinks, probe: '600109530' }));
});

test('without an interface of the board, a probe or the user’s word, the interface is asked for', async (t) => {
  const board = await loadBoard('esp32_devkitc');
  const config = board.servers.openocd;
  if (!config) return t.fail();
  const choice = chooseProbe(board, config, { probes: [] });
  t.throws(() => openocdCommand(board, config, { ports, choice, after: 'run' }), {
    code: 'HH1536',
    message: /no debug probe on USB/,
  });
  return undefined;
});

test('a serial number cannot break out into Tcl', async (t) => {
  const board = await loadBoard('metro_m0_express');
  const config = board.servers.openocd;
  if (!config) return t.fail();
  const { args } = openocdCommand(board, config, { ports, choice: { serial: '} ; exec rm {' }, after: 'run' });
  t.true(args.includes('adapter serial { ; exec rm }'));
  return undefined;
});

test('the udev rule names the device', (t) => {
  t.is(
    udevRuleFor(STLINK),
    'SUBSYSTEM=="usb", ATTR{idVendor}=="0483", ATTR{idProduct}=="374b", MODE="0660", GROUP="plugdev", TAG+="uaccess"',
  );
});
