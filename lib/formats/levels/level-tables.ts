import type { Bytes } from '../../base/units.js';
import { LevelCsv } from './level-csv.js';
import type { LevelValues, TableLine } from './level-lines.js';

const CAPS_TITLE = /Heap summary for capabilities (0x[0-9a-f]{1,8})/i;
const CAPS_AREA = /\bAt (0x[0-9a-f]{1,16}) len (\d{1,12}) free (\d{1,12}) allocated (\d{1,12}) min_free (\d{1,12})/i;
const CAPS_LARGEST = /\blargest_free_block (\d{1,12}) alloc_blocks \d/;
const CAPS_TOTALS = /^[\s*]*free (\d{1,12}) allocated (\d{1,12}) min_free (\d{1,12}) largest_free_block (\d{1,12})/;
const STATS = /^\s*(max system bytes|system bytes|in use bytes)\s*=\s*(\d{1,15})\s*$/;
const ARENA = /^\s*(Arena \d{1,6}|Total)(?: \(incl\. mmap\))?:\s*$/;
const ZEPHYR_HEAP = /^\s*(free|allocated|max\. allocated)\s*:\s*(\d{1,12})\s*$/;
/** Of the prompts of NodeMCU, MicroPython and CircuitPython, which the cleaning takes off. */
const REPL_CALL =
  /^\s*(?:=\s{0,4}|print\s{0,4}\(\s{0,4})?(?:node\.heap|gc\.mem_free|esp\.freemem|esp32\.get_free_heap)\s{0,4}\(\)\s{0,4}\)?\s*$/;
const REPL_VALUE = /^\s*\d{1,9}\s*$/;
const MEMHEAPS = /^\s*memheap\s+pool size\s+max used size\s+available size\s*$/;
const MEMHEAP = /^\s*(\S{1,32})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*$/;
const RT_FREE = /^\s*(total|used|maximum|available)\s*:\s*(\d{1,15})\s*$/;
/** The same before 4.1: no line tells what is available. */
const RT_FREE_OLD = /^\s*(total|used|maximum allocated) memory\s*:\s*(\d{1,15})\s*$/;
const FREE_COLUMNS = ['total', 'used', 'free', 'maxused', 'maxfree', 'largest', 'nused', 'nfree', 'name'] as const;
type FreeColumn = (typeof FREE_COLUMNS)[number];

/** Tables and groups of lines that tell levels: heap_caps_print_heap_info, malloc_stats, `free` of NuttX and RT-Thread, CSV with a heading. */
export class LevelTables {
  private caps = '';
  private area: LevelValues | undefined;
  private stats: { memory: string; system?: Bytes } | undefined;
  private rt: Partial<Record<string, Bytes>> = {};
  private zephyr: { free?: Bytes; used?: Bytes } = {};
  private inMemheaps = false;
  /** The line before asked how much is free: the next one is a number. */
  asked = false;
  private free: readonly FreeColumn[] | undefined;
  private readonly csv = new LevelCsv();

  /** The time of the last CSV row; undefined without a unit in the name of its column. */
  get atUs(): number | undefined {
    return this.csv.atUs;
  }

  /** Undefined for a line that is no part of a table. */
  line(text: string): TableLine[] | undefined {
    if (text.length > 4000) return undefined;
    // What the groups have in common is looked for before each of their patterns.
    if (text.includes('free') || text.includes('Heap summary')) {
      const caps = this.capsLine(text);
      if (caps) return caps;
    }
    if (text.includes(' = ') || text.includes('Arena') || text.includes('Total')) {
      const stats = this.statsLine(text);
      if (stats) return stats;
    }
    return (
      this.replLine(text) ??
      (text.includes(':') ? (this.rtLine(text) ?? this.zephyrLine(text)) : this.memheapLine(text)) ??
      this.freeLine(text) ??
      this.csv.line(text)
    );
  }

  /** heap_caps_print_heap_info: each area on two lines, then the totals. */
  private capsLine(text: string): TableLine[] | undefined {
    const title = CAPS_TITLE.exec(text);
    if (title) {
      this.caps = `capabilities ${title[1]}`;
      return [{ kind: 'more' }];
    }
    const area = CAPS_AREA.exec(text);
    if (area) {
      const [address, length, free, , minimum] = area.slice(1).map(Number);
      this.area = { memory: area[1] ?? '', free: free ?? 0, minimum: minimum ?? 0, total: length ?? 0 };
      return [{ kind: 'region', address: address ?? 0, sizeBytes: length ?? 0 }];
    }
    const largest = CAPS_LARGEST.exec(text);
    if (largest && this.area) {
      const level = { ...this.area, largest: Number(largest[1]) };
      this.area = undefined;
      return [{ kind: 'level', level }];
    }
    const totals = this.caps === '' ? null : CAPS_TOTALS.exec(text);
    if (!totals) return undefined;
    const [free = 0, used = 0, minimum = 0, most = 0] = totals.slice(1).map(Number);
    return [{ kind: 'level', level: { memory: this.caps, free, minimum, largest: most, total: free + used } }];
  }

