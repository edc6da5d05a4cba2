import type { TableLine } from './level-lines.js';

interface Column {
  /** Without its unit. */
  readonly name: string;
  /** Bytes that 1 of it is. */
  readonly scale: number;
}

const FREE = /^(?:free(?:_?(?:heap|mem(?:ory)?|bytes|ram|size))?|heap_?free)$/;
const WITH_UNIT = /^(.+?)_?[_([](bytes|b|kib|kb|mib|mb)[)\]]?$/;
const SCALES: Readonly<Record<string, number>> = { kib: 1024, kb: 1024, mib: 2 ** 20, mb: 2 ** 20 };

/** CSV whose heading names what is free and no address. */
export class LevelCsv {
  private open: { readonly delimiter: string; readonly columns: readonly Column[] } | undefined;
  /** The time of the last row; undefined without a unit in the name of its column. */
  atUs: number | undefined;

  /** Undefined for a line that is no part of such a table. */
  line(text: string): TableLine[] | undefined {
    // No name of a column has a colon in it.
    if (!this.open && (text.includes(':') || !/free/i.test(text))) return undefined;
    if (this.opens(text)) return [{ kind: 'more' }];
    if (!this.open) return undefined;
    const { delimiter, columns } = this.open;
    const fields = text.split(delimiter, 64);
    if (fields.length < 2) return undefined;
    const value = (pattern: RegExp) => {
      const at = columns.findIndex(({ name }) => pattern.test(name));
      const field = fields[at]?.trim() ?? '';
      return Number((delimiter === ',' ? field : field.replace(',', '.')) || Number.NaN) * (columns[at]?.scale ?? 1);
    };
    const free = value(FREE);
    if (!Number.isFinite(free) || free < 0) return undefined;
    this.atUs = timeOf(value);
    const level = {
      memory: '',
      free: Math.round(free),
      ...known('largest', value(/^(?:largest|max_free|max_alloc|biggest)/)),
      ...known('minimum', value(/^min/)),
      ...known('total', value(/^(?:total|heap_size|size)/)),
    };
    return [{ kind: 'level', level }];
  }

  private opens(text: string): boolean {
    const delimiter = text.includes(';') ? ';' : text.includes(',') ? ',' : '\t';
    const names = text
      .split(delimiter, 64)
      .map((name) => name.trim().replaceAll('"', '').toLowerCase().replace(/[ -]/g, '_'));
    if (names.length < 2 || !names.every((name) => /^[a-z_][\w()[\]%]*$/.test(name))) return false;
    const columns = names.map((name): Column => {
      const unit = WITH_UNIT.exec(name);
      return { name: unit?.[1] ?? name, scale: SCALES[unit?.[2] ?? ''] ?? 1 };
    });
    if (!columns.some(({ name }) => FREE.test(name))) return false;
    this.open = { delimiter, columns };
    return true;
  }
}

function known<K extends string>(name: K, figure: number): { readonly [key in K]?: number } {
  return Number.isFinite(figure) && figure >= 0 ? ({ [name]: Math.round(figure) } as { [key in K]: number }) : {};
}

/** A time counts only when its column says its unit. */
function timeOf(value: (pattern: RegExp) => number): number | undefined {
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
