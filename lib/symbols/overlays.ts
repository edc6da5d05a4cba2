import type { Address } from '../base/units.js';
import type { ElfFile } from './elf-file.js';
import { SectionFlag } from './elf-tables.js';

/** Code that shares its addresses with other code: which of the sections is there is known at run time only. */
export interface Overlay {
  readonly from: Address;
  /** Behind the last address that two sections share. */
  readonly to: Address;
  /** The sections that can be there, in the order of their addresses. */
  readonly sections: readonly string[];
}

/** Where sections of code overlap (`OVERLAY` in a linker script), in the order of addresses; empty for nearly every program. */
export function overlaysOf(elfFile: ElfFile): readonly Overlay[] {
  const isCode = SectionFlag.alloc | SectionFlag.executable;
  const code = elfFile.sections
    .filter(({ flags, sizeBytes }) => (flags & isCode) === isCode && sizeBytes > 0)
    .map(({ name, address, sizeBytes }) => ({ name, from: address, to: address + sizeBytes }))
    .sort((a, b) => a.from - b.from);
  const found: { from: Address; to: Address; sections: string[] }[] = [];
  let highest: (typeof code)[number] | undefined;
  for (const section of code) {
    if (highest && section.from < highest.to) {
      const to = Math.min(highest.to, section.to);
      const last = found.at(-1);
      if (last && section.from < last.to) {
        last.to = Math.max(last.to, to);
        last.sections.push(section.name);
      } else found.push({ from: section.from, to, sections: [highest.name, section.name] });
    }
    if (!highest || section.to > highest.to) highest = section;
  }
  return found;
}
