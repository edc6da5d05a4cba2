import type { Address } from '../base/units.js';
import type { MemoryArea } from '../boards/board.js';
import { SegmentType } from '../symbols/elf-tables.js';
import type { Symbolizer } from '../symbols/symbolizer.js';

const WRITABLE = 2;
/** What linker scripts call the end of the stack. */
const STACK_TOPS = [
  '_estack',
  '__StackTop',
  '__stack',
  '_stack_top',
  '__stack_top',
  '_stack',
  '__stack_end__',
  '_stack_end',
];
const VECTOR_TABLES = [
  '__isr_vector',
  '__Vectors',
  'g_pfnVectors',
  'isr_vector',
  '_vectors',
  '__vectors',
  'vector_table',
];
/** One RAM hardly ever reaches over such a boundary: what is written and the stack's end belong together within it. */
const BANK_BYTES = 0x0100_0000;

/**
 * The memory that a firmware uses, by its ELF file alone: its segments, and from what it writes to the end of its stack, which lies
 * behind them. Heaps that lie beyond both are not seen.
 */
export function memoryOfFirmware(firmware: Symbolizer): readonly MemoryArea[] {
  const segments = firmware.elfFile.segments.filter(
    ({ type, memoryBytes }) => type === SegmentType.load && memoryBytes > 0,
  );
  const flash = segments
    .filter(({ fileBytes }) => fileBytes > 0)
    .map(({ physicalAddress, fileBytes }) => ({ from: physicalAddress, to: physicalAddress + fileBytes }));
  const written = segments
    .filter(({ flags }) => (flags & WRITABLE) !== 0)
    .map(({ address, memoryBytes }) => ({ from: address, to: address + memoryBytes }));
  const ram = new Map<number, { from: Address; to: Address }>();
  for (const range of [...written, ...stackTops(firmware).map((top) => ({ from: top - 4, to: top }))]) {
    const bank = Math.floor(range.from / BANK_BYTES);
    const known = ram.get(bank);
    if (!known) ram.set(bank, { ...range });
    else {
      known.from = Math.min(known.from, range.from);
      known.to = Math.max(known.to, range.to);
    }
  }
  const isRam = ({ from }: { from: Address }) => [...ram.values()].some((one) => from >= one.from && from < one.to);
  const readOnly = flash.filter((range) => !isRam(range)).sort((a, b) => a.from - b.from);
  return [
    ...readOnly.map((range, index) => area(`flash${index || ''}`, 'flash', range)),
    ...[...ram.values()].map((range, index) => area(`ram${index || ''}`, 'ram', range)),
  ];
}

function area(name: string, kind: MemoryArea['kind'], { from, to }: { from: Address; to: Address }): MemoryArea {
  return { name, kind, baseAddress: from, sizeBytes: to - from };
}

/** Ends of stacks, by what linker scripts call them; in the order of how sure the names are. */
export function stackTopsByName(firmware: Symbolizer): Address[] {
  const named = STACK_TOPS.map((name) => firmware.symbol(name)?.address);
  return named.filter((top) => top !== undefined && (firmware.architecture?.mayBeStackTop(top) ?? false)) as Address[];
}

/** Ends of stacks, the surest first: by their symbols, and the first word of a Cortex-M's vector table. */
export function stackTops(firmware: Symbolizer): Address[] {
  const named = stackTopsByName(firmware);
  const tables = VECTOR_TABLES.map((name) => firmware.symbol(name)?.address);
  const lowest = firmware.elfFile.segments
    .filter(({ type, fileBytes }) => type === SegmentType.load && fileBytes >= 8)
    .sort((a, b) => a.address - b.address)[0];
  const { architecture } = firmware;
  const words = architecture?.hasStackInVectors ? [...tables, lowest?.address].map((at) => wordAt(firmware, at)) : [];
  const all = [...named, ...words].filter((top) => top !== undefined);
  return all.filter((top) => architecture?.mayBeStackTop(top) ?? false);
}

function wordAt(firmware: Symbolizer, address: Address | undefined): number | undefined {
  if (address === undefined) return undefined;
  for (const segment of firmware.elfFile.segments) {
    const at = address - segment.address;
    if (segment.type !== SegmentType.load || at < 0 || at + 4 > segment.fileBytes) continue;
    const { bytes } = firmware.elfFile;
    if (segment.offset + at + 4 > bytes.length) return undefined;
    return new DataView(bytes.buffer, bytes.byteOffset + segment.offset + at, 4).getUint32(0, true);
  }
  return undefined;
}
