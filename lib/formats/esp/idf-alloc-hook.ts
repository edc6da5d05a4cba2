import type { Address, StackId } from '../../base/units.js';
import type { Frame } from '../../trace/heap-event.js';
import type { TraceBuilder } from '../../trace/trace-builder.js';
import { type EspPlace, parseEspLine } from '../esp-idf-lines.js';
import type { ImportOptions, TraceFormat } from '../format.js';
import { headLines } from '../line-splitter.js';
import { nearBySigns } from '../near-miss.js';
import { PatternMatcher } from '../pattern/match-pattern.js';
import { nearByPatterns } from '../pattern/near-patterns.js';
import { parsePattern } from '../pattern/parse-pattern.js';
import { TextReader } from '../text-reader.js';

/** What applications print from esp_heap_trace_alloc_hook and esp_heap_trace_free_hook, with or without a `Backtrace:` below. */
export const idfAllocHookFormat: TraceFormat = {
  id: 'idf-hook',
  title: 'ESP-IDF allocation hooks in a log, each with its Backtrace: line',
  detect(head, whole) {
    const lines = headLines(head, whole);
    const matchers = matchersOf();
    const events = lines.filter((line) => hookIn(line, matchers) !== undefined).length;
    if (events === 0) return 0;
    return lines.some((line) => BACKTRACE.test(line)) ? 0.9 : events > 1 ? 0.7 : 0.5;
  },
  nearMiss(lines) {
    const crash = nearBySigns(lines, [
      { looks: (line) => BACKTRACE.test(line), expected: 'allocations and frees beside it', closeness: 0.75 },
    ]);
    if (!crash) return nearByPatterns(lines, matchersOf());
    const remedy =
      "a backtrace tells no heap; with its line, `harvest symbolize firmware.elf 'Backtrace: 0x400d1234:0x3ffb1f20'` names functions and lines";
    return { ...crash, remedy };
  },
  open: (builder, options) => new HookReader(builder, options),
};

/** The application writes these lines: the usual wordings; others are read with --pattern. */
const PATTERNS = [
  'alloc: {address} allocated {size} bytes',
  'alloc: allocated {size} bytes at {address}',
  'alloc: Allocated {size} bytes at {address}',
  'alloc: allocated {size} bytes @ {address}',
  'alloc: Allocated {size} bytes @ {address}',
  'alloc: allocated {address} size {size}',
  'alloc: Allocated {address} size {size}',
  'free: {address} freed',
  'free: freed {any} bytes at {address}',
  'free: Freed {any} bytes at {address}',
  'free: freed {any} bytes @ {address}',
  'free: Freed {any} bytes @ {address}',
  'free: freed {address}',
  'free: Freed {address}',
];
const BACKTRACE = /\bBacktrace:\s{0,4}(0x[0-9a-f]{8,16}.*)$/i;
const MAX_FRAMES = 128;
const MAX_PLACES = 65_536;

function matchersOf(): PatternMatcher[] {
  return PATTERNS.map((pattern) => new PatternMatcher(parsePattern(pattern)));
}

/** Figures below are counts: `gc: 47552 B, freed 192 B` frees no block at 192. */
const LEAST_ADDRESS = 0x100_0000;

/** The pattern that a line fits and that has its values; none for most lines. */
function hookIn(text: string, matchers: readonly PatternMatcher[]): PatternMatcher | undefined {
  if (!text.includes('llocated') && !text.includes('reed')) return undefined;
  const matcher = matchers.find((one) => one.match(text) !== undefined);
  const address = matcher?.values().numbers.get('address') ?? 0;
  return address >= LEAST_ADDRESS || new RegExp(`\\b0x0*${address.toString(16)}\\b`, 'i').test(text)
    ? matcher
    : undefined;
}

/** Another wording of the same: a block with its size, or one that was freed. Told, so that no event is missing in silence. */
const UNREAD =
  /\ballocated\b.{0,60}?\b\d{1,9} ?bytes.{0,40}?\b0x[0-9a-f]{6,16}\b|\bfreed\b.{0,60}?\b0x[0-9a-f]{6,16}\b/i;
/** The same with its end lost, on a line into which another task wrote. The monitor's decoding of an address is none. */
const DAMAGED = /\b(?:alloc|free): ?0x[0-9a-f]|\b0x[0-9a-f]{4,16} (?:alloc|free)(?!.* at )/i;

