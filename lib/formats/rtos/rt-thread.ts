import type { Address, Bytes } from '../../base/units.js';
import { floatColumn, intColumn } from '../../trace/column.js';
import type { TraceFormat } from '../format.js';
import { headLines } from '../line-splitter.js';
import { nearBySigns } from '../near-miss.js';
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
  nearMiss: (lines) =>
    nearBySigns(lines, [
      {
        looks: (line) => /^\s*\[0x[0-9a-f]{4,16} ?-/i.test(line) || line.includes('memory item'),
        takes: (line) => ITEM.test(line),
        expected: '`--memory item information --`, or more than one line like `[0x20003b58 -   512] main`',
      },
    ]),
  open: (builder, options) =>
    new RtThreadReader(builder, options, {
      info: { source: 'RT-Thread memtrace', contents: 'snapshot', unitBytes: 4 },
      expected: "'--memory item information --' and lines like '[0x20003b58 -   512] main'",
      remedy: 'build with RT_USING_MEMTRACE, run `memtrace` in the msh shell and keep its whole output',
    }),
};

const ITEM = /\[(0x[0-9a-f]{1,16}) -\s{0,10}(\d{1,15})([KM]?)\](.{0,20})/i;
/** What stands behind an item: a name, no sign of a frame or of a log around the line. */
const THREAD = /^[\w.@#:+-]{1,20}$/;
/** An item into which another thread wrote. */
const DAMAGED = /^\s*\[0x[0-9a-f]/i;
const HEAP_END = /\bheap_end\s*:\s*(0x[0-9a-f]{1,16})/i;
const HEAP_NAME = /^\s*name\s*:\s*(\S{1,32})\s*$/;
const MAX_ITEMS = 1_000_000;

/** The items of a table as columns, in the order of their lines: a heap has them by the hundred thousand. */
class Items {
  /** Of the item's header. */
  readonly address = floatColumn();
  /** As printed: exact below 1024, whole KiB or MiB cut off above. */
  readonly sizeBytes = floatColumn();
  /** What one of the printed unit is: 1 where the size is exact. */
  readonly scale = intColumn();
  /** Up to 4 characters; empty for a free item. */
  readonly thread: string[] = [];

  get count(): number {
    return this.thread.length;
  }

  add(address: Address, sizeBytes: Bytes, { scale, thread }: { scale: number; thread: string }): void {
    this.address.push(address);
    this.sizeBytes.push(sizeBytes);
    this.scale.push(scale);
    this.thread.push(thread);
  }

  /** Numbers of the items, by address. */
  order(): Int32Array {
    const { values } = this.address;
    const order = Int32Array.from({ length: this.count }, (_, i) => i);
    const isSorted = order.every((i) => i === 0 || (values[i - 1] ?? 0) <= (values[i] ?? 0));
    return isSorted ? order : order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  }
}

class RtThreadReader extends TextReader {
  private items = new Items();
  private heapEnd = 0;
  private name = 'heap';

  protected isRecord(text: string): boolean {
    return ITEM.test(text);
  }

  protected read(text: string): void {
    const item = text.includes(' -') ? ITEM.exec(text) : null;
    if (item) {
      const [, address, digits, unit, rest = ''] = item;
      const scale = unit === 'K' ? 1024 : unit === 'M' ? 1024 * 1024 : 1;
      const isDamaged = rest.includes('***');
      const thread = (isDamaged ? rest.replace(/:\s*\*{3}.*$/, '') : rest).trim();
      if (thread !== '' && !THREAD.test(thread)) {
        this.events.gapOnce('rt-thread-name', `an item whose thread cannot be read: '${text.trim().slice(0, 60)}'`);
        return;
      }
      if (isDamaged) this.events.note('rt-thread-damaged', 'an item is marked ***: its header is damaged');
      if (this.items.count < MAX_ITEMS) this.items.add(Number(address), Number(digits) * scale, { scale, thread });
      return;
    }
    if (DAMAGED.test(text)) {
      this.events.gapOnce('rt-thread-damaged-line', `an item that cannot be read: '${text.trim().slice(0, 60)}'`);
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
    if (items.count === 0) return;
    this.items = new Items();
    const order = items.order();
    const header = headerBytes(items, order);
    events.beginTable('memtrace');
    for (let i = 0; i < order.length; i++) {
      const item = order[i] ?? 0;
      const at = items.address.values[item] ?? 0;
      const next = i + 1 < order.length ? (items.address.values[order[i + 1] ?? 0] ?? 0) : this.heapEnd;
      const exact = exactSize(items, item, next - at - (header ?? Number.NaN));
      const sizeBytes = exact ?? items.sizeBytes.values[item] ?? 0;
      const thread = items.thread[item] ?? '';
      if (exact === undefined && thread !== '')
        events.note(
          'rt-thread-rounded',
          'sizes of 1 KiB and more are printed rounded down, and could not be told from the addresses',
        );
      const address = at + (header ?? 0);
      if (thread === '') events.hole(address, sizeBytes);
      else events.alloc(address, sizeBytes, { task: thread });
    }
    const first = items.address.values[order[0] ?? 0] ?? 0;
    if (this.heapEnd > first) events.region(this.name, first, this.heapEnd - first);
    this.heapEnd = 0;
  }
}

/** The size of the header before each item: what lies between an item of exact size and the next; undefined when that differs. */
function headerBytes({ address, sizeBytes, scale }: Items, order: Int32Array): Bytes | undefined {
  let header: number | undefined;
  for (let i = 0; i + 1 < order.length; i++) {
    const [item = 0, next = 0] = [order[i], order[i + 1]];
    if (scale.values[item] !== 1) continue;
    const between = (address.values[next] ?? 0) - (address.values[item] ?? 0) - (sizeBytes.values[item] ?? 0);
    if (between < 0 || between > 64) continue;
    header = Math.min(header ?? between, between);
  }
  return header;
}

/** The size as printed where that is exact, else by the addresses, when it agrees with the one that was printed. */
function exactSize({ sizeBytes, scale }: Items, item: number, byAddress: Bytes): Bytes | undefined {
  const [printed = 0, step = 1] = [sizeBytes.values[item], scale.values[item]];
  if (step === 1) return printed;
  return byAddress >= printed && byAddress < printed + step ? byAddress : undefined;
}
