import type { Address, Bytes } from '../base/units.js';

/**
 * How far a board file was tried: `run` on the real thing; `unit-tested`: parsed by the debug server, and what reads the registers and frames of
 * such a core is tested without the chip; `parsed` by the debug server only, or never (`unverified`).
 */
export type Verified = 'run' | 'unit-tested' | 'parsed' | 'unverified';

/** One area of a chip's address space. */
export interface MemoryArea {
  readonly name: string;
  readonly kind: 'flash' | 'ram';
  readonly baseAddress: Address;
  readonly sizeBytes: Bytes;
}

/** How OpenOCD is started for the board; the port alone suffices to attach to a running one. */
export interface OpenocdConfig {
  readonly port: number;
  readonly tclPort: number;
  /** OpenOCD's `interface/NAME.cfg`, or a path; absent: the user's `--interface` or the probe's USB identity decides. */
  readonly interface?: string;
  readonly transport?: 'swd' | 'jtag' | 'hla_swd' | 'dapdirect_swd';
  /** OpenOCD's `target/NAME.cfg`. */
  readonly target?: string;
  /** OpenOCD's `board/NAME.cfg`, instead of interface and target. */
  readonly board?: string;
  /** Which OpenOCD has these scripts; a fork's scripts fail on another's binary. */
  readonly flavor: 'mainline-0.12' | 'upstream' | 'espressif' | 'raspberrypi';
  /** Commands that choose the driver, where there is no interface script for it; `--interface` replaces them. */
  readonly before: readonly string[];
  /** Absent: what the scripts say. */
  readonly speedKhz?: number;
  /** Extra configuration commands, in order, after the scripts. */
  readonly commands: readonly string[];
}

/** How SEGGER's gdb server is started for the board. */
export interface JlinkConfig {
  readonly port: number;
  readonly device: string;
  readonly interface: 'SWD' | 'JTAG';
  readonly speedKhz: number;
}

/** How pyOCD is started for the board. */
export interface PyocdConfig {
  readonly port: number;
  readonly target: string;
}

/** How probe-rs is started for the board. */
export interface ProbeRsConfig {
  readonly port: number;
  readonly chip: string;
  /** Absent: what the probe prefers. */
  readonly protocol?: 'swd' | 'jtag';
}

/** How QEMU is started for an emulated board. */
export interface QemuConfig {
  /** Absent: by the architecture. */
  readonly program?: string;
  readonly machine: string;
  /** Further arguments: memory sizes, `-icount`. */
  readonly args: readonly string[];
}

/** A USB identity under which the board, or the probe on it, shows: four upper-case hexadecimal digits each. */
export interface UsbId {
  readonly vid: string;
  readonly pid: string;
  /**
   * What shows under this id: the `application`, the debug `probe`, or a `serial` adapter's chip, which thousands of other things have, too.
   */
  readonly role: 'application' | 'probe' | 'serial';
}

/** A board as a file of board-configs/ describes it. Every optional field says what its absence means. */
export interface Board {
  /** The file's name without `.json`; what `--board` takes. */
  readonly name: string;
  /** The file it was read from; scripts that it names by a path are found from there on. */
  readonly path?: string;
  readonly title: string;
  readonly verified: Verified;
  readonly mcu: { readonly name: string; readonly core: string; readonly architecture: 'arm' | 'riscv' | 'xtensa' };
  /** Empty: what the ELF file uses is taken. */
  readonly memory: readonly MemoryArea[];
  /** Where the application begins behind a bootloader; absent: at the start of flash. */
  readonly applicationAddress?: Address;
  readonly comparators: { readonly breakpoints: number; readonly watchpoints: number };
  /** False for boards without debug pads. */
  readonly debug: boolean;
  /** Which servers the board can be reached by, in order of preference. */
  readonly servers: {
    readonly qemu?: QemuConfig;
    readonly openocd?: OpenocdConfig;
    readonly jlink?: JlinkConfig;
    readonly pyocd?: PyocdConfig;
    readonly probeRs?: ProbeRsConfig;
  };
  /** Empty when the board has no USB identity of its own. */
  readonly usb: readonly UsbId[];
  readonly serial: { readonly baud: number; readonly prompt: string };
  /** Free text for people: quirks worth knowing. Empty when there is none. */
  readonly notes: readonly string[];
}
