import { z } from 'zod';
import { parseAddress, parseSize } from '../base/units.js';

/*
 * The one description of a board file: the strict reader uses it, and board-configs/board.schema.json is made from it
 * (`npm run build` writes it; a test compares).
 */

const addressText = z
  .string()
  .regex(/^0x[0-9A-Fa-f]+$/, 'expected an address such as "0x20000000"')
  .describe('An absolute address in hexadecimal: "0x20000000"');
const sizeText = z
  .string()
  .regex(/^(\d+[KM]?|0x[0-9A-Fa-f]+)$/, 'expected a size such as "256K"')
  .describe('A size in bytes, with K or M for binary multiples: "256K"');
const port = z.number().int().min(1).max(65535);
const usbNumber = z.string().regex(/^[0-9A-F]{4}$/, 'expected four upper-case hexadecimal digits');

const openocd = z.strictObject({
  port: port.default(3333).describe('The gdb port'),
  tclPort: port.default(6666).describe('The Tcl port, which takes the polling poke'),
  interface: z
    .string()
    .optional()
    .describe(
      "OpenOCD's interface/NAME.cfg, or the path of a .cfg file from here on; absent: the user's word or the probe's USB identity decides",
    ),
  transport: z.enum(['swd', 'jtag', 'hla_swd', 'dapdirect_swd']).optional().describe('Absent: the interface chooses'),
  target: z.string().optional().describe("OpenOCD's target/NAME.cfg, or a path; absent when `board` is given"),
  board: z.string().optional().describe("OpenOCD's board/NAME.cfg, instead of interface and target"),
  flavor: z
    .enum(['mainline-0.12', 'upstream', 'espressif', 'raspberrypi'])
    .default('mainline-0.12')
    .describe('Which OpenOCD has these scripts'),
  before: z
    .array(z.string())
    .default([])
    .describe(
      'Commands that choose the driver, where there is no interface script for it; an interface that the user names replaces them',
    ),
  speedKhz: z.number().int().positive().optional().describe("The link's clock; absent: what the scripts say"),
  commands: z.array(z.string()).default([]).describe('Extra configuration commands, in order, after the scripts'),
});

const jlink = z.strictObject({
  port: port.default(2331),
  device: z.string().describe("J-Link's device name"),
  interface: z.enum(['SWD', 'JTAG']).default('SWD'),
  speedKhz: z.number().int().positive().default(4000),
});

const pyocd = z.strictObject({
  port: port.default(3333),
  target: z.string().describe("pyOCD's target type, as `pyocd list --targets` shows it"),
});

const probeRs = z.strictObject({
  port: port.default(1337),
  chip: z.string().describe("probe-rs's chip name, as `probe-rs chip list` shows it"),
  protocol: z.enum(['swd', 'jtag']).optional().describe('Absent: what the probe prefers'),
});

const qemu = z.strictObject({
  program: z
    .string()
    .optional()
    .describe('Absent: by the architecture, qemu-system-arm, qemu-system-riscv32 or qemu-system-xtensa'),
  machine: z.string().describe("QEMU's -machine"),
  args: z.array(z.string()).default([]).describe('Further arguments, in order'),
});

export const boardFileSchema = z.strictObject({
  $schema: z.string().optional(),
  title: z.string().describe('The name people know the board by'),
  verified: z
    .enum(['run', 'unit-tested', 'parsed', 'unverified'])
    .describe(
      'How far this file was tried: run on the real thing; parsed by the debug server, and what reads such a core unit-tested; parsed only; or never',
    ),
  mcu: z.strictObject({
    name: z.string(),
    core: z.string().describe('cortex-m0plus, cortex-m4, esp32c3, ...'),
    architecture: z.enum(['arm', 'riscv', 'xtensa']).default('arm'),
  }),
  memory: z
    .array(
      z.strictObject({
        name: z.string(),
        kind: z.enum(['flash', 'ram']),
        baseAddress: addressText,
        sizeBytes: sizeText,
      }),
    )
    .describe('Flash and RAM; empty: taken from the ELF file'),
  applicationAddress: addressText.optional().describe('Where the application begins; absent: at the start of flash'),
  comparators: z
    .strictObject({ breakpoints: z.number().int().nonnegative(), watchpoints: z.number().int().nonnegative() })
    .describe('Hardware breakpoint and watchpoint comparators'),
  debug: z.boolean().default(true).describe('False for boards without debug pads'),
  servers: z
    .strictObject({
      qemu: qemu.optional(),
      openocd: openocd.optional(),
      jlink: jlink.optional(),
      pyocd: pyocd.optional(),
      probeRs: probeRs.optional(),
    })
    .describe('Which debug servers reach the board; empty: only one that the user names by host and port'),
  usb: z
    .array(z.strictObject({ vid: usbNumber, pid: usbNumber, role: z.enum(['application', 'probe', 'serial']) }))
    .default([])
    .describe('USB identities; empty when the board has none of its own'),
  serial: z
    .strictObject({ baud: z.number().int().positive().default(115200), prompt: z.string().default('>>> ') })
    .default({ baud: 115200, prompt: '>>> ' }),
  notes: z.array(z.string()).default([]).describe('Quirks worth knowing'),
});

export type BoardFile = z.infer<typeof boardFileSchema>;

/** Bytes of a size that the schema has accepted. */
export function sizeOf(text: string): number {
  return parseSize(text) ?? 0;
}

/** An address that the schema has accepted. */
export function addressOf(text: string): number {
  return parseAddress(text) ?? 0;
}

/** The JSON Schema for editors, as text. */
export function boardJsonSchema(): string {
  const schema = z.toJSONSchema(boardFileSchema, { target: 'draft-7', io: 'input' });
  return `${JSON.stringify({ title: 'heap-harvest board', ...schema }, undefined, 2)}\n`;
}
