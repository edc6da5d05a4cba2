import type { UsbDevice } from './usb-devices.js';

/** A debug probe: how OpenOCD drives it, and which servers of its own it has. */
export interface ProbeKind {
  readonly title: string;
  /** OpenOCD's `interface/NAME.cfg`; absent when OpenOCD 0.12 has no driver for it. */
  readonly interface?: string;
  /** The transport that this interface needs instead of the board's `swd`. */
  readonly transport?: 'hla_swd' | 'dapdirect_swd' | 'jtag';
  /** The server that drives it best, where it is not OpenOCD. */
  readonly server?: 'jlink' | 'blackmagic';
}

const CMSIS_DAP: ProbeKind = { title: 'CMSIS-DAP probe', interface: 'cmsis-dap' };
const ST_LINK: ProbeKind = { title: 'ST-Link', interface: 'stlink-dap', transport: 'dapdirect_swd' };
const J_LINK: ProbeKind = { title: 'J-Link', interface: 'jlink', server: 'jlink' };
const BLACK_MAGIC: ProbeKind = { title: 'Black Magic Probe', server: 'blackmagic' };

/** By vendor and product (OpenOCD's contrib/60-openocd.rules; the vendors' lists). */
const BY_ID: Readonly<Record<string, ProbeKind>> = {
  '0D28:0204': { ...CMSIS_DAP, title: 'DAPLink' },
  '2E8A:000C': { ...CMSIS_DAP, title: 'Raspberry Pi Debug Probe' },
  '2E8A:0004': { title: 'Picoprobe of old firmware' },
  '03EB:2111': { ...CMSIS_DAP, title: 'Atmel EDBG' },
  '03EB:2141': { ...CMSIS_DAP, title: 'Atmel-ICE' },
  '03EB:2157': { ...CMSIS_DAP, title: 'Atmel EDBG (Arduino Zero)' },
  '1FC9:0090': { ...CMSIS_DAP, title: 'LPC-Link2' },
  '1FC9:0143': { ...CMSIS_DAP, title: 'MCU-Link' },
  '0483:3744': { title: 'ST-Link/V1' },
  '0483:3748': { ...ST_LINK, title: 'ST-Link/V2' },
  '0483:374B': { ...ST_LINK, title: 'ST-Link/V2-1' },
  '0483:374D': { ...ST_LINK, title: 'ST-Link/V3' },
  '0483:374E': { ...ST_LINK, title: 'ST-Link/V3' },
  '0483:374F': { ...ST_LINK, title: 'ST-Link/V3' },
  '0483:3752': { ...ST_LINK, title: 'ST-Link/V2-1' },
  '0483:3753': { ...ST_LINK, title: 'ST-Link/V3' },
  '1D50:6018': BLACK_MAGIC,
  '303A:1001': { title: 'Espressif USB-JTAG (built in)', transport: 'jtag' },
};

/** What kind of probe a USB device is; undefined for everything else. */
function probeKindOf({ vid, pid, product }: UsbDevice): ProbeKind | undefined {
  const known = BY_ID[`${vid}:${pid}`];
  if (known) return known;
  // SEGGER has many product numbers; some are its evaluation boards' own.
  if (vid === '1366') return J_LINK;
  return /CMSIS-DAP/i.test(product) ? { ...CMSIS_DAP, title: product } : undefined;
}

/** A USB device that is known as a debug probe. */
export interface PluggedProbe {
  readonly device: UsbDevice;
  readonly kind: ProbeKind;
}

/** The debug probes among USB devices, in their order; empty when there is none. */
export function probesAmong(devices: readonly UsbDevice[]): readonly PluggedProbe[] {
  return devices.flatMap((device) => {
    const kind = probeKindOf(device);
    return kind ? [{ device, kind }] : [];
  });
}

/** The udev rule that lets every user at the machine use a device. */
export function udevRuleFor({ vid, pid }: Pick<UsbDevice, 'vid' | 'pid'>): string {
  return `SUBSYSTEM=="usb", ATTR{idVendor}=="${vid.toLowerCase()}", ATTR{idProduct}=="${pid.toLowerCase()}", MODE="0660", GROUP="plugdev", TAG+="uaccess"`;
}
