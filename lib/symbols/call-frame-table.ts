import { lastAtOrBefore } from '../base/sorted.js';
import type { Address } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import type { ByteReader } from './byte-reader.js';
import type { DebugInfo } from './debug-info.js';
import { readInitialLength } from './dwarf-units.js';

/** What the entries of one group share (DWARF 5, 6.4.1; Linux Standard Base, .eh_frame). */
export interface CommonEntry {
  readonly section: string;
  readonly codeFactor: number;
  readonly dataFactor: number;
  readonly returnColumn: number;
  readonly addressBytes: number;
  readonly pointerEncoding: number;
  readonly hasAugmentationData: boolean;
  readonly isSignalFrame: boolean;
  readonly programStart: number;
  readonly programEnd: number;
}

/** The call frame information of one function. */
export interface FrameEntry {
  readonly common: CommonEntry;
  readonly start: Address;
  readonly end: Address;
  readonly programStart: number;
  readonly programEnd: number;
}

const MAX_ENTRIES = 1_000_000;
/** DW_EH_PE_: the low 4 bits are the format, the next 3 what it counts from. */
const PointerBase = { absolute: 0x00, sectionRelative: 0x10 } as const;
const POINTER_OMITTED = 0xff;

/** All frame entries of a file by address: .debug_frame first, .eh_frame where that has none. */
export class CallFrameTable {
  private loaded: { readonly starts: Float64Array; readonly entries: readonly FrameEntry[] } | undefined;

  constructor(private readonly info: DebugInfo) {}

  at(pc: Address): FrameEntry | undefined {
    this.loaded ??= this.load();
    const { starts, entries } = this.loaded;
    for (let index = lastAtOrBefore(starts, pc), tries = 0; index >= 0 && tries < 4; index--, tries++) {
      const entry = entries[index];
      if (entry && pc < entry.end) return entry;
    }
    return undefined;
  }

  private load() {
    const entries: FrameEntry[] = [];
    const end = this.info.zeroCode?.end ?? 0;
    // Later entries win a search among equal starts, so .debug_frame comes last.
    for (const section of ['.eh_frame', '.debug_frame']) {
      const found: FrameEntry[] = [];
      this.info.attempt(() => new SectionScan(this.info, section, found).run());
      entries.push(...found.filter((entry) => entry.start !== 0), ...this.entriesAtZero(found, end));
    }
    entries.sort((a, b) => a.start - b.start);
    return { entries, starts: Float64Array.from(entries, (entry) => entry.start) };
  }

  /** Of the entries at 0, where those of discarded functions are, too, the one of the function there; none when two of its size differ. */
  private entriesAtZero(found: readonly FrameEntry[], end: Address): FrameEntry[] {
    const sized = found.filter((entry) => entry.start === 0 && entry.end === end);
    const programs = new Set(
      sized.map(({ common, programStart, programEnd }) => this.programText(common, programStart, programEnd)),
    );
    return programs.size === 1 ? sized.slice(0, 1) : [];
  }

  private programText({ section, programStart }: CommonEntry, from: number, to: number): string {
    return `${programStart} ${this.info.sections.data(section).subarray(from, to).join()}`;
  }
}

class SectionScan {
  private readonly isEh: boolean;
  private readonly commons = new Map<number, CommonEntry | undefined>();
  private readonly sectionAddress: Address;

  constructor(
    private readonly info: DebugInfo,
    private readonly section: string,
    private readonly entries: FrameEntry[],
  ) {
    this.isEh = section === '.eh_frame';
    this.sectionAddress = info.elfFile.section(section)?.address ?? 0;
  }

  run(): void {
    const { sections } = this.info;
    const length = sections.data(this.section).length;
    for (let offset = 0; offset + 4 <= length && this.entries.length < MAX_ENTRIES; ) {
      const reader = sections.reader(this.section, offset);
      const { offsetSize, end } = readInitialLength(reader);
      // A zero length is the end of a .eh_frame, and padding in between.
      if (end - reader.offset >= offsetSize) {
        reader.limit = end;
        this.info.attempt(() => this.readEntry(reader, offsetSize, end));
      }
      offset = end;
    }
  }

