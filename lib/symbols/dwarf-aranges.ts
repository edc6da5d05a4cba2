import type { DwarfSections } from './dwarf-sections.js';
import { readInitialLength } from './dwarf-units.js';

/**
 * The address ranges of units by their offset in .debug_info, from .debug_aranges (DWARF 5, 6.1.2): pairs of low and high. Needed for
 * units whose first entry names no addresses (DWARF 2 with -ffunction-sections).
 * @throws SymbolError HH1302 or HH1306 when the section is damaged.
 */
export function readAddressRanges(sections: DwarfSections): ReadonlyMap<number, readonly number[]> {
  const byUnit = new Map<number, number[]>();
  const length = sections.data('.debug_aranges').length;
  for (let offset = 0; offset < length; ) {
    const reader = sections.reader('.debug_aranges', offset);
    const { offsetSize, end } = readInitialLength(reader);
    reader.limit = end;
    // version u16, unit offset, address size u8, segment size u8, padding to twice the address size, then (address, length) pairs.
    reader.skip(2);
    const unitOffset = reader.unsigned(offsetSize);
    const addressBytes = reader.u8();
    reader.skip(1);
    const pairBytes = addressBytes * 2;
    const pairs = byUnit.get(unitOffset) ?? [];
    byUnit.set(unitOffset, pairs);
    if (pairBytes > 0) reader.skip((pairBytes - ((reader.offset - offset) % pairBytes)) % pairBytes);
    while (pairBytes > 0 && reader.offset + pairBytes <= end) {
      const low = reader.unsigned(addressBytes);
      const size = reader.unsigned(addressBytes);
      if (size > 0) pairs.push(low, low + size);
    }
    offset = end;
  }
  return byUnit;
}
