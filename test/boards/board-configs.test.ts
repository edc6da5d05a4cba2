import test from 'ava';
import { runTool } from '../../lib/base/run-tool.js';
import type { Board } from '../../lib/boards/board.js';
import { allBoards } from '../../lib/boards/load-board.js';
import { openocdCommand } from '../../lib/link/server/openocd-command.js';

const boards = await allBoards();
/** What stands for a probe that the user chooses. */
const INTERFACES = { jtag: 'jlink', other: 'cmsis-dap' } as const;

function openocdArgs(board: Board): readonly string[] | undefined {
  const { openocd } = board.servers;
  if (!openocd) return undefined;
  const free = INTERFACES[openocd.transport === 'jtag' ? 'jtag' : 'other'];
  const isFixed = openocd.interface !== undefined || openocd.before.length > 0 || openocd.board !== undefined;
  const choice = isFixed ? {} : { interface: free };
  return openocdCommand(board, openocd, { ports: { gdb: 3333, tcl: 6666 }, choice, after: 'run' }).args;
}

test('OpenOCD 0.12 takes the configuration of every board that it has the scripts for', async (t) => {
  t.timeout(120_000);
  const version = await runTool('openocd', ['--version']);
  t.regex(version.stderr, /Open On-Chip Debugger 0\.12/);
  const others: string[] = [];
  let parsed = 0;
  for (const board of boards) {
    const args = openocdArgs(board);
    if (!args) continue;
    if (board.servers.openocd?.flavor !== 'mainline-0.12') {
      others.push(`${board.name} (${board.servers.openocd?.flavor})`);
      continue;
    }
    const { status, stderr } = await runTool('openocd', [...args, '-c', 'noinit; shutdown']);
    t.is(status, 0, `${board.name}: openocd ${args.join(' ')}: ${stderr}`);
    parsed++;
  }
  t.log(`${parsed} parsed; not tried, another OpenOCD has their scripts: ${others.join(', ')}`);
  t.true(parsed >= 25);
});

test('a board whose OpenOCD is not here is never called more than unverified', (t) => {
  for (const { name, verified, servers } of boards) {
    if (servers.openocd && servers.openocd.flavor !== 'mainline-0.12') t.is(verified, 'unverified', name);
  }
});

test('QEMU starts the machine of every emulated board', async (t) => {
  t.timeout(240_000);
  const missing: string[] = [];
  for (const { name, servers, mcu } of boards) {
    const { qemu } = servers;
    if (!qemu) continue;
    const program = `qemu-system-${{ arm: 'arm', riscv: 'riscv32', xtensa: 'xtensa' }[mcu.architecture]}`;
    const args = [...qemu.args, '-machine', qemu.machine, '-S', '-display', 'none', '-serial', 'none'];
    const { status, stderr } = await runTool('sh', ['-c', 'echo quit | "$@" -monitor stdio', 'sh', program, ...args]);
    if (status === 127) missing.push(name);
    else t.is(status, 0, `${name}: ${stderr}`);
  }
  if (missing.length > 0) t.log(`not tried, their QEMU is not installed: ${missing.join(', ')}`);
});

test('every board of the table is there, with memory that does not begin in the void', (t) => {
  const names = boards.map(({ name }) => name);
  for (const name of [
    ...['metro_m0_express', 'feather_m0_express', 'circuitplayground_express', 'trinket_m0', 'arduino_zero'],
    ...['metro_m4_express', 'feather_m4_express', 'itsybitsy_m4_express', 'raspberry_pi_pico', 'raspberry_pi_pico2'],
    ...['adafruit_feather_rp2040', 'microbit_v1', 'microbit_v2', 'feather_nrf52840_express', 'nrf52840_dk'],
    ...['itsybitsy_nrf52840_express', 'arduino_nano_33_ble', 'nrf5340_dk_app', 'nrf5340_dk_net', 'stm32f4_discovery'],
    ...['feather_stm32f405_express', 'pyboard_v11', 'nucleo_f401re', 'nucleo_f446re', 'nucleo_l476rg', 'nucleo_h743zi'],
    ...['esp32_devkitc', 'esp32s2', 'esp32s3_devkitc', 'esp32c3', 'esp32c6', 'esp8266', 'teensy40', 'teensy41'],
    ...['qemu-microbit', 'qemu-mps2-an385', 'qemu-lm3s6965evb', 'qemu-netduinoplus2', 'micropython-qemu-microbit'],
  ]) {
    t.true(names.includes(name), name);
  }
  for (const { name, memory } of boards.filter(({ name }) => name !== 'generic')) {
    t.true(memory.some(({ kind }) => kind === 'flash') && memory.some(({ kind }) => kind === 'ram'), name);
    t.true(
      memory.every(({ sizeBytes }) => sizeBytes > 0),
      name,
    );
  }
});

test('comparators are those of the core', (t) => {
  const expected: Readonly<Record<string, readonly [number, number]>> = {
    'cortex-m0': [4, 2],
    'cortex-m0plus': [4, 2],
    'cortex-m3': [6, 4],
    'cortex-m4': [6, 4],
    'cortex-m7': [8, 4],
    'cortex-m33': [8, 4],
    'xtensa-lx6': [2, 2],
    'xtensa-lx7': [2, 2],
  };
  for (const { name, mcu, comparators } of boards) {
    const of = expected[mcu.core];
    if (of && name !== 'generic') t.deepEqual([comparators.breakpoints, comparators.watchpoints], [...of], name);
  }
});

test('no two boards have one application identity on USB, but for those that MicroPython gives to all boards of a family', (t) => {
  const FAMILIES = new Set(['2E8A:0005', 'F055:9800']);
  const seen = new Map<string, string>();
  for (const { name, usb } of boards) {
    for (const { vid, pid, role } of usb) {
      const id = `${vid}:${pid}`;
      if (role !== 'application' || FAMILIES.has(id)) continue;
      t.is(seen.get(id), undefined, `${name} and ${seen.get(id)}: ${id}`);
      seen.set(id, name);
    }
  }
});
