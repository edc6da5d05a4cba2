import type { HeapLevel } from '../../trace/heap-event.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import type { ImportOptions, TraceFormat } from '../format.js';
import { headLines } from '../line-splitter.js';
import { nearBySigns } from '../near-miss.js';
import { TextReader } from '../text-reader.js';
import { LevelForms } from './level-forms.js';
import { type LevelValues, parseLevelLine } from './level-lines.js';
import { LevelTables } from './level-tables.js';

/** Logs that say how full the heap is, again and again: no blocks, but enough to tell a leak from fragmentation. */
export const heapLevelsFormat: TraceFormat = {
  id: 'heap-levels',
  title: 'heap levels in a log: free heap, largest free block (heap_caps_get_info, malloc_stats, free, CSV)',
  detect(head, whole) {
    const tables = new LevelTables();
    let [inTables, lines] = [0, 0];
    for (const line of headLines(head, whole)) {
      const table = tables.line(line);
      if (table?.some(({ kind }) => kind !== 'more')) inTables++;
      else if (parseLevelLine(line)) lines++;
    }
    // Any format whose events are in the log says more.
    return inTables > 0 ? 0.49 : lines > 1 ? 0.47 : lines * 0.3;
  },
  nearMiss: (lines) =>
    nearBySigns(lines, [
      {
        looks: (line) => /\b(?:heap|memory|mem)\b/i.test(line) && /\d/.test(line),
        takes: (line) => parseLevelLine(line) !== undefined,
        expected: 'a figure of what is free, as in `Free heap: 39788`',
        closeness: 0.3,
      },
    ]),
  open: (builder, options) => new LevelReader(builder, options),
};

/** What devices print when they start: the heap begins anew. */
const BOOT =
  /\brst:0x[0-9a-f]{1,3}\b|^ets [A-Z][a-z]{2} +\d|\bRebooting\.\.\.|^MicroPython v\d|^Adafruit CircuitPython \d|\*{3} Booting Zephyr|^NuttShell \(NSH\)/;

class LevelReader extends TextReader {
  private readonly tables = new LevelTables();
  private readonly forms = new LevelForms();
  /** A level whose largest block may stand on a line of its own. */
  private pending: LevelValues | undefined;
  private pendingAtUs: number | undefined;
  private sinceBoot = 0;

  constructor(builder: TraceBuilder, options: ImportOptions) {
    super(builder, options, {
      info: { source: 'heap levels of a log', contents: 'levels' },
      expected: "lines like 'Free heap: 39788, largest block: 20480'",
      remedy: "describe other lines with options.patterns 'level: {free} {largest}'",
    });
  }

  protected isRecord(text: string): boolean {
    return parseLevelLine(text) !== undefined || new LevelTables().line(text) !== undefined;
  }

  protected read(text: string): void {
    const known = this.forms.read(text);
    if (known) {
      this.take(known);
      return;
    }
    if (BOOT.test(text)) this.boot();
    const table = this.tables.line(text);
    if (!table) {
      const level = parseLevelLine(text);
      if (!level) return;
      this.take(level);
      if (!BOOT.test(text)) this.forms.learn(text);
      return;
    }
    for (const one of table) {
      if (one.kind === 'region') this.events.region(`0x${one.address.toString(16)}`, one.address, one.sizeBytes);
      else if (one.kind === 'level') this.put(one.level, this.tables.atUs ?? this.clock.read(this.prefix));
      else this.events.seen++;
    }
  }

  private boot(): void {
    this.flush();
    if (this.sinceBoot > 0) this.events.builder.add({ kind: 'epoch', reason: 'the device started again' });
    this.sinceBoot = 0;
  }

  /** Sensors tell what is free and the largest block on lines of their own. */
  private take(level: LevelValues): void {
    const { pending } = this;
    const completes =
      pending && level.free === undefined && pending.memory === level.memory && !repeats(pending, level);
    if (completes) {
      this.pending = { ...pending, ...level };
      return;
    }
    this.flush();
    this.pending = level;
    this.pendingAtUs = this.clock.read(this.prefix);
  }

  protected override flush(): void {
    if (this.pending) this.put(this.pending, this.pendingAtUs);
    this.pending = undefined;
  }

  private put({ memory, free, largest, minimum, total, used }: LevelValues, atUs: number | undefined): void {
    if (free === undefined) {
      this.events.note(
        'levels-without-free',
        'lines that tell the largest block and not what is free were passed over',
      );
      return;
    }
    const whole = total ?? (used === undefined ? undefined : free + used);
    this.sinceBoot++;
    const level: Mutable<Omit<HeapLevel, 'beforeSeq'>> = { memory, freeBytes: free };
    // A largest block above what is free is another memory's.
    if (largest !== undefined && largest <= free) level.largestFreeBytes = largest;
    if (minimum !== undefined) level.minimumFreeBytes = minimum;
    if (whole !== undefined && whole >= free) level.totalBytes = whole;
    if (atUs !== undefined) level.atUs = atUs;
    this.events.level(level);
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function repeats(one: LevelValues, other: LevelValues): boolean {
  return (['largest', 'minimum', 'total', 'used'] as const).some(
    (name) => one[name] !== undefined && other[name] !== undefined,
  );
}
