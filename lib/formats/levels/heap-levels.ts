import type { HeapLevel } from '../../trace/heap-event.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import type { ImportOptions, TraceFormat } from '../format.js';
import { headLines } from '../line-splitter.js';
import { nearBySigns } from '../near-miss.js';
import { PatternMatcher } from '../pattern/match-pattern.js';
import { parsePattern } from '../pattern/parse-pattern.js';
import { REFUSALS } from '../pattern/refusals.js';
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
  nearMiss(lines) {
    const near = nearBySigns(lines, [
      {
        looks: (line) => /\b(?:heap|memory|mem)\b/i.test(line) && /\d/.test(line),
        takes: (line) => parseLevelLine(line) !== undefined,
        expected: 'a figure of what is free, as in `Free heap: 39788`',
        closeness: 0.3,
      },
    ]);
    const [, words] = (near && UNSAID.exec(near.text)) ?? [];
    if (!near || words === undefined) return near;
    return { ...near, remedy: `if that number is what is free: options.patterns 'level: ${words}{free}'` };
  },
  open: (builder, options) => new LevelReader(builder, options),
};

/** A size of which nothing says whether it is free or used. */
const UNSAID =
  /^(?!.*\b(?:total|used?|usage|alloc\w*|max\w*|min\w*|size|profile|stack|leak\w*)\b).*?\b((?:heap|mem|memory|ram)\b[^\d'"{}\\]{0,20}?)\d{3,9}(?![\w%.])/i;

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
  private readonly refusals = REFUSALS.map((source) => new PatternMatcher(parsePattern(source)));
  private refused = { count: 0, largestBytes: 0 };
  /** How the log words what is free, by memory. */
  private readonly wordings = new Map<string, Set<string>>();

  constructor(builder: TraceBuilder, options: ImportOptions) {
    super(builder, options, {
      info: { source: 'heap levels of a log', contents: 'levels' },
      expected: "lines like 'Free heap: 39788, largest block: 20480'",
      remedy: "describe other lines with options.patterns 'level: {free} {largest}'",
    });
  }

  protected isRecord(text: string): boolean {
    return this.tables.asked || parseLevelLine(text) !== undefined || new LevelTables().line(text) !== undefined;
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
      if (!level) {
        this.refusal(text);
        return;
      }
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

  private refusal(text: string): void {
    for (const matcher of this.refusals) {
      const sizeBytes = matcher.match(text)?.numbers.get('size');
      if (sizeBytes === undefined) continue;
      const { count, largestBytes } = this.refused;
      this.refused = { count: count + 1, largestBytes: Math.max(largestBytes, sizeBytes) };
      return;
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

  protected override finish(): void {
    super.finish();
    const { count, largestBytes } = this.refused;
    if (count > 0) {
      const requests = count === 1 ? 'a request was' : `${count} requests were`;
      this.events.note(
        'levels-refused',
        `${requests} refused, ${count === 1 ? 'of' : 'the largest of'} ${largestBytes} bytes`,
      );
    }
    for (const [memory, wordings] of this.wordings) {
      if (wordings.size < 2) continue;
      const told = [...wordings].map((wording) => `'${wording}'`).join(', ');
      const text = `what is free${memory === '' ? '' : ` in ${memory}`} is told in ${wordings.size === MAX_WORDINGS ? 'many' : wordings.size} wordings (${told}): these readings are one series only if they are one counter; a pattern 'level: ...' takes one`;
      this.events.note(`levels-wordings${memory}`, text);
    }
  }

  private noteWording(memory: string, wording: string): void {
    const known = this.wordings.get(memory);
    if (!known) this.wordings.set(memory, new Set([wording]));
    else if (known.size < MAX_WORDINGS) known.add(wording);
  }

  private put(level: LevelValues, atUs: number | undefined): void {
    const { memory, free, largest, minimum, total, used, wording, otherMemory } = level;
    if (otherMemory !== undefined)
      this.events.note(
        'levels-one-memory',
        `lines tell what is free in ${otherMemory} behind another memory: only the first is read (a pattern 'level(${otherMemory}): ...' reads the other)`,
      );
    if (free === undefined) {
      this.events.note(
        'levels-without-free',
        'lines that tell the largest block and not what is free were passed over',
      );
      return;
    }
    if (wording !== undefined) this.noteWording(memory, wording);
    const whole = total ?? (used === undefined ? undefined : free + used);
    this.sinceBoot++;
    const put: Mutable<Omit<HeapLevel, 'beforeSeq'>> = { memory, freeBytes: free };
    // A largest block above what is free is another memory's.
    if (largest !== undefined && largest <= free) put.largestFreeBytes = largest;
    if (minimum !== undefined) put.minimumFreeBytes = minimum;
    if (whole !== undefined && whole >= free) put.totalBytes = whole;
    if (atUs !== undefined) put.atUs = atUs;
    this.events.level(put);
  }
}

const MAX_WORDINGS = 6;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function repeats(one: LevelValues, other: LevelValues): boolean {
  return (['largest', 'minimum', 'total', 'used'] as const).some(
    (name) => one[name] !== undefined && other[name] !== undefined,
  );
}
