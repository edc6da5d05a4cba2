import type { Address, StackId } from '../../base/units.js';
import type { Frame } from '../../trace/heap-event.js';
import type { TraceFormat } from '../format.js';
import { headLines } from '../line-splitter.js';
import { nearBySigns } from '../near-miss.js';
import { TextReader } from '../text-reader.js';

/** The tables of NuttX's gdb commands `memleak` and `memdump`: callers with their symbols, equal blocks counted together. */
export const nuttxGdbFormat: TraceFormat = {
  id: 'nuttx-gdb',
  title: 'NuttX gdb memleak and memdump tables',
  detect(head, whole) {
    const lines = headLines(head, whole);
    if (!lines.some((line) => columnsOf(line) !== undefined)) return 0;
    // The table of the shell's own memdump has bare addresses.
    return lines.some((line) => columnsOf(line)?.includes('cnt') || SYMBOL.test(line)) ? 0.945 : 0;
  },
  nearMiss: (lines) =>
    nearBySigns(lines, [
      {
        looks: (line) => /\bCNT\s+PID\b|\bCallstack\b/i.test(line),
        expected: 'a header line `CNT PID Size Sequence Address Callstack`',
      },
    ]),
  open: (builder, options) =>
    new NuttxGdbReader(builder, options, {
      info: { source: 'NuttX gdb memleak', contents: 'snapshot', sizeKind: 'block', unitBytes: 8 },
      expected: "a header line 'CNT PID Size Sequence Address Callstack'",
      remedy: 'run `memleak` or `memdump` of NuttX in gdb and keep the whole output',
    }),
};

const COLUMNS = ['cnt', 'pid', 'size', 'overhead', 'sequence', 'address', 'callstack', 'backtrace'] as const;
type Column = (typeof COLUMNS)[number];
const SYMBOL = /\[(0x[0-9a-f]{1,16})\]\s+<([^>]{1,400})>(?:\s+(\S{1,400}):(\d{1,7}))?/i;
const TOTAL = /Alloc (\d{1,9}) count,\s*total (\d{1,15}) bytes/i;
/** A row stands for one block more often than for thousands; a larger count is not believed. */
const MAX_COUNT = 100_000;
const MAX_CHAINS = 20_000;
const ROW = /^\s*((?:[*\w-]{1,20}\s+){1,6}?)(0x[0-9a-f]{1,16})(?:\s+(.*))?$/i;

function columnsOf(text: string): readonly Column[] | undefined {
  if (!/size/i.test(text)) return undefined;
  const words = text.trim().toLowerCase().split(/\s+/);
  if (!words.includes('size') || !words.includes('address')) return undefined;
  return words.every((word) => COLUMNS.some((name) => name === word)) ? (words as Column[]) : undefined;
}

interface Row {
  readonly count: number;
  readonly pid: number;
  readonly size: number;
  readonly address: Address;
  /** Innermost first. */
  readonly frames: readonly Frame[];
}

class NuttxGdbReader extends TextReader {
  /** The columns before the call stack. */
  private columns: readonly Column[] | undefined;
  private rows: Row[] = [];
  /** By the text of a call stack: a table has the same few again and again. */
  private readonly chains = new Map<string, readonly Frame[]>();

  protected isRecord(text: string): boolean {
    return this.columns !== undefined && this.row(text, this.columns) !== undefined;
  }

  protected read(text: string): void {
    const columns = columnsOf(text);
    if (columns) {
      this.flush();
      this.columns = columns.filter((name) => name !== 'callstack' && name !== 'backtrace');
      const contents = columns.includes('cnt') ? 'leaks' : 'snapshot';
      this.events.builder.add({ kind: 'info', info: { contents } });
      this.events.beginTable(contents === 'leaks' ? 'memleak' : 'memdump');
      return;
    }
    if (!this.columns) return;
    const row = this.row(text, this.columns);
    if (row && this.rows.length < 1_000_000) this.rows.push(row);
    else if (!row) this.continuation(text);
  }

