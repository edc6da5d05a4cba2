import type { Address, Bytes } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import { ByteReader, textAt } from './byte-reader.js';
import { type ElfSection, type ElfSegment, SectionFlag, SegmentType } from './elf-tables.js';
import { sectionBytes } from './section-data.js';

/** Names of e_machine values; others are shown as a number (System V ABI, registry of machines). */
const MACHINES: Readonly<Record<number, string>> = {
  3: 'i386',
  4: 'm68k',
  8: 'mips',
  20: 'powerpc',
  40: 'arm',
  62: 'x86-64',
  83: 'avr',
  92: 'or1k',
  94: 'xtensa',
  105: 'msp430',
  183: 'aarch64',
  195: 'arc',
  243: 'riscv',
};

/** An ELF file, opened: the tables are checked and read, the contents of sections are read (and decompressed) on demand. */
export class ElfFile {
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
  readonly littleEndian: boolean;
  /** 4 or 8. */
  readonly addressSize: 4 | 8;
  /** 2 = executable, 3 = shared or position-independent. */
  readonly type: number;
  readonly machineNumber: number;
  readonly entry: Address;
  private readonly byName = new Map<string, ElfSection>();
  private readonly contents = new Map<ElfSection, Uint8Array>();

  /** @throws SymbolError HH1301 (not an ELF file), HH1302 (cut short), HH1303 (a kind that is not supported). */
  /** `relocatable`: an object file is good as well, as .dwo files are. */
  constructor(
    readonly bytes: Uint8Array,
    { relocatable = false } = {},
  ) {
    const header = readHeader(bytes, relocatable);
    this.littleEndian = header.littleEndian;
    this.addressSize = header.addressSize;
    this.type = header.type;
    this.machineNumber = header.machine;
    this.entry = header.entry;
    this.segments = readSegments(bytes, header);
    this.sections = readSections(bytes, header);
    for (const section of this.sections) if (!this.byName.has(section.name)) this.byName.set(section.name, section);
  }

  /** `arm`, `riscv`, ...; `machine 123` when it has no name here. */
  get machine(): string {
    return MACHINES[this.machineNumber] ?? `machine ${this.machineNumber}`;
  }

  section(name: string): ElfSection | undefined {
    return this.byName.get(name);
  }

  /**
   * The contents of a section by name, decompressed; empty when there is no such section or it has no bytes in the file.
   * A `.debug_x` that is missing is also looked for as `.zdebug_x`.
   * @throws SymbolError HH1302, HH1304 or HH1305 when its bytes cannot be read.
   */
  data(name: string): Uint8Array {
    const section = this.byName.get(name) ?? this.byName.get(name.replace(/^\.debug/, '.zdebug'));
    return section ? this.contentsOf(section) : new Uint8Array(0);
  }

  contentsOf(section: ElfSection): Uint8Array {
    const known = this.contents.get(section);
    if (known) return known;
    const bytes = sectionBytes(this, section);
    this.contents.set(section, bytes);
    return bytes;
  }

  reader(bytes: Uint8Array, subject: string, offset = 0): ByteReader {
    return new ByteReader(bytes, this.littleEndian, subject, offset);
  }

  /**
   * Initialised memory at a virtual address, as a view into the file: what a target reads from flash (gdb calls this trusting
   * read-only sections). `undefined` unless all of it is stored in one PT_LOAD segment.
   */
  readMemory(address: Address, sizeBytes: Bytes): Uint8Array | undefined {
    for (const segment of this.segments) {
      const start = address - segment.address;
      if (segment.type !== SegmentType.load || start < 0 || start + sizeBytes > segment.fileBytes) continue;
      const from = segment.offset + start;
      if (from + sizeBytes <= this.bytes.length) return this.bytes.subarray(from, from + sizeBytes);
    }
    return undefined;
  }

  /** Where a section is loaded to (LMA): that of RAM code and data is in flash, from where the start-up code copies it. */
  loadAddress({ address, offset, sizeBytes }: ElfSection): Address {
    for (const segment of this.segments) {
      const start = offset - segment.offset;
      const isInside = start >= 0 && start + sizeBytes <= segment.fileBytes && address === segment.address + start;
      if (segment.type === SegmentType.load && isInside) return segment.physicalAddress + start;
    }
    return address;
  }

  /** Whether an address lies in a section that is loaded and executable; true for all when the file has no sections. */
  isCode(address: Address): boolean {
    if (this.sections.length === 0) return true;
    return this.isInSection(address, SectionFlag.alloc | SectionFlag.executable);
  }

  /** Whether an address lies in code that the program does not write to. */
  isConstantCode(address: Address): boolean {
    const wanted = SectionFlag.alloc | SectionFlag.executable;
    return this.isInSection(address, wanted, wanted | SectionFlag.write);
  }

  private isInSection(address: Address, wanted: number, asked = wanted): boolean {
    return this.sections.some(
      (s) => (s.flags & asked) === wanted && address >= s.address && address < s.address + s.sizeBytes,
    );
  }
}

interface Header {
  readonly littleEndian: boolean;
  readonly addressSize: 4 | 8;
  readonly type: number;
  readonly machine: number;
  readonly entry: Address;
  readonly segmentOffset: number;
  readonly sectionOffset: number;
  readonly segmentBytes: Bytes;
  readonly segmentCount: number;
  readonly sectionBytes: Bytes;
  readonly sectionCount: number;
  readonly nameSection: number;
}

