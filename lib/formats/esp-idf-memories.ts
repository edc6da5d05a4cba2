import type { TraceBuilder } from '../trace/trace-builder.js';
import type { EspRecordLine } from './esp-idf-lines.js';

/** ESP-IDF's allocator aligns blocks to words. */
const UNIT_BYTES = 4;
/** Internal and PSRAM; a dump is not believed about more. */
const MAX_MEMORIES = 8;

/**
 * The memories that the records of a dump name. The dump does not tell where they begin and end: where it names two, each is a region from
 * its lowest to its highest traced byte, so that the free space of one is not taken for that of the other.
 */
export class EspMemories {
  private readonly bounds = new Map<string, { low: number; high: number }>();

  add({ memory, address, sizeBytes }: EspRecordLine): void {
    if (memory === '') return;
    const known = this.bounds.get(memory);
    if (known) {
      known.low = Math.min(known.low, address);
      known.high = Math.max(known.high, address + sizeBytes);
    } else if (this.bounds.size < MAX_MEMORIES) this.bounds.set(memory, { low: address, high: address + sizeBytes });
  }

  /** All dumps are read. One memory alone, or two that lie in each other, say no more than the blocks do. */
  finish(builder: TraceBuilder): void {
    const found = [...this.bounds].sort((a, b) => a[1].low - b[1].low);
    const apart = found.every(([, { low }], i) => i === 0 || low >= (found[i - 1]?.[1].high ?? 0));
    if (found.length < 2 || !apart) return;
    for (const [name, { low, high }] of found) {
      const region = { name, baseAddress: low, sizeBytes: high - low, unitBytes: UNIT_BYTES };
      builder.add({ kind: 'region', region });
    }
    const names = found.map(([name]) => name).join(' and ');
    builder.add({
      kind: 'note',
      code: 'esp-memories',
      text: `the dump does not tell the bounds of ${names}: each is taken from its lowest to its highest traced byte`,
    });
  }
}