  private readEntry(reader: ByteReader, offsetSize: number, end: number): void {
    const idOffset = reader.offset;
    const id = reader.unsigned(offsetSize);
    const isCommon = this.isEh ? id === 0 : id === (offsetSize === 8 ? 2 ** 64 : 0xffffffff);
    if (isCommon) return;
    const common = this.commonAt(this.isEh ? idOffset - id : id);
    if (!common) return;
    const start = this.pointer(reader, common);
    const size = this.pointer(reader, { ...common, pointerEncoding: common.pointerEncoding & 0x0f });
    if (common.hasAugmentationData) reader.skip(reader.uleb());
    if (size <= 0 || (start !== 0 && !this.info.isLive(start))) return;
    this.entries.push({ common, start, end: start + size, programStart: reader.offset, programEnd: end });
  }

  private commonAt(offset: number): CommonEntry | undefined {
    if (!this.commons.has(offset)) {
      this.commons.set(offset, undefined);
      this.commons.set(
        offset,
        this.info.attempt(() => this.readCommon(offset)),
      );
    }
    return this.commons.get(offset);
  }

  /** length, id, version u8, augmentation text, [address and segment size u8 in version 4], factors, return column, augmentation data. */
  private readCommon(offset: number): CommonEntry {
    const reader = this.info.sections.reader(this.section).seek(offset);
    const { offsetSize, end } = readInitialLength(reader);
    reader.limit = end;
    reader.skip(offsetSize);
    const version = reader.u8();
    const augmentation = reader.text();
    let addressBytes: number = this.info.elfFile.addressSize;
    if (version >= 4) {
      addressBytes = reader.u8();
      reader.skip(1);
    }
    if (augmentation === 'eh') reader.skip(addressBytes);
    const codeFactor = reader.uleb();
    const dataFactor = reader.sleb();
    const returnColumn = version === 1 ? reader.u8() : reader.uleb();
    const base = { section: this.section, codeFactor, dataFactor, returnColumn, addressBytes, programEnd: end };
    if (!augmentation.startsWith('z')) {
      if (augmentation !== '' && augmentation !== 'eh') {
        throw new SymbolError(
          'HH1308',
          `${reader.where(offset)}: found augmentation ${augmentation}, expected one that starts with z`,
        );
      }
      const plain = { pointerEncoding: 0, hasAugmentationData: false, isSignalFrame: false };
      return { ...base, ...plain, programStart: reader.offset };
    }
    const dataEnd = reader.uleb() + reader.offset;
    let pointerEncoding = 0;
    for (const letter of augmentation.slice(1)) {
      if (letter === 'R') pointerEncoding = reader.u8();
      else if (letter === 'L') reader.skip(1);
      else if (letter === 'P') this.pointer(reader, { addressBytes, pointerEncoding: reader.u8() });
      else if (letter !== 'S' && letter !== 'B') break;
    }
    const isSignalFrame = augmentation.includes('S');
    return {
      ...base,
      pointerEncoding,
      hasAugmentationData: true,
      isSignalFrame,
      programStart: reader.seek(dataEnd).offset,
    };
  }

  private pointer(reader: ByteReader, common: Pick<CommonEntry, 'addressBytes' | 'pointerEncoding'>): number {
    const encoding = common.pointerEncoding;
    if (encoding === POINTER_OMITTED) return 0;
    const at = this.sectionAddress + reader.offset;
    const value = readPointer(reader, encoding & 0x0f, common.addressBytes);
    const base = encoding & 0x70;
    if (base === PointerBase.absolute) return value;
    if (base !== PointerBase.sectionRelative) {
      throw new SymbolError(
        'HH1308',
        `${reader.where()}: found pointer encoding 0x${encoding.toString(16)}, expected absolute or relative`,
      );
    }
    return wrapAddress(at + value, common.addressBytes);
  }
}

function wrapAddress(value: number, addressBytes: number): Address {
  return addressBytes === 4 ? value >>> 0 : value;
}

function readPointer(reader: ByteReader, format: number, addressBytes: number): number {
  switch (format) {
    case 0x00:
      return reader.unsigned(addressBytes);
    case 0x01:
      return reader.uleb();
    case 0x02:
      return reader.u16();
    case 0x03:
      return reader.u32();
    case 0x04:
      return reader.u64();
    case 0x09:
      return reader.sleb();
    case 0x0a:
      return (reader.u16() << 16) >> 16;
    case 0x0b:
      return reader.i32();
    case 0x0c:
      return reader.i64();
    default:
      throw new SymbolError(
        'HH1308',
        `${reader.where()}: found pointer format ${format}, expected one of the Linux Standard Base`,
      );
  }
}
