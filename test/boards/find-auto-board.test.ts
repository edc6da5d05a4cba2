import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { findAutoBoard } from '../../lib/boards/find-auto-board.js';
import { usbDevices } from '../../lib/boards/usb-devices.js';
import { HarvestError } from '../../lib/errors/errors.js';
import { tempFolder } from '../support/temp-folder.js';

const device = (id: string, product = '') => {
  const [vid = '', pid = ''] = id.split(':');
  return { vid, pid, product, serialNumber: '', node: '' };
};
const METRO_M0 = device('239A:8014', 'Metro M0 Express');
const DEBUG_PROBE = device('2E8A:000C', 'Debug Probe (CMSIS-DAP)');
const CP2102 = device('10C4:EA60', 'CP2102 USB to UART Bridge');

async function refusal(...devices: readonly ReturnType<typeof device>[]): Promise<HarvestError> {
  const error: unknown = await findAutoBoard(devices).catch((thrown: unknown) => thrown);
  if (error instanceof HarvestError && error.code === 'HH1538') return error;
  throw new Error(`not refused: ${JSON.stringify(error)}`);
}

test('the board whose identity is plugged in is taken, whatever probe or adapter is beside it', async (t) => {
  t.is((await findAutoBoard([METRO_M0])).name, 'metro_m0_express');
  t.is((await findAutoBoard([device('1D6B:0002'), DEBUG_PROBE, CP2102, METRO_M0])).name, 'metro_m0_express');
  // One vendor's product number is another's.
  t.is((await findAutoBoard([device('2341:805A')])).name, 'arduino_nano_33_ble');
  t.is((await findAutoBoard([device('239A:805A')])).name, 'feather_stm32f405_express');
  // The probe of a board without a connector of its own.
  t.is((await findAutoBoard([device('03EB:2157')])).name, 'arduino_zero');
});

test('of several boards none is taken: they are listed', async (t) => {
  const two = await refusal(METRO_M0, device('239A:8021'));
  t.regex(two.message, /found metro_m0_express, metro_m4_express, which all have what is plugged in, expected one/);
  t.regex(two.remedy ?? '', /options\.board NAME/);
  // Both boards have this probe; MicroPython gives one number to all its RP2 boards.
  t.regex((await refusal(device('0D28:0204'))).message, /microbit_v1, microbit_v2/);
  t.regex((await refusal(device('2E8A:0005'))).message, /raspberry_pi_pico, raspberry_pi_pico2/);
});

test('a serial adapter tells no board', async (t) => {
  const { message, remedy } = await refusal(CP2102);
  t.regex(message, /found only 10C4:EA60 CP2102/);
  t.regex(remedy ?? '', /which esp32_devkitc and esp8266 have, and many others/);
});

test('without a board the devices that are there are told', async (t) => {
  t.regex((await refusal()).message, /found no USB device/);
  t.regex((await refusal(device('1D6B:0002'))).message, /found no USB device/);
  t.regex((await refusal(DEBUG_PROBE)).message, /found only 2E8A:000C Debug Probe/);
});

test('the devices are those of sysfs; interfaces and hubs without numbers are passed over', async (t) => {
  const root = tempFolder(t);
  const add = (name: string, files: Readonly<Record<string, string>>) => {
    mkdirSync(join(root, name));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(root, name, file), `${text}\n`);
  };
  add('1-2', { idVendor: '239a', idProduct: '8014', product: 'Metro', serial: 'AB', busnum: '1', devnum: '7' });
  add('1-2:1.0', { bInterfaceClass: '02' });
  const found = await usbDevices(root);
  t.deepEqual(found, [
    { vid: '239A', pid: '8014', product: 'Metro', serialNumber: 'AB', node: '/dev/bus/usb/001/007' },
  ]);
  t.is((await findAutoBoard(found)).name, 'metro_m0_express');
});
