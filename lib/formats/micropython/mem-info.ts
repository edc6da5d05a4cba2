import { TraceFormatError } from '../../errors/errors.js';
import { type GcTextDump, GcTextReader, isGcTextLine, isGcTextRow } from '../../interpreters/micropython/gc-text.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import type { ImportOptions, TraceFormat } from '../format.js';
import { headLines, LineSplitter } from '../line-splitter.js';
import { nearBySigns } from '../near-miss.js';
import { TextReader } from '../text-reader.js';

/** `micropython.mem_info(1)` as text, once or many times in a log: what is alive at each of these moments. */
export const memInfoFormat: TraceFormat = {
  id: 'mem-info',
  title: 'MicroPython and CircuitPython mem_info(1): heap maps in a log',
  detect: (head, whole) => (headLines(head, whole).some(isGcTextLine) ? 0.93 : 0),
  nearMiss: (lines) =>
    nearBySigns(lines, [
      {
        looks: (line) => /\bGC: |GC memory layout|max blk sz:/.test(line),
        expected: '`GC: total: N, used: N, free: N` or `GC memory layout; from ...:` and its map',
      },
    ]),
  open: (builder, options) => new MemInfoReader(builder, options),
};

/**
 * The heap maps in a text, in order.
 * @throws TraceFormatError HH1434 when there is none
 */
export function readGcText(bytes: Uint8Array, subject: string): GcTextDump[] {
  const dumps: GcTextDump[] = [];
  const reader = new GcTextReader((dump) => {
    if (dump.layouts.length > 0) dumps.push(dump);
  });
  const lines = new LineSplitter((text, _number, prefix = '') => reader.line(text, prefix));
  lines.push(bytes);
  lines.end();
  reader.end();
  if (dumps.length > 0) return dumps;
  throw new TraceFormatError(
    'HH1434',
    `${subject}: found a text without a heap map, expected 'GC memory layout; from ...:' and its lines`,
    {
      remedy: 'call micropython.mem_info(1) on the device and keep all that it prints, or give a dump of its memory',
    },
  );
}

/** Whether an input is a text, as opposed to a dump of memory: by its first 4 KiB. */
export function isText(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 4096);
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return true;
  let odd = 0;
  for (const byte of head) {
    if (byte === 0) return false;
    if ((byte < 0x20 && (byte < 0x07 || byte > 0x0d) && byte !== 0x1b) || byte === 0x7f) odd++;
  }
  return head.length > 0 && odd * 50 < head.length;
}

class MemInfoReader extends TextReader {
  private hasMap = false;
  private readonly maps = new GcTextReader((dump) => this.add(dump));

  constructor(builder: TraceBuilder, options: ImportOptions) {
    super(builder, options, {
      info: { source: 'MicroPython mem_info', contents: 'snapshot', sizeKind: 'block', unitBytes: 16 },
      expected: "'GC memory layout; from ...:' and the lines of its map",
      remedy: 'call micropython.mem_info(1) on the device and keep all that it prints',
    });
  }

  protected isRecord(text: string): boolean {
    return isGcTextRow(text);
  }

  protected read(text: string): void {
    this.maps.line(text, this.prefix);
  }

  protected override flush(): void {
    this.maps.end();
    // mem_info() without the map only says how full the heap is.
    if (!this.hasMap && this.events.seen > 0) this.events.builder.add({ kind: 'info', info: { contents: 'levels' } });
  }

  private add({ layouts, said, doubts, prefix }: GcTextDump): void {
    const { events } = this;
    const atUs = this.clock.read(prefix);
    this.hasMap ||= layouts.length > 0;
    if (layouts.length > 0) events.beginTable('mem_info');
    for (const [i, { geometry, objects }] of layouts.entries()) {
      const { poolAddress, blockBytes, blockCount } = geometry;
      events.builder.add({ kind: 'info', info: { unitBytes: blockBytes } });
      events.region(layouts.length > 1 ? `gc area ${i + 1}` : 'gc heap', poolAddress, blockCount * blockBytes);
      if (poolAddress === 0)
        events.note('mem-info-offsets', 'a map has no title: its addresses are offsets from the start of the heap');
      for (const { address, blocks } of objects) events.block(address, blocks * blockBytes, atUs);
    }
    for (const doubt of doubts) events.gap(doubt);
    if (!said && layouts.length > 0)
      events.note('mem-info-length', 'no totals stand above a map: whether its last lines are there is not told');
    if (said) this.level(said, layouts, atUs);
  }

  private level(said: NonNullable<GcTextDump['said']>, layouts: GcTextDump['layouts'], atUs: number | undefined): void {
    const whole = layouts.length > 0 && layouts.every(({ unknownBlocks }) => unknownBlocks === 0);
    const blockBytes = layouts[0]?.geometry.blockBytes ?? 16;
    const longest = whole ? Math.max(...layouts.map((layout) => layout.longestFreeBlocks)) : said.longestFreeBlocks;
    this.events.level({
      memory: '',
      freeBytes: said.freeBytes,
      totalBytes: said.totalBytes,
      ...(longest === undefined ? {} : { largestFreeBytes: longest * blockBytes }),
      ...(atUs === undefined ? {} : { atUs }),
    });
    if (layouts.length === 0 && said.longestFreeBlocks !== undefined)
      this.events.note(
        'mem-info-block',
        'the longest free run is told in blocks: taken as 16 bytes each, as on 32-bit boards',
      );
  }
}