function readHeader(bytes: Uint8Array, relocatable: boolean): Header {
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    const found = bytes.length === 0 ? 'an empty file' : `a file that starts with ${hexBytes(bytes)}`;
    throw new SymbolError('HH1301', `ELF file: found ${found}, expected 7f 45 4c 46 (an ELF file)`, {
      remedy: 'Give the linked firmware.elf (also called .axf or .out), not the .bin, .hex or .uf2 made from it.',
    });
  }
  const [, , , , fileClass = 0, encoding = 0] = bytes;
  if (fileClass !== 1 && fileClass !== 2) unsupported(`found class ${fileClass}, expected 1 (32-bit) or 2 (64-bit)`);
  if (encoding !== 1 && encoding !== 2)
    unsupported(`found data encoding ${encoding}, expected 1 (little) or 2 (big endian)`);
  const addressSize = fileClass === 2 ? 8 : 4;
  const reader = new ByteReader(bytes, encoding === 1, 'ELF header', 16);
  const type = reader.u16();
  const machine = reader.u16();
  if (type !== 2 && type !== 3 && !(relocatable && type === 1)) {
    const found = type === 1 ? 'a relocatable object' : type === 4 ? 'a core file' : `file type ${type}`;
    unsupported(`found ${found}, expected a linked program`);
  }
  reader.skip(4);
  const entry = reader.unsigned(addressSize);
  const segmentOffset = reader.unsigned(addressSize);
  const sectionOffset = reader.unsigned(addressSize);
  reader.skip(6);
  const [segmentBytes, segmentCount, sectionBytes, sectionCount, nameSection] = [0, 0, 0, 0, 0].map(() => reader.u16());
  return {
    littleEndian: encoding === 1,
    addressSize,
    type,
    machine,
    entry,
    segmentOffset,
    sectionOffset,
    segmentBytes: segmentBytes ?? 0,
    segmentCount: segmentOffset === 0 ? 0 : (segmentCount ?? 0),
    sectionBytes: sectionBytes ?? 0,
    sectionCount: sectionCount ?? 0,
    nameSection: nameSection ?? 0,
  };
}

function unsupported(what: string): never {
  throw new SymbolError('HH1303', `ELF file: header: ${what}`, {
    remedy: 'Give the linked firmware.elf of the target.',
  });
}

function hexBytes(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function readSegments(bytes: Uint8Array, header: Header): ElfSegment[] {
  const wide = header.addressSize === 8;
  const segments: ElfSegment[] = [];
  for (let index = 0; index < header.segmentCount; index++) {
    const at = header.segmentOffset + index * header.segmentBytes;
    const reader = new ByteReader(bytes, header.littleEndian, 'ELF program headers').seek(at);
    const type = reader.u32();
    const wideFlags = wide ? reader.u32() : 0;
    const [offset = 0, address = 0, physicalAddress = 0, fileBytes = 0, memoryBytes = 0] = [0, 0, 0, 0, 0].map(() =>
      reader.unsigned(header.addressSize),
    );
    const flags = wide ? wideFlags : reader.u32();
    segments.push({ type, flags, offset, address, physicalAddress, fileBytes, memoryBytes });
  }
  return segments;
}

function readSections(bytes: Uint8Array, header: Header): ElfSection[] {
  if (header.sectionOffset === 0) return [];
  const minimum = header.addressSize === 8 ? 64 : 40;
  if (header.sectionBytes < minimum) {
    unsupported(`found section headers of ${header.sectionBytes} bytes, expected ${minimum}`);
  }
  const first = readSection(bytes, header, 0);
  // More than 65,279 sections: the count is the size of section 0, the name section its link (System V ABI, section headers).
  const count = header.sectionCount === 0 ? first.sizeBytes : header.sectionCount;
  const nameIndex = header.nameSection === 0xffff ? first.link : header.nameSection;
  if (header.sectionOffset + count * header.sectionBytes > bytes.length) {
    const needed = header.sectionOffset + count * header.sectionBytes;
    throw new SymbolError(
      'HH1302',
      `ELF file: section headers: the file ends at ${bytes.length}, expected ${needed} bytes`,
      {
        remedy: 'Copy the ELF file again: it is cut short.',
      },
    );
  }
  const raw = Array.from({ length: count }, (_, index) => readSection(bytes, header, index));
  const names = raw[nameIndex];
  const table = names ? bytes.subarray(names.offset, names.offset + names.sizeBytes) : new Uint8Array(0);
  return raw.map(({ nameOffset, ...section }) => ({ ...section, name: textAt(table, nameOffset) ?? '' }));
}

function readSection(bytes: Uint8Array, header: Header, index: number): ElfSection & { readonly nameOffset: number } {
  const size = header.addressSize;
  const reader = new ByteReader(bytes, header.littleEndian, 'ELF section headers');
  reader.seek(header.sectionOffset + index * header.sectionBytes);
  const nameOffset = reader.u32();
  const type = reader.u32();
  const [flags = 0, address = 0, offset = 0, sizeBytes = 0] = [0, 0, 0, 0].map(() => reader.unsigned(size));
  const link = reader.u32();
  reader.skip(4 + size);
  return { nameOffset, name: '', type, flags, address, offset, sizeBytes, link, entryBytes: reader.unsigned(size) };
}
