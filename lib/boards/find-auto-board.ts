import { TargetError } from '../errors/errors.js';
import type { Board, UsbId } from './board.js';
import { allBoards } from './load-board.js';
import { type UsbDevice, usbDevices } from './usb-devices.js';

/**
 * The board whose USB identity is plugged in; never a guess.
 * @throws TargetError HH1538 when none or several fit, with the list
 */
export async function findAutoBoard(devices?: readonly UsbDevice[]): Promise<Board> {
  const plugged = devices ?? (await usbDevices());
  const boards = await allBoards();
  const fitting = boards.filter((board) => board.usb.some((id) => plugged.some((device) => isSame(id, device))));
  // A probe on the board (DAPLink, ST-Link) is on many boards; the application's own identity tells them apart.
  const exact = fitting.filter((board) =>
    board.usb.some((id) => id.role === 'application' && plugged.some((device) => isSame(id, device))),
  );
  const [only, ...others] = exact.length > 0 ? exact : fitting;
  if (only && others.length === 0) return only;
  const found = only ? [only, ...others].map(({ name }) => name).join(', ') : describe(plugged);
  throw new TargetError('HH1538', `options.board auto: found ${found}, expected one board of board-configs/`, {
    remedy: only
      ? 'name the one that you mean: options.board NAME'
      : '`harvest boards` lists the boards; name yours: options.board NAME',
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
