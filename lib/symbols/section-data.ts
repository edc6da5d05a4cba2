import { inflateZlib } from '../base/inflate.js';
import type { Bytes } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import type { ByteReader } from './byte-reader.js';
import { type ElfSection, SectionFlag, SectionType } from './elf-tables.js';
import { inflateZstd } from './zstd.js';

/** What is needed of an opened ELF file. */
export interface SectionFile {
  readonly bytes: Uint8Array;
  readonly addressSize: 4 | 8;
  reader(bytes: Uint8Array, subject: string, offset?: number): ByteReader;
}

/** A section may grow to this when it is decompressed; firmware debug sections are a hundredth of it. */
const MAX_SECTION_BYTES = 512 * 1024 * 1024;
/** DEFLATE cannot expand by more than this (258 bytes from 2 bits): a header that promises more is damaged. */
const MAX_DEFLATE_RATIO = 1032;
/** Zstandard can expand without bound (a run of one byte); debug information is 2 to 20 times its compressed size. */
const MAX_ZSTD_RATIO = 4096;
const ZLIB = 1;
const ZSTD = 2;

/**
 * The bytes of a section, decompressed when it is stored with SHF_COMPRESSED (`gcc -gz`, `-gz=zstd`) or as `.zdebug_` (`-gz=zlib-gnu`).
 * @throws SymbolError HH1302 when it lies outside the file, HH1304 when the stream is damaged, HH1305 for other compressions.
 */
export function sectionBytes(elfFile: SectionFile, section: ElfSection): Uint8Array {
  if (section.type === SectionType.nobits) return new Uint8Array(0);
  const end = section.offset + section.sizeBytes;
  if (end > elfFile.bytes.length) {
    throw new SymbolError(
      'HH1302',
      `${section.name}: found the end of the file at ${elfFile.bytes.length}, expected ${end} bytes`,
      {
        remedy: 'Copy the ELF file again: it is cut short.',
      },
    );
  }
  const stored = elfFile.bytes.subarray(section.offset, end);
  if (section.flags & SectionFlag.compressed) return readCompressed(elfFile, section, stored);
  if (section.name.startsWith('.zdebug')) return readGnuCompressed(elfFile, section, stored);
  return stored;
}

/** Elf32_Chdr: type u32, size u32, align u32. Elf64_Chdr: type u32, reserved u32, size u64, align u64. Then the stream. */
function readCompressed(elfFile: SectionFile, section: ElfSection, stored: Uint8Array): Uint8Array {
  const reader = elfFile.reader(stored, section.name);
  const kind = reader.u32();
  if (elfFile.addressSize === 8) reader.skip(4);
  const sizeBytes = reader.unsigned(elfFile.addressSize);
  reader.skip(elfFile.addressSize);
  const stream = stored.subarray(reader.offset);
  if (kind === ZSTD) {
    checkPromise(section, stream, sizeBytes, MAX_ZSTD_RATIO);
    return inflateZstd(stream, sizeBytes);
  }
  if (kind !== ZLIB) {
    throw new SymbolError('HH1305', `${section.name}: found compression type ${kind}, expected zlib or zstd`, {
      remedy: 'Link with -gz=zlib or -gz=none, or run objcopy --decompress-debug-sections.',
    });
  }
  return inflateSection(section, stream, sizeBytes);
}

/** `ZLIB`, the size as a big-endian u64, then the stream: binutils before SHF_COMPRESSED. */
function readGnuCompressed(elfFile: SectionFile, section: ElfSection, stored: Uint8Array): Uint8Array {
  if (String.fromCharCode(...stored.subarray(0, 4)) !== 'ZLIB') return stored;
  const reader = elfFile.reader(stored, section.name, 4);
  let sizeBytes = 0;
  for (let index = 0; index < 8; index++) sizeBytes = sizeBytes * 256 + reader.u8();
  return inflateSection(section, stored.subarray(12), sizeBytes);
}

function inflateSection(section: ElfSection, stream: Uint8Array, sizeBytes: Bytes): Uint8Array {
  checkPromise(section, stream, sizeBytes, MAX_DEFLATE_RATIO);
  return inflateZlib(stream, sizeBytes);
}

/** Before that many bytes are reserved. @throws SymbolError HH1304 */
function checkPromise(section: ElfSection, stream: Uint8Array, sizeBytes: Bytes, maxRatio: number): void {
  if (sizeBytes <= MAX_SECTION_BYTES && sizeBytes <= (stream.length + 1) * maxRatio) return;
  throw new SymbolError(
    'HH1304',
    `${section.name}: found ${stream.length} compressed bytes that promise ${sizeBytes}, expected at most ${MAX_SECTION_BYTES}`,
    { remedy: 'Build or copy the ELF file again: it is damaged.' },
  );
}
