import { ByteReader, textAt } from './byte-reader.js';
import type { ElfFile } from './elf-file.js';
import { SectionType, SegmentType } from './elf-tables.js';

const NT_GNU_BUILD_ID = 3;

/** The GNU build id as lower-case hexadecimal digits; `undefined` when the file has none. */
export function readBuildId(elfFile: ElfFile): string | undefined {
  const sections = elfFile.sections.filter((section) => section.type === SectionType.note);
  const segments = elfFile.segments.filter((segment) => segment.type === SegmentType.note);
  const places = [
    ...sections.map((section) => [section.offset, section.sizeBytes] as const),
    ...segments.map((segment) => [segment.offset, segment.fileBytes] as const),
  ];
  for (const [offset, sizeBytes] of places) {
    if (offset + sizeBytes > elfFile.bytes.length) continue;
    const found = findBuildId(elfFile, elfFile.bytes.subarray(offset, offset + sizeBytes));
    if (found) return found;
  }
  return undefined;
}

/** A note: name size u32, description size u32, type u32, name, description, both padded to 4 bytes. */
function findBuildId(elfFile: ElfFile, notes: Uint8Array): string | undefined {
  const reader = new ByteReader(notes, elfFile.littleEndian, 'ELF notes');
  while (reader.offset + 12 <= reader.limit) {
    const nameBytes = reader.u32();
    const descriptionBytes = reader.u32();
    const type = reader.u32();
    const name = textAt(notes, reader.offset);
    const start = reader.offset + Math.ceil(nameBytes / 4) * 4;
    const end = start + descriptionBytes;
    if (end > reader.limit) return undefined;
    if (type === NT_GNU_BUILD_ID && name === 'GNU' && descriptionBytes > 0) {
      return [...notes.subarray(start, Math.min(end, start + 64))]
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join('');
    }
    reader.seek(Math.min(reader.limit, start + Math.ceil(descriptionBytes / 4) * 4));
  }
  return undefined;
}

/**
 * The architecture profile of the .ARM.attributes section: `M` (microcontroller), `A`, `R`, `S`; `undefined` when it is not stated.
 * Layout: Addenda to, and Errata in, the ABI for the Arm Architecture, build attributes.
 */
export function readArmProfile(elfFile: ElfFile): string | undefined {
  const section = elfFile.section('.ARM.attributes');
  if (!section) return undefined;
  const reader = elfFile.reader(elfFile.contentsOf(section), section.name);
  if (reader.limit < 11 || reader.u8() !== 0x41) return undefined;
  reader.skip(4);
  if (reader.text() !== 'aeabi' || reader.u8() !== 1) return undefined;
  reader.skip(4);
  while (reader.offset < reader.limit) {
    const tag = reader.uleb();
    // Tag 32 holds a number and a text; odd tags above 32 and tags 4, 5 and 67 hold texts; all others numbers.
    if (tag === 32) reader.skipLeb();
    if (tag === 4 || tag === 5 || tag === 32 || (tag > 32 && tag % 2 === 1)) {
      reader.skipText();
      continue;
    }
    const value = reader.uleb();
    if (tag === 7) return value === 0 ? undefined : String.fromCharCode(value);
  }
  return undefined;
}
