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

/** Whether the registers of an Xtensa program rotate with each call (ABI=0), as .xtensa.info says; undefined where it does not. */
export function hasRegisterWindows(elfFile: ElfFile): boolean | undefined {
  const section = elfFile.section('.xtensa.info');
  const text = section && new TextDecoder('latin1').decode(elfFile.contentsOf(section));
  const abi = text && /\bABI=([01])/.exec(text)?.[1];
  return abi === undefined || abi === '' ? undefined : abi === '0';
}

/** What the .ARM.attributes section says of the processor; a field is undefined when it is not stated. */
export interface ArmAttributes {
  /** `M` (microcontroller), `A`, `R`, `S`. */
  readonly profile: string | undefined;
  /** Tag_CPU_arch: 13 is Armv7E-M, 16, 17 and 21 are Armv8-M. */
  readonly architecture: number | undefined;
}

const CPU_ARCH = 6;
const CPU_ARCH_PROFILE = 7;
const NOTHING: ArmAttributes = { profile: undefined, architecture: undefined };

/** Layout: Addenda to, and Errata in, the ABI for the Arm Architecture, build attributes. */
export function readArmAttributes(elfFile: ElfFile): ArmAttributes {
  const section = elfFile.section('.ARM.attributes');
  if (!section) return NOTHING;
  const reader = elfFile.reader(elfFile.contentsOf(section), section.name);
  if (reader.limit < 11 || reader.u8() !== 0x41) return NOTHING;
  reader.skip(4);
  if (reader.text() !== 'aeabi' || reader.u8() !== 1) return NOTHING;
  reader.skip(4);
  let architecture: number | undefined;
  while (reader.offset < reader.limit) {
    const tag = reader.uleb();
    // Tag 32 holds a number and a text; odd tags above 32 and tags 4, 5 and 67 hold texts; all others numbers.
    if (tag === 32) reader.skipLeb();
    if (tag === 4 || tag === 5 || tag === 32 || (tag > 32 && tag % 2 === 1)) {
      reader.skipText();
      continue;
    }
    const value = reader.uleb();
    // Tags stand in ascending order.
    if (tag === CPU_ARCH) architecture = value;
    if (tag === CPU_ARCH_PROFILE) {
      return { architecture, profile: value === 0 ? undefined : String.fromCharCode(value) };
    }
  }
  return { architecture, profile: undefined };
}
