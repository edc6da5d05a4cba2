import type { Address, Seq, StackId } from '../base/units.js';
import { TraceFormatError } from '../errors/errors.js';
import type { Frame } from '../trace/heap-event.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import { type EspContext, EspDump } from './esp-idf-dump.js';
import { type EspLine, type EspPlace, joinRecord, parseChain, parseEspLine } from './esp-idf-lines.js';
import { EspMemories } from './esp-idf-memories.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from './format.js';
import { headLines, LineSplitter } from './line-splitter.js';
import { nearBySigns } from './near-miss.js';

/** The text of ESP-IDF's heap_trace_dump (v3.x to master), alone or inside console output. */
export const espIdfHeapTraceFormat: TraceFormat = {
  id: 'esp-idf',
  title: 'ESP-IDF heap_trace_dump text, alone or in console output',
  detect(head, whole) {
    let records = 0;
    for (const line of headLines(head, whole)) {
      const parsed = parseEspLine(line);
      if (parsed?.kind === 'header') return 0.97;
      if (parsed?.kind === 'record') records++;
    }
    return records > 0 ? 0.9 : 0;
  },
  nearMiss: (lines) =>
    nearBySigns(lines, [
      {
        looks: (line) => line.includes('bytes (@') || /\d bytes @ ?0x/.test(line),
        takes: (line) => parseEspLine(line)?.kind === 'record',
        expected: '`N bytes (@ 0x...) allocated CPU N ccount 0x... caller 0x...`',
        closeness: 0.9,
      },
      {
        looks: (line) => /Heap Trace|allocations trace/i.test(line),
        expected: '`====== Heap Trace: N records (N capacity) ======` or `N allocations trace (N entry buffer)`',
      },
    ]),
  open: (builder, options) => new EspHeapTraceDecoder(builder, options),
};

const MAX_PLACES = 65_536;
const MAX_INLINED = 64;

