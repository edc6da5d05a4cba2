import { access, constants, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A USB device that is plugged in. Numbers are four upper-case hexadecimal digits. */
export interface UsbDevice {
  readonly vid: string;
  readonly pid: string;
  /** Empty when the device tells none. */
  readonly product: string;
  readonly serialNumber: string;
  /** The device node that a program needs permission for. */
  readonly node: string;
  /** Whether this user lacks that permission; absent: not, or not known. */
  readonly isDenied?: true;
}

const SYSFS = '/sys/bus/usb/devices';

/** The USB devices of this machine, as Linux's sysfs tells them; empty on other systems. `root` is for tests. */
export async function usbDevices(root = SYSFS): Promise<readonly UsbDevice[]> {
  const names = await readdir(root).catch(() => []);
  const devices = await Promise.all(names.sort().map((name) => readDevice(join(root, name))));
  return devices.filter((device) => device !== undefined);
}

async function readDevice(folder: string): Promise<UsbDevice | undefined> {
  const text = (name: string) =>
    readFile(join(folder, name), 'utf8').then(
      (content) => content.trim().slice(0, 200),
      () => '',
    );
  const [vid, pid, product, serialNumber, bus, device] = await Promise.all(
    ['idVendor', 'idProduct', 'product', 'serial', 'busnum', 'devnum'].map(text),
  );
  if (!vid || !pid) return undefined;
  const three = (number = '') => number.padStart(3, '0');
  const node = `/dev/bus/usb/${three(bus)}/${three(device)}`;
  const isDenied = await access(node, constants.R_OK | constants.W_OK).then(
    () => false,
    (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EACCES',
  );
  return {
    vid: vid.toUpperCase(),
    pid: pid.toUpperCase(),
    product: product ?? '',
    serialNumber: serialNumber ?? '',
    node,
    ...(isDenied ? { isDenied } : {}),
  };
}
