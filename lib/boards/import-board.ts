import { XMLParser } from 'fast-xml-parser';
import { didYouMean } from '../base/did-you-mean.js';
import { parseAddress } from '../base/units.js';
import { errorMessage, UsageError } from '../errors/errors.js';
import type { ChipDescription } from './chip-description.js';
import { boardOfOpenocdScript } from './openocd-script.js';

/** Hardware comparators by core (Arm's technical reference manuals: the usual configuration). */
const COMPARATORS: readonly (readonly [RegExp, number, number])[] = [
  [/m0|m23/, 4, 2],
  [/m3$|m4/, 6, 4],
  [/m7|m33|m55|m85/, 8, 4],
];

/** What can be imported, by content: J-Link's device list, a CMSIS pack's description, an OpenOCD board script. */
export function chipsIn(text: string, subject: string): readonly ChipDescription[] {
  if (/<Data[Bb]ase[\s>]/.test(text)) return jlinkDevices(xmlOf(text, subject));
  if (/<package[\s>]/.test(text) && /<devices>/.test(text)) return packDevices(xmlOf(text, subject));
  const script = boardOfOpenocdScript(text, subject);
  if (script) return [script];
  throw new UsageError(
    'HH1542',
    `${subject}: found neither JLinkDevices.xml, nor a CMSIS pack (.pdsc), nor an OpenOCD board script, expected one`,
    { remedy: 'give one of those files, or write the board file by hand: docs/boards.md' },
  );
}

/** One of them by name. @throws UsageError HH1542 when it is not there, or none is named and there are several */
export function chipNamed(
  chips: readonly ChipDescription[],
  name: string | undefined,
  subject: string,
): ChipDescription {
  const [only, ...others] = chips;
  if (name === undefined && only && others.length === 0) return only;
  const wanted = name?.toLowerCase();
  const found = chips.find((chip) => chip.name.toLowerCase() === wanted);
  if (found) return found;
  const names = chips.map((chip) => chip.name);
  const what =
    name === undefined
      ? `${chips.length} devices and no options.device`
      : `no device ${name}${didYouMean(name, names)}`;
  throw new UsageError('HH1542', `${subject}: found ${what}, expected one`, {
    remedy: `options.device NAME, of ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', ...' : ''}`,
  });
}

/** A board file's text, with what is known; never called more than unverified. */
export function boardFileOf(chip: ChipDescription, title = chip.name): string {
  const core = chip.core.toLowerCase();
  const [, breakpoints = 4, watchpoints = 2] = COMPARATORS.find(([pattern]) => pattern.test(core)) ?? [];
  const openocd = chip.openocd;
  const file = {
    $schema: './board.schema.json',
    title,
    verified: 'unverified',
    mcu: { name: chip.name, core },
    memory: chip.memory,
    comparators: { breakpoints, watchpoints },
    servers: {
      ...(openocd ? { openocd } : {}),
      ...(chip.source === 'JLinkDevices.xml' ? { jlink: { device: chip.name } } : {}),
    },
    notes: [`Made from ${chip.source}: check memory and comparators against the data sheet.`],
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseAttributeValue: false,
  processEntities: false,
  isArray: (name) => /^(Device|DeviceFamily|FlashBankInfo|family|subFamily|device|memory|processor)$/.test(name),
});

type Node = Readonly<Record<string, unknown>>;

function xmlOf(text: string, subject: string): Node {
  try {
    return xml.parse(text) as Node;
  } catch (cause) {
    throw new UsageError('HH1542', `${subject}: found ${errorMessage(cause)}, expected well-formed XML`, {
      cause,
      remedy: 'fetch the file once more: it is damaged',
    });
  }
}

const nodes = (value: unknown): readonly Node[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]) as Node[];
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** `JLINK_CORE_CORTEX_M4` or `Cortex-M0+` as `cortex-m4`, `cortex-m0plus`. */
function coreName(text: string): string {
  return text
    .replace(/^JLINK_CORE_/i, '')
    .toLowerCase()
    .replace(/_/g, '-')
    .replace('+', 'plus')
    .replace(/[^a-z0-9-]/g, '');
}

function area(name: string, kind: 'flash' | 'ram', at: { base: string; size: string }) {
  const [base, size] = [parseAddress(at.base), parseAddress(at.size)];
  if (base === undefined || size === undefined || size === 0) return [];
  const hex = (value: number) => `0x${value.toString(16).toUpperCase()}`;
  return [{ name: name || kind, kind, baseAddress: hex(base), sizeBytes: hex(size) }];
}

function jlinkDevices(root: Node): ChipDescription[] {
  const base = nodes(root.Database ?? root.DataBase)[0] ?? {};
  return nodes(base.Device).flatMap((device) => {
    const chip = nodes(device.ChipInfo)[0];
    if (!chip) return [];
    const banks = [
      ...nodes(device.FlashBankInfo),
      ...nodes(device.LoaderInfo).flatMap((one) => nodes(one.FlashBankInfo)),
    ];
    const flash = banks.flatMap((bank) =>
      area(textOf(bank.Name), 'flash', { base: textOf(bank.BaseAddr), size: textOf(bank.MaxSize) }),
    );
    // The loader's scratch memory: often less than all of the RAM.
    const ram = area('work-ram', 'ram', { base: textOf(chip.WorkRAMAddr), size: textOf(chip.WorkRAMSize) });
    const memory = flash.length > 0 && ram.length > 0 ? [...flash, ...ram] : [];
    const source = 'JLinkDevices.xml' as const;
    return [
      { name: textOf(chip.Name), vendor: textOf(chip.Vendor), core: coreName(textOf(chip.Core)), memory, source },
    ];
  });
}

interface Inherited {
  readonly memory: readonly Node[];
  readonly core: string;
  readonly vendor: string;
}

function packDevices(root: Node): ChipDescription[] {
  const devices = nodes(nodes(root.package)[0]?.devices)[0] ?? {};
  return nodes(devices.family).flatMap((family) => {
    const top = inherit({ memory: [], core: '', vendor: textOf(family.Dvendor).split(':')[0] ?? '' }, family);
    const direct = nodes(family.device).map((device) => packDevice(device, top));
    const nested = nodes(family.subFamily).flatMap((sub) =>
      nodes(sub.device).map((device) => packDevice(device, inherit(top, sub))),
    );
    return [...direct, ...nested];
  });
}

function inherit({ memory, core, vendor }: Inherited, node: Node): Inherited {
  const own = textOf(nodes(node.processor)[0]?.Dcore);
  return { memory: [...memory, ...nodes(node.memory)], core: own || core, vendor };
}

function packDevice(device: Node, above: Inherited): ChipDescription {
  const { memory, core, vendor } = inherit(above, device);
  const areas = memory.flatMap((one) => {
    const name = textOf(one.name) || textOf(one.id);
    // IROM and IRAM, or what may be written.
    const isRam = /RAM/i.test(name) || /w/.test(textOf(one.access));
    return area(name.toLowerCase(), isRam ? 'ram' : 'flash', { base: textOf(one.start), size: textOf(one.size) });
  });
  return { name: textOf(device.Dname), vendor, core: coreName(core), memory: areas, source: 'CMSIS pack' };
}
