import type { Address } from '../base/units.js';
import { SymbolError } from '../errors/errors.js';
import { indexedAddress } from './dwarf-forms.js';
import { indexedList } from './dwarf-ranges.js';
import type { Unit } from './dwarf-units.js';

const MAX_LIST = 10_000;

/** DWARF 4, 2.6.2: pairs that count from a base, each with an expression; the one that holds at `pc`. */
export function inLocationList(unit: Unit, offset: number, pc: Address): Uint8Array | undefined {
  const reader = unit.sections.reader('.debug_loc').seek(offset);
  const selector = unit.addressSize === 8 ? 2 ** 64 : 0xffffffff;
  let base = unit.lowPc;
  for (let count = 0; count < MAX_LIST; count++) {
    const low = reader.unsigned(unit.addressSize);
    const high = reader.unsigned(unit.addressSize);
    if (low === 0 && high === 0) return undefined;
    if (low === selector) {
      base = high;
      continue;
    }
    const expression = reader.block(reader.u16());
    if (pc >= base + low && pc < base + high) return expression;
  }
  return undefined;
}

/** DWARF 5, 7.29: DW_LLE_ entries; the expression that holds at `pc`. */
export function inLocList(unit: Unit, value: number, indexed: boolean, pc: Address): Uint8Array | undefined {
  const reader = unit.sections.reader('.debug_loclists');
  const size = unit.addressSize;
  reader.seek(indexed ? indexedList(reader, unit, unit.loclistsBase, value) : value);
  let base = unit.lowPc;
  let fallback: Uint8Array | undefined;
  for (let count = 0; count < MAX_LIST; count++) {
    let [low, high] = [0, 0];
    const kind = reader.u8();
    switch (kind) {
      case 0: // end_of_list
        return fallback;
      case 1: // base_addressx
        base = indexedAddress(reader.uleb(), unit);
        continue;
      case 2: // startx_endx
        [low, high] = [indexedAddress(reader.uleb(), unit), indexedAddress(reader.uleb(), unit)];
        break;
      case 3: // startx_length
        low = indexedAddress(reader.uleb(), unit);
        high = low + reader.uleb();
        break;
      case 4: // offset_pair
        low = base + reader.uleb();
        high = base + reader.uleb();
        break;
      case 5: // default_location
        fallback = reader.block(reader.uleb());
        continue;
      case 6: // base_address
        base = reader.unsigned(size);
        continue;
      case 7: // start_end
        low = reader.unsigned(size);
        high = reader.unsigned(size);
        break;
      case 8: // start_length
        low = reader.unsigned(size);
        high = low + reader.uleb();
        break;
      case 9: // GNU view pair
        reader.skipLeb();
        reader.skipLeb();
        continue;
      default:
        throw new SymbolError('HH1306', `${reader.where()}: found location list entry ${kind}, expected 0 to 9`);
    }
    const expression = reader.block(reader.uleb());
    if (pc >= low && pc < high) return expression;
  }
  return fallback;
}
