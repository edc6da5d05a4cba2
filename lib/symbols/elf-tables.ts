import type { Address, Bytes } from '../base/units.js';

/** One row of the section header table; `sizeBytes` is what the file stores, before decompression. */
export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: Address;
  readonly offset: number;
  readonly sizeBytes: Bytes;
  readonly link: number;
  readonly entryBytes: Bytes;
}

/** One row of the program header table. */
export interface ElfSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: Address;
  readonly physicalAddress: Address;
  readonly fileBytes: Bytes;
  readonly memoryBytes: Bytes;
}

export const SectionType = { nobits: 8, note: 7, symbols: 2, dynamicSymbols: 11 } as const;
export const SectionFlag = { write: 1, alloc: 2, executable: 4, compressed: 0x800 } as const;
export const SegmentType = { load: 1, note: 4 } as const;