  /** Further frames of a row stand on lines of their own. */
  private continuation(text: string): void {
    const total = TOTAL.exec(text);
    if (total) this.flush({ count: Number(total[1]), bytes: Number(total[2]) });
    const frame = total ? undefined : frameOf(text.trim());
    const last = this.rows.at(-1);
    if (frame && last && text.trim().startsWith('['))
      this.rows[this.rows.length - 1] = { ...last, frames: [...last.frames, frame] };
  }

  private row(text: string, before: readonly Column[]): Row | undefined {
    const match = ROW.exec(text.length > 8000 ? text.slice(0, 8000) : text);
    const words = match?.[1]?.trim().split(/\s+/) ?? [];
    if (!match || words.length !== before.length - 1) return undefined;
    // A star before the task says that it is gone.
    const values = words.map((word) => Number(word.startsWith('*') ? word.slice(1) : word));
    if (values.some((value) => !Number.isSafeInteger(value))) return undefined;
    const value = (name: Column) => values[before.indexOf(name)];
    const size = value('size');
    if (size === undefined || size < 0) return undefined;
    return {
      count: value('cnt') ?? 1,
      pid: value('pid') ?? -1,
      size,
      address: Number(match[2]),
      frames: this.chainOf(match[3] ?? ''),
    };
  }

  private chainOf(text: string): readonly Frame[] {
    const known = this.chains.get(text);
    if (known) return known;
    const frames = framesOf(text);
    if (this.chains.size < MAX_CHAINS) this.chains.set(text, frames);
    return frames;
  }

  /** Where one row stands for several blocks, only the address of one of them is told: then the trace has sizes only. */
  protected override flush(total?: { count: number; bytes: number }): void {
    const { rows, events } = this;
    this.rows = [];
    if (rows.some(({ count }) => count > 1)) {
      events.builder.add({ kind: 'info', info: { hasAddresses: false } });
      events.note('nuttx-counted', 'equal blocks are counted in one row: their addresses are not told');
    }
    for (const { count, pid, size, address, frames } of rows) {
      if (count > MAX_COUNT) events.gap(`a row counts ${count} blocks, which is not believed`, count);
      const details = { stack: this.stack(frames), task: pid };
      for (let i = 0; i < Math.min(count, MAX_COUNT); i++) events.alloc(address, size, details);
    }
    if (!total) return;
    // The script counts a row once, or every block of it, by its age.
    const blocks = rows.reduce((sum, row) => sum + row.count, 0);
    const bytes = rows.reduce((sum, row) => sum + row.count * row.size, 0);
    const asRows = total.count === rows.length && total.bytes === rows.reduce((sum, row) => sum + row.size, 0);
    if (!asRows && (total.count !== blocks || total.bytes !== bytes))
      events.gap(
        `the table's own total is ${total.count} blocks of ${total.bytes} bytes, ${blocks} of ${bytes} were read`,
      );
    this.columns = undefined;
  }

  private stack(frames: readonly Frame[]): StackId {
    const { tables } = this.events.builder;
    if (frames.every(({ functionName }) => functionName === ''))
      return this.events.stacks.chain(frames.map(({ address }) => address));
    return tables.stack(frames);
  }
}

function frameOf(text: string): Frame | undefined {
  const match = SYMBOL.exec(text);
  if (!match) return undefined;
  const [, address, symbol = '', file = '', line] = match;
  return {
    address: Number(address),
    functionName: symbol.replace(/\s*\+\s*(?:0x)?[0-9a-f]{1,8}$/i, ''),
    file,
    line: Number(line ?? 0),
  };
}

/** `[ADDRESS] <SYMBOL+OFFSET> FILE:LINE` several times, or bare addresses. */
function framesOf(text: string): Frame[] {
  if (!text.includes('[')) {
    return text
      .split(/\s+/, 128)
      .filter((word) => /^0x[0-9a-f]{1,13}$/i.test(word))
      .map((word) => ({ address: Number(word), functionName: '', file: '', line: 0 }));
  }
  return text.split(/(?=\[0x)/, 128).flatMap((piece) => frameOf(piece) ?? []);
}
