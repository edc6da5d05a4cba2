import { SymbolError } from '../errors/errors.js';
import type { ByteReader } from './byte-reader.js';
import { indexedAddress } from './dwarf-forms.js';
import type { Unit } from './dwarf-units.js';

/** Address ranges as pairs: low, high, low, high, ... (high excluded). Empty ranges are left out. */
export type RangePairs = number[];

const MAX_RANGES = 100_000;

/**
 * Reads the list that a DW_AT_ranges value names, from .debug_ranges (DWARF 2-4) or .debug_rnglists (5).
 * @throws SymbolError HH1302 or HH1306 when the list is damaged.
 */
export function readRanges(unit: Unit, value: number, indexed: boolean): RangePairs {
  const pairs: RangePairs = [];
  const reader = unit.sections.reader(unit.version >= 5 ? '.debug_rnglists' : '.debug_ranges');
  if (unit.version >= 5) {
    reader.seek(indexed ? indexedList(reader, unit, unit.rnglistsBase, value) : value);
    readRngList(reader, unit, pairs);
  } else {
    reader.seek(value + unit.rangesBase);
    readRangeList(reader, unit, pairs);
  }
  return pairs;
}

/**
 * The list that an index names: each unit has an offset table after a header of its own in .debug_rnglists and .debug_loclists.
 * DW_AT_rnglists_base and DW_AT_loclists_base point at the tables, whose entries count from there.
 */
export function indexedList(reader: ByteReader, unit: Unit, base: number, index: number): number {
  return base + reader.seek(base + index * unit.offsetSize).unsigned(unit.offsetSize);
}

function add(pairs: RangePairs, low: number, high: number): void {
  if (high > low) pairs.push(low, high);
}

/** DWARF 4, 2.17.3: pairs that count from a base; (largest address, new base) selects one, (0, 0) ends. */
function readRangeList(reader: ByteReader, unit: Unit, pairs: RangePairs): void {
  const selector = unit.addressSize === 8 ? 2 ** 64 : 0xffffffff;
  let base = unit.lowPc;
  for (let count = 0; count < MAX_RANGES; count++) {
    const low = reader.unsigned(unit.addressSize);
    const high = reader.unsigned(unit.addressSize);
    unit.sections.budget.spend(1, reader.subject);
    if (low === 0 && high === 0) return;
    if (low === selector) base = high;
    else add(pairs, base + low, base + high);
  }
}

/** DWARF 5, 7.25: DW_RLE_ entries. */
function readRngList(reader: ByteReader, unit: Unit, pairs: RangePairs): void {
  const size = unit.addressSize;
  let base = unit.lowPc;
  for (let count = 0; count < MAX_RANGES; count++) {
    const kind = reader.u8();
    unit.sections.budget.spend(1, reader.subject);
    switch (kind) {
      case 0: // end_of_list
        return;
      case 1: // base_addressx
        base = indexedAddress(reader.uleb(), unit);
        break;
      case 2: // startx_endx
        add(pairs, indexedAddress(reader.uleb(), unit), indexedAddress(reader.uleb(), unit));
        break;
      case 3: {
        // startx_length
        const low = indexedAddress(reader.uleb(), unit);
        add(pairs, low, low + reader.uleb());
        break;
      }
      case 4: // offset_pair
        add(pairs, base + reader.uleb(), base + reader.uleb());
        break;
      case 5: // base_address
        base = reader.unsigned(size);
        break;
      case 6: // start_end
        add(pairs, reader.unsigned(size), reader.unsigned(size));
        break;
      case 7: {
        // start_length
        const low = reader.unsigned(size);
        add(pairs, low, low + reader.uleb());
        break;
      }
      default:
        throw new SymbolError('HH1306', `${reader.where()}: found range list entry ${kind}, expected 0 to 7`);
    }
  }
}
