import type { Bytes } from '../../base/units.js';
import type { LevelValues } from './level-lines.js';

/** What a table of levels says on the line at hand: levels that are whole, an area of memory, or nothing yet. */
export type TableLine =
  | { readonly kind: 'level'; readonly level: LevelValues }
  | { readonly kind: 'region'; readonly address: number; readonly sizeBytes: Bytes }
  | { readonly kind: 'more' };

const CAPS_TITLE = /Heap summary for capabilities (0x[0-9a-f]{1,8})/i;
const CAPS_AREA = /\bAt (0x[0-9a-f]{1,16}) len (\d{1,12}) free (\d{1,12}) allocated (\d{1,12}) min_free (\d{1,12})/i;
const CAPS_LARGEST = /\blargest_free_block (\d{1,12}) alloc_blocks \d/;
const CAPS_TOTALS = /^\s*free (\d{1,12}) allocated (\d{1,12}) min_free (\d{1,12}) largest_free_block (\d{1,12})/;
const STATS = /^\s*(max system bytes|system bytes|in use bytes)\s*=\s*(\d{1,15})\s*$/;
const ARENA = /^\s*(Arena \d{1,6}|Total)(?: \(incl\. mmap\))?:\s*$/;
const RT_FREE = /^\s*(total|used|maximum|available)\s*:\s*(\d{1,15})\s*$/;
const FREE_COLUMNS = ['total', 'used', 'free', 'maxused', 'maxfree', 'largest', 'nused', 'nfree', 'name'] as const;
type FreeColumn = (typeof FREE_COLUMNS)[number];
const CSV_FREE = /^"?(?:free[ _-]?(?:heap|mem(?:ory)?|bytes|ram|size)?|heap[ _-]?free|free)"?$/i;

/** Tables and groups of lines that tell levels: heap_caps_print_heap_info, malloc_stats, `free` of NuttX and RT-Thread, CSV with a heading. */
export class LevelTables {
  private caps = '';
  private area: LevelValues | undefined;
  private stats: { memory: string; system?: Bytes } | undefined;
  private rt: Partial<Record<string, Bytes>> = {};
  private free: readonly FreeColumn[] | undefined;
  private csv: { readonly delimiter: string; readonly columns: readonly string[] } | undefined;
  /** The time column's value in the last CSV row and what 1 of it is; undefined without a unit in its name. */
  atUs: number | undefined;

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
    return (text.includes(':') ? this.rtLine(text) : undefined) ?? this.freeLine(text) ?? this.csvLine(text);
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
    if (!match) return undefined;
    const [, name = '', value] = match;
    if (name === 'total') this.rt = {};
    this.rt[name] = Number(value);
    const { total, maximum, available } = this.rt;
    if (name !== 'available' || total === undefined || available === undefined || available > total)
      return [{ kind: 'more' }];
    const minimum = maximum === undefined || maximum > total ? {} : { minimum: total - maximum };
    return [{ kind: 'level', level: { memory: '', free: available, total, ...minimum } }];
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

  /** CSV whose heading names what is free and no address. */
  private csvLine(text: string): TableLine[] | undefined {
    // No name of a column has a colon in it.
    if (!this.csv && (text.includes(':') || !/free/i.test(text))) return undefined;
    const names = text.includes(',') ? text.split(',') : text.includes(';') ? text.split(';') : [];
    const columns = names
      .slice(0, 64)
      .map((name) => name.trim().replaceAll('"', '').toLowerCase().replace(/[ -]/g, '_'));
    if (
      columns.length > 1 &&
      columns.some((name) => CSV_FREE.test(name)) &&
      columns.every((name) => /^[a-z_][\w()%]*$/.test(name))
    ) {
      this.csv = { delimiter: text.includes(',') ? ',' : ';', columns };
      return [{ kind: 'more' }];
    }
    if (!this.csv) return undefined;
    const fields = text.split(this.csv.delimiter, 64);
    if (fields.length < 2) return undefined;
    const value = (pattern: RegExp) =>
      Number(fields[this.csv?.columns.findIndex((name) => pattern.test(name)) ?? -1]?.trim() || Number.NaN);
    const known = <K extends string>(name: K, figure: number) =>
      Number.isSafeInteger(figure) && figure >= 0 ? { [name]: figure } : {};
    const free = value(CSV_FREE);
    if (!Number.isSafeInteger(free) || free < 0) return undefined;
    this.atUs = this.csvTime(value);
    const level = {
      memory: '',
      free,
      ...known('largest', value(/^(?:largest|max_free|max_alloc|biggest)/)),
      ...known('minimum', value(/^min/)),
      ...known('total', value(/^(?:total|heap_size|size)/)),
    };
    return [{ kind: 'level', level }];
  }

  /** A time counts only when its column says its unit. */
  private csvTime(value: (pattern: RegExp) => number): number | undefined {
    for (const [pattern, scale] of [
      [/^(?:time|ts|timestamp|uptime|at)?_?\(?ms\)?$|millis/, 1e3],
      [/^(?:time|ts|timestamp|uptime|at)?_?\(?us\)?$|micros/, 1],
      [/^(?:time|ts|timestamp|uptime|at)?_?\(?s(?:ec(?:onds)?)?\)?$/, 1e6],
    ] as const) {
      const time = value(pattern);
      if (Number.isFinite(time)) return time * scale;
    }
    return undefined;
  }
}