interface Pending {
  readonly kind: 'alloc' | 'free';
  readonly address: Address;
  readonly sizeBytes: number;
  readonly atUs: number | undefined;
  /** `pc:sp` pairs, innermost first, as they were printed; empty without a backtrace. */
  chain: string;
}

class HookReader extends TextReader {
  private readonly matchers = matchersOf();
  private readonly places = new Map<Address, EspPlace[]>();
  /** By chain as printed; made anew when a name was learnt. */
  private readonly stacks = new Map<string, StackId>();
  private decoded: Address = -1;
  /** The event at hand: its backtrace and the names of its frames stand on the lines below. */
  private pending: Pending | undefined;

  constructor(
    builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    super(builder, options, {
      info: { source: 'ESP-IDF allocation hooks', unitBytes: 4 },
      expected: "lines like '0x3fcc9258 allocated 124 bytes' and '0x3fcc9258 freed'",
      remedy: "describe other lines with options.patterns 'alloc: {address} {size}'",
    });
  }

  protected isRecord(text: string): boolean {
    return hookIn(text, this.matchers) !== undefined;
  }

  protected read(text: string): void {
    const matcher = hookIn(text, this.matchers);
    if (matcher) {
      this.flush();
      const { numbers } = matcher.values();
      const [address = 0, sizeBytes = 0] = [numbers.get('address'), numbers.get('size')];
      const kind = matcher.pattern.kind === 'free' ? 'free' : 'alloc';
      this.pending = { kind, address, sizeBytes, atUs: this.clock.read(this.prefix), chain: '' };
      return;
    }
    const isUnread =
      ((text.includes('llocated') || text.includes('reed')) && UNREAD.test(text)) ||
      (text.includes('0x') && DAMAGED.test(this.prefix + text));
    if (isUnread) this.events.unread(text);
    const backtrace = text.includes('acktrace:') ? BACKTRACE.exec(text) : null;
    if (backtrace) this.backtrace(backtrace[1] ?? '');
    else if (text !== '') this.learn(text);
  }

  private backtrace(text: string): void {
    if (text.includes('CORRUPTED')) this.events.note('idf-hook-corrupted', 'some backtraces end at a corrupted frame');
    if (this.pending) this.pending.chain = text;
  }

  /** The monitor's decoding of an address. */
  private learn(text: string): void {
    const line = parseEspLine(text);
    if (line?.kind === 'decoded') {
      this.decoded = this.places.has(line.address) || this.places.size >= MAX_PLACES ? -1 : line.address;
      if (this.decoded < 0) return;
      this.places.set(line.address, [line.place]);
      this.stacks.clear();
    } else if (line?.kind === 'inlined-by' && this.decoded >= 0) {
      this.places.get(this.decoded)?.push(line.place);
      this.stacks.clear();
    }
  }

  protected override flush(): void {
    const { pending, events } = this;
    if (!pending) return;
    this.pending = undefined;
    const details = { stack: this.stack(pending.chain), atUs: pending.atUs };
    if (pending.kind === 'alloc') events.alloc(pending.address, pending.sizeBytes, details);
    else events.free(pending.address, 0, details);
  }

  private stack(chain: string): StackId {
    if (chain === '') return -1;
    const known = this.stacks.get(chain);
    if (known !== undefined) return known;
    const { tables } = this.events.builder;
    let stack: StackId = -1;
    for (const frame of pcsOf(chain)
      .flatMap((address) => this.frames(address))
      .reverse())
      stack = tables.push(stack, tables.frame(frame));
    if (this.stacks.size < MAX_PLACES) this.stacks.set(chain, stack);
    return stack;
  }

  private frames(address: Address): readonly Frame[] {
    const resolved = this.options.resolve?.(address) ?? [];
    if (resolved.length > 0) return resolved;
    const places = this.places.get(address)?.slice(0, 64);
    if (!places) return [{ address, functionName: '', file: '', line: 0 }];
    return places.map((place, i) =>
      i < places.length - 1 ? { address: 0, inlined: true, ...place } : { address, ...place },
    );
  }
}

function pcsOf(chain: string): Address[] {
  return chain
    .split(/\s+/, MAX_FRAMES)
    .map((pair) => Number(/^(0x[0-9a-f]{8,16})(?::0x[0-9a-f]{1,16})?$/i.exec(pair)?.[1] ?? 0))
    .filter((address) => address > 0);
}