  /** malloc_stats of newlib, dlmalloc and glibc. What is free is what the allocator holds and nobody uses, not all of RAM. */
  private statsLine(text: string): TableLine[] | undefined {
    const arena = ARENA.exec(text);
    if (arena) {
      this.stats = { memory: arena[1] === 'Total' ? 'total' : (arena[1] ?? '') };
      return [{ kind: 'more' }];
    }
    const stats = STATS.exec(text);
    if (!stats) return undefined;
    const value = Number(stats[2]);
    if (stats[1] === 'system bytes') this.stats = { memory: this.stats?.memory ?? '', system: value };
    const { memory = '', system } = this.stats ?? {};
    if (stats[1] !== 'in use bytes' || system === undefined || value > system) return [{ kind: 'more' }];
    this.stats = undefined;
    return [{ kind: 'level', level: { memory, free: system - value, total: system, used: value } }];
  }

  private rtLine(text: string): TableLine[] | undefined {
    const match = RT_FREE.exec(text);
    if (!match) return text.includes(' memory') ? this.oldRtLine(text) : undefined;
    const [, name = '', value] = match;
    if (name === 'total') this.rt = {};
    this.rt[name] = Number(value);
    const { total, maximum, available } = this.rt;
    if (name !== 'available' || total === undefined || available === undefined || available > total)
      return [{ kind: 'more' }];
    const minimum = maximum === undefined || maximum > total ? {} : { minimum: total - maximum };
    return [{ kind: 'level', level: { memory: '', free: available, total, ...minimum } }];
  }

  private oldRtLine(text: string): TableLine[] | undefined {
    const match = RT_FREE_OLD.exec(text);
    if (!match) return undefined;
    const [, name = '', value] = match;
    if (name === 'total') this.rt = {};
    this.rt[name] = Number(value);
    const { total, used, 'maximum allocated': most } = this.rt;
    if (most === undefined || total === undefined || used === undefined || used > total || most > total)
      return [{ kind: 'more' }];
    this.rt = {};
    return [{ kind: 'level', level: { memory: '', free: total - used, used, total, minimum: total - most } }];
  }

  /** `kernel heap` of Zephyr's shell. */
  private zephyrLine(text: string): TableLine[] | undefined {
    const match = ZEPHYR_HEAP.exec(text);
    if (!match) return undefined;
    const value = Number(match[2]);
    if (match[1] === 'free') this.zephyr = { free: value };
    else if (match[1] === 'allocated') this.zephyr.used = value;
    const { free, used } = this.zephyr;
    if (match[1] !== 'max. allocated' || free === undefined || used === undefined) return [{ kind: 'more' }];
    this.zephyr = {};
    const total = free + used;
    return [{ kind: 'level', level: { memory: '', free, used, total, minimum: Math.max(0, total - value) } }];
  }

  /** `list_memheap` of RT-Thread: a row a heap. */
  private memheapLine(text: string): TableLine[] | undefined {
    if (MEMHEAPS.test(text)) {
      this.inMemheaps = true;
      return [{ kind: 'more' }];
    }
    const row = this.inMemheaps ? MEMHEAP.exec(text) : null;
    if (!row) return undefined;
    const [total, most, free] = row.slice(2).map(Number);
    if (total === undefined || most === undefined || free === undefined || free > total || most > total)
      return undefined;
    return [{ kind: 'level', level: { memory: row[1] ?? '', free, total, minimum: total - most } }];
  }

  /** A call at a prompt, and its value on the line below. */
  private replLine(text: string): TableLine[] | undefined {
    const { asked } = this;
    if (asked && text.trim() === '') return undefined;
    this.asked = text.includes(')') && REPL_CALL.test(text);
    if (this.asked) return [{ kind: 'more' }];
    return asked && REPL_VALUE.test(text) ? [{ kind: 'level', level: { memory: '', free: Number(text) } }] : undefined;
  }

  /** NuttX `free`: a line of names, then a row a heap, its name first or last. */
  private freeLine(text: string): TableLine[] | undefined {
    if (!this.free && !text.includes('total')) return undefined;
    const words = text.trim().split(/\s+/, 12);
    const columns = words.map((word) => FREE_COLUMNS.find((name) => name === word.toLowerCase()));
    if (
      columns.length >= 3 &&
      columns.includes('free') &&
      columns.includes('total') &&
      columns.every((name) => name !== undefined)
    ) {
      this.free = columns as FreeColumn[];
      return [{ kind: 'more' }];
    }
    if (!this.free) return undefined;
    const named = /^(\D\S{0,31}?):?$/.exec(words[0] ?? '');
    const numbers = words.slice(named ? 1 : 0);
    const value = (column: FreeColumn) => Number(numbers[this.free?.indexOf(column) ?? -1] ?? Number.NaN);
    const [free, total] = [value('free'), value('total')];
    if (!Number.isSafeInteger(free) || !Number.isSafeInteger(total) || free > total) return undefined;
    const largest = this.free.includes('maxfree') ? value('maxfree') : value('largest');
    const memory = named?.[1] ?? numbers[this.free.indexOf('name')] ?? '';
    return [{ kind: 'level', level: { memory, free, total, ...(Number.isSafeInteger(largest) ? { largest } : {}) } }];
  }
}
