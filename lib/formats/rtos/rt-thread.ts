import type { Address, Bytes } from '../../base/units.js';
import type { TraceFormat } from '../format.js';
import { headLines } from '../line-splitter.js';
import { TextReader } from '../text-reader.js';

/** RT-Thread's `memtrace`: every item of the heap with the thread that asked for it; no thread means free. */
export const rtThreadFormat: TraceFormat = {
  id: 'rt-thread',
  title: 'RT-Thread memtrace (items of the heap by thread)',
  detect(head, whole) {
    const lines = headLines(head, whole);
    if (lines.some((line) => line.includes('--memory item information --'))) return 0.94;
    return lines.filter((line) => ITEM.test(line)).length > 1 ? 0.8 : 0;
  },
  open: (builder, options) =>
    new RtThreadReader(builder, options, {
      info: { source: 'RT-Thread memtrace', contents: 'snapshot', unitBytes: 4 },
      expected: "'--memory item information --' and lines like '[0x20003b58 -   512] main'",
      remedy: 'build with RT_USING_MEMTRACE, run `memtrace` in the msh shell and keep its whole output',
    }),
};

const ITEM = /\[(0x[0-9a-f]{1,16}) -\s{0,10}(\d{1,15})([KM]?)\](.{0,20})/i;
const HEAP_END = /\bheap_end\s*:\s*(0x[0-9a-f]{1,16})/i;
const HEAP_NAME = /^\s*name\s*:\s*(\S{1,32})\s*$/;
const MAX_ITEMS = 1_000_000;

interface Item {
  /** Of the item's header. */
  readonly address: Address;
  /** As printed: exact below 1024, whole KiB or MiB cut off above. */
  readonly sizeBytes: Bytes;
  readonly isExact: boolean;
  /** Up to 4 characters; empty for a free item. */
  readonly thread: string;
}

class RtThreadReader extends TextReader {
  private items: Item[] = [];
  private heapEnd = 0;
  private name = 'heap';

  protected isRecord(text: string): boolean {
    return ITEM.test(text);
  }

  protected read(text: string): void {
    const item = ITEM.exec(text);
    if (item) {
      const [, address, digits, unit, rest = ''] = item;
      const scale = unit === 'K' ? 1024 : unit === 'M' ? 1024 * 1024 : 1;
      const isDamaged = rest.includes('***');
      const thread = (isDamaged ? rest.replace(/:\s*\*{3}.*$/, '') : rest).trim();
      if (isDamaged) this.events.note('rt-thread-damaged', 'an item is marked ***: its header is damaged');
      if (this.items.length < MAX_ITEMS)
        this.items.push({ address: Number(address), sizeBytes: Number(digits) * scale, isExact: scale === 1, thread });
      return;
    }
    const end = HEAP_END.exec(text);
    if (end) this.heapEnd = Number(end[1]);
    else if (text.includes('memory heap address')) this.flush();
    const name = HEAP_NAME.exec(text);
    if (name) this.name = name[1] ?? 'heap';
  }

  /** A table is over: sizes above 1 KiB are printed rounded down, and told exactly by where the next item begins. */
  protected override flush(): void {
    const { items, events } = this;
    if (items.length === 0) return;
    this.items = [];
    items.sort((a, b) => a.address - b.address);
    const header = headerBytes(items);
    events.beginTable('memtrace');
    for (const [i, item] of items.entries()) {
      const next = items[i + 1]?.address ?? this.heapEnd;
      const exact = item.isExact ? item.sizeBytes : exactSize(item, next - item.address - (header ?? Number.NaN));
      if (exact === undefined && item.thread !== '')
        events.note(
          'rt-thread-rounded',
          'sizes of 1 KiB and more are printed rounded down, and could not be told from the addresses',
        );
      const address = item.address + (header ?? 0);
      if (item.thread === '') events.hole(address, exact ?? item.sizeBytes);
      else events.alloc(address, exact ?? item.sizeBytes, { task: item.thread });
    }
    const first = items[0]?.address ?? 0;
    if (this.heapEnd > first) events.region(this.name, first, this.heapEnd - first);
    this.heapEnd = 0;
  }
}

/** The size of the header before each item: what lies between an item of exact size and the next; undefined when that differs. */
function headerBytes(items: readonly Item[]): Bytes | undefined {
  let header: number | undefined;
  for (let i = 0; i + 1 < items.length; i++) {
    const [item, next] = [items[i], items[i + 1]];
    if (!item?.isExact || !next) continue;
    const between = next.address - item.address - item.sizeBytes;
    if (between < 0 || between > 64) continue;
    header = Math.min(header ?? between, between);
  }
  return header;
}

/** The size by the addresses, when it agrees with the one that was printed. */
function exactSize(item: Item, byAddress: Bytes): Bytes | undefined {
  const step = item.sizeBytes >= 1024 * 1024 ? 1024 * 1024 : 1024;
  return byAddress >= item.sizeBytes && byAddress < item.sizeBytes + step ? byAddress : undefined;
}
