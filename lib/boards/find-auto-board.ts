import { TargetError } from '../errors/errors.js';
import type { Board, UsbId } from './board.js';
import { allBoards } from './load-board.js';
import { type UsbDevice, usbDevices } from './usb-devices.js';

/**
 * The board whose USB identity is plugged in; never a guess: not of several, and not by a chip that only makes a serial port.
 * @throws TargetError HH1538 when none or several fit, with the list
 */
export async function findAutoBoard(devices?: readonly UsbDevice[]): Promise<Board> {
  const plugged = devices ?? (await usbDevices());
  const boards = await allBoards();
  const having = (role: UsbId['role']) =>
    boards.filter(({ usb }) => usb.some((id) => id.role === role && plugged.some((device) => isSame(id, device))));
  // A probe on the board (DAPLink, ST-Link) is on many boards; the application's own identity tells them apart.
  const fitting = [having('application'), having('probe')].find((some) => some.length > 0) ?? [];
  const [only, ...others] = fitting;
  if (only && others.length === 0) return only;
  if (only) {
    throw notOne(
      `${fitting.map(({ name }) => name).join(', ')}, which all have what is plugged in`,
      'name the one that you mean: options.board NAME',
    );
  }
  const maybe = having('serial');
  throw notOne(
    describe(plugged),
    maybe.length > 0
      ? `a serial adapter is plugged in, which ${maybe.map(({ name }) => name).join(' and ')} have, and many others: name yours: options.board NAME`
      : '`harvest boards` lists the boards; name yours: options.board NAME',
  );
}

function notOne(found: string, remedy: string): TargetError {
  return new TargetError('HH1538', `options.board auto: found ${found}, expected one board of board-configs/`, {
    remedy,
  });
}

function isSame(id: UsbId, device: UsbDevice): boolean {
  return id.vid === device.vid && id.pid === device.pid;
}

function describe(devices: readonly UsbDevice[]): string {
  const ids = devices
    .filter(({ vid }) => vid !== '1D6B')
    .map(({ vid, pid, product }) => `${vid}:${pid} ${product}`.trim());
  return ids.length === 0 ? 'no USB device' : `only ${ids.slice(0, 8).join(', ')}`;
}