/** Finds the dumps in a text and puts each into the trace; a second dump starts a new epoch. */
export class EspHeapTraceDecoder implements TraceDecoder {
  private readonly lines = new LineSplitter((text) => this.line(text));
  private readonly places = new Map<Address, EspPlace[]>();
  private readonly stacks = new Map<string, StackId>();
  private readonly clocks = new Map<number, { last: number; wraps: number }>();
  private readonly context: EspContext;
  private readonly memories = new EspMemories();
  private decodedAddress = -1;
  private dump: EspDump | undefined;
  private footerSeen = false;
  private dumps = 0;
  private lastStart: Seq = 0;
  private allLeaks = true;
  /** The record of the line before, which a terminal may have broken; empty otherwise. */
  private recordText = '';
  /** The line at hand has no end: a record on it may be cut inside a number, and is not believed. */
  private tornLine = false;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    this.context = {
      builder,
      stack: (chain) => this.stack(chain),
      timeUs: (cpu, ccount) => this.timeUs(cpu, ccount),
      inMemory: (line) => this.memories.add(line),
    };
  }

  push(chunk: Uint8Array): void {
    this.lines.push(chunk);
  }

  /** @throws TraceFormatError HH1430 when the whole input held no record and no header. */
  end(): void {
    this.tornLine = true;
    this.lines.end();
    this.closeDump(this.footerSeen);
    this.memories.finish(this.builder);
    // Mode LEAKS takes a record out when its block is freed: what is left is no history.
    if (this.dumps > 0 && this.allLeaks) this.builder.add({ kind: 'info', info: { contents: 'leaks' } });
    if (this.dumps > 0) return;
    const subject = this.options.subject ?? 'ESP-IDF heap trace';
    throw new TraceFormatError(
      'HH1430',
      `${subject}: found no heap trace dump, expected '====== Heap Trace: N records' or 'N allocations trace'`,
      {
        remedy: 'call heap_trace_dump() on the device and keep all of its output',
      },
    );
  }

  /** Takes one line without its end; lines that are no part of a dump are passed over. */
  line(text: string): void {
    const parsed = parseEspLine(text);
    if (parsed) this.recordText = parsed.kind === 'record' ? text : '';
    const line = parsed ?? this.goesOn(text);
    if (!line || (this.tornLine && (line.kind === 'record' || line.kind === 'freed-by'))) return;
    switch (line.kind) {
      case 'header':
        this.closeDump(this.footerSeen);
        this.openDump(line);
        return;
      case 'record':
        if (!this.dump || this.footerSeen) {
          this.closeDump(this.footerSeen);
          this.openDump(undefined);
        }
        break;
      case 'decoded':
        this.learn(line.address, line.place);
        return;
      case 'inlined-by':
        this.learnInlined(line.place);
        return;
      case 'overflow':
        this.gapAtStart('the trace buffer was full: the oldest records were lost');
        return;
      case 'while-dumping':
        this.builder.add({
          kind: 'note',
          code: 'esp-while-dumping',
          text: 'new allocations were traced while the dump was printed: records may be there twice',
        });
        return;
      default:
    }
    this.dump?.add(line);
    if (line.kind === 'totals' || line.kind === 'end') this.footerSeen = this.dump !== undefined;
    if (line.kind === 'end') this.closeDump(true);
  }

  /** A line that is none by itself may be more of the record before it, or the begin of one. */
  private goesOn(text: string): EspLine | undefined {
    const { recordText } = this;
    const joined = recordText === '' || this.tornLine ? undefined : joinRecord(recordText, text);
    this.recordText = joined?.text ?? (text.includes(' bytes (@ ') ? text : '');
    if (!joined?.record || !joined.replaces) return joined?.record;
    this.dump?.amend(joined.record);
    return undefined;
  }

  private openDump(header: Extract<EspLine, { kind: 'header' }> | undefined): void {
    this.dumps++;
    const { builder } = this;
    if (this.dumps === 1) {
      const style = header?.style === 'v3' ? 'v3 to v5.0' : 'v5.1 or later';
      const source = header ? `ESP-IDF heap trace (${style})` : 'ESP-IDF heap trace';
      builder.add({ kind: 'info', info: { source, hasAddresses: true, sizeKind: 'requested', unitBytes: 4 } });
    } else builder.add({ kind: 'epoch', reason: `heap trace dump ${this.dumps}` });
    builder.add({ kind: 'mark', name: `dump ${this.dumps}` });
    this.footerSeen = false;
    this.clocks.clear();
    this.dump = new EspDump(this.context, header);
    this.lastStart = this.dump.startSeq;
  }

  private closeDump(whole: boolean): void {
    this.dump?.finish(whole);
    if (this.dump && !this.dump.listsLeaks) this.allLeaks = false;
    this.dump = undefined;
  }

  /** What was lost was older than the first record of the dump. */
  private gapAtStart(reason: string): void {
    if (this.dumps === 0) return;
    const { gaps } = this.builder;
    let at = gaps.length;
    while (at > 0 && (gaps[at - 1]?.beforeSeq ?? 0) > this.lastStart) at--;
    gaps.splice(at, 0, { beforeSeq: this.lastStart, reason });
    this.builder.add({ kind: 'info', info: { complete: false } });
  }

  /** The monitor's own decoding of an address, below the line that has it. */
  private learn(address: Address, place: EspPlace): void {
    this.decodedAddress = address;
    const known = this.places.get(address)?.[0];
    const same = known?.functionName === place.functionName && known.file === place.file && known.line === place.line;
    if (same || this.places.size >= MAX_PLACES) {
      // What is inlined there is known as well.
      this.decodedAddress = -1;
      return;
    }
    this.places.set(address, [place]);
    this.stacks.clear();
  }

  private learnInlined(place: EspPlace): void {
    const places = this.places.get(this.decodedAddress);
    if (places && places.length < MAX_INLINED) places.push(place);
  }

  private stack(chain: string): StackId {
    const known = this.stacks.get(chain);
    if (known !== undefined) return known;
    const { tables } = this.builder;
    const backtrace = parseChain(chain).flatMap((address) => this.frames(address));
    let stack: StackId = -1;
    for (let i = backtrace.length - 1; i >= 0; i--) {
      const frame = backtrace[i];
      if (frame) stack = tables.push(stack, tables.frame(frame));
    }
    if (this.stacks.size < MAX_PLACES) this.stacks.set(chain, stack);
    return stack;
  }

  private frames(address: Address): readonly Frame[] {
    const resolved = this.options.resolve?.(address);
    if (resolved && resolved.length > 0) return resolved;
    const places = this.places.get(address);
    if (!places) return [{ address, functionName: '', file: '', line: 0 }];
    const last = places.length - 1;
    return places.map((place, i) => (i < last ? { address: 0, inlined: true, ...place } : { address, ...place }));
  }

  /** ccount: bit 0 is the CPU, bit 1 unused; it wraps at 32 bits, and each CPU has its own. */
  private timeUs(cpu: number, ccount: number): number | undefined {
    const { cpuFrequencyHz } = this.options;
    if (cpuFrequencyHz === undefined) return undefined;
    const ticks = ccount - (ccount % 4);
    const clock = this.clocks.get(cpu) ?? { last: 0, wraps: 0 };
    if (ticks < clock.last) clock.wraps++;
    clock.last = ticks;
    this.clocks.set(cpu, clock);
    return ((ticks + clock.wraps * 2 ** 32) * 1e6) / cpuFrequencyHz;
  }
}
