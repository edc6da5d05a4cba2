import type { Bytes } from '../base/units.js';
import { TraceFormatError } from '../errors/errors.js';
import { EventKind } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions, TraceFormat } from './format.js';
import { LineDecoder } from './line-decoder.js';
import { headLines } from './line-splitter.js';
import { nearBySigns } from './near-miss.js';
import { parseHeader, parseRow, parseTitle, type TableHeader, type TableRow, type TableState } from './nuttx-table.js';
import { StackByAddress } from './stack-by-address.js';

/** The tables that NuttX's `memdump` prints: the blocks in use, each with its owner, and the free ones. */
export const nuttxMemdumpFormat: TraceFormat = {
  id: 'nuttx',
  title: 'NuttX memdump tables (blocks in use, free blocks), alone or in console output',
  detect(head, whole) {
    let state: TableState | undefined;
    for (const line of headLines(head, whole)) {
      state = parseTitle(line) ?? state;
      if (parseHeader(line, state)) return 0.93;
    }
    return 0;
  },
  nearMiss: (lines) =>
    nearBySigns(lines, [
      {
        looks: (line) => /\bmemdump\b|Dump all .*node|\bPID\b.*\bSize\b/i.test(line),
        expected: 'a header line `PID Size Overhead Sequence Address Backtrace`',
      },
    ]),
  open: (builder, options) => new NuttxDecoder(builder, options),
};

/** No device has more blocks; what comes after is dropped with a gap. */
const MAX_ROWS = 1_000_000;

/** Addresses and the rest of one, nothing else. */
const WRAPPED = /^\s{0,80}[0-9a-f]{0,16}(?:\s{0,8}0x[0-9a-f]{1,16}){0,40}\s*$/i;
const MAX_ROW_LENGTH = 2000;

/** Free pieces that are kept one by one. */
const MAX_PIECES = 4096;

class NuttxDecoder extends LineDecoder {
  private readonly stacks: StackByAddress;
  /** Of the table whose rows are coming. */
  private header: TableHeader | undefined;
  /** What the lines before the next header say that it lists. */
  private announced: TableState | undefined;
  private rows: TableRow[] = [];
  /** The row before, which may go on; empty otherwise. */
  private lastRow = '';
  private tables = 0;
  private usedTables = 0;
  private open = false;
  private dropped = 0;
  private inFooter = false;
  private footer: { blocks: number; bytes: Bytes } | undefined;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    super();
    this.stacks = new StackByAddress(builder.tables, options.resolve);
    const info = {
      source: 'NuttX memdump',
      contents: 'snapshot',
      hasAddresses: true,
      sizeKind: 'block',
      unitBytes: 8,
    } as const;
    builder.add({ kind: 'info', info });
  }

  /** @throws TraceFormatError HH1451 when the whole input held no table. */
  protected override finish(): void {
    if (this.tables === 0) {
      const subject = this.options.subject ?? 'NuttX memdump';
      throw new TraceFormatError(
        'HH1451',
        `${subject}: found no memdump table, expected a header line like 'PID Size Overhead Sequence Address Backtrace'`,
        {
          remedy: 'run `memdump used` in the NuttX shell and keep its whole output',
        },
      );
    }
    this.finishTable();
  }

  protected line(text: string): void {
    this.announced = parseTitle(text) ?? this.announced;
    const header = parseHeader(text, this.announced);
    if (header) {
      this.finishTable();
      this.begin(header);
      return;
    }
    if (!this.header) return;
    if (this.inFooter) this.readFooter(text);
    else if (/(?:^|\s)Total Blks\s+Total Size\s*$/i.test(text)) this.inFooter = true;
    else this.readRow(text, this.header);
  }

  private begin(header: TableHeader): void {
    this.tables++;
    this.open = true;
    this.header = header;
    this.announced = undefined;
    if (header.state === 'free') return;
    this.usedTables++;
    // Each table of the blocks in use is the whole heap at one moment.
    if (this.usedTables > 1) this.builder.add({ kind: 'epoch', reason: `memdump ${this.usedTables}` });
    this.builder.add({ kind: 'mark', name: `memdump ${this.usedTables}` });
  }

  private readRow(text: string, header: TableHeader): void {
    const row = this.torn ? undefined : parseRow(text, header);
    if (!row) {
      this.wrappedRow(text, header);
      return;
    }
    this.lastRow = header.columns.includes('backtrace') ? text : '';
    if (this.rows.length < MAX_ROWS) this.rows.push(row);
    else this.dropped++;
  }

  /** A terminal has broken the row before: what is left of its backtrace goes on here, in the middle of an address or between two. */
  private wrappedRow(text: string, header: TableHeader): void {
    const { lastRow } = this;
    this.lastRow = '';
    if (lastRow === '' || lastRow.length > MAX_ROW_LENGTH || !WRAPPED.test(text)) return;
    const joined = /^\s|^0x/i.test(text) ? `${lastRow} ${text}` : lastRow + text;
    const row = this.torn ? undefined : parseRow(joined, header);
    if (!row || this.rows.length === 0) return;
    this.rows[this.rows.length - 1] = row;
    this.lastRow = joined;
  }

  private readFooter(text: string): void {
    const match = /(?:^|\s)(\d{1,9})\s+(\d{1,15})\s*$/.exec(text);
    if (!match) return;
    this.footer = { blocks: Number(match[1]), bytes: Number(match[2]) };
    this.inFooter = false;
    this.finishTable();
  }

  private finishTable(): void {
    const { header } = this;
    if (!header || !this.open) return;
    if (header.state === 'free') this.addFreePieces();
    else this.addBlocks();
    this.checkFooter();
    this.open = false;
    this.header = undefined;
    this.rows = [];
    this.footer = undefined;
    this.inFooter = false;
    this.dropped = 0;
  }

  /** The rows of a table in the order of their sequence numbers, which is that of the allocations. */
  private addBlocks(): void {
    const { builder, rows } = this;
    if (rows.every((row) => row.sequence >= 0)) rows.sort((a, b) => a.sequence - b.sequence);
    else if (rows.length > 0) {
      const text = 'the table has no sequence numbers: the order is that of its rows';
      builder.add({ kind: 'note', code: 'nuttx-no-sequence', text });
    }
    for (const row of rows) {
      builder.addEvent(EventKind.alloc, row.address, row.sizeBytes, this.stacks.chain(row.callers));
      builder.setLast('requestedBytes', Math.max(0, row.sizeBytes - row.overheadBytes));
      if (row.pid >= 0) builder.setLast('task', row.pid);
    }
  }

  /** What is free is no allocation: each piece is a region with nothing in it. */
  private addFreePieces(): void {
    const { builder, rows } = this;
    const freeBytes = rows.reduce((sum, row) => sum + row.sizeBytes, 0);
    const largestFreeBytes = rows.reduce((most, row) => Math.max(most, row.sizeBytes), 0);
    for (const { address, sizeBytes } of rows.slice(0, MAX_PIECES)) {
      const name = `free piece at 0x${address.toString(16)}`;
      builder.add({ kind: 'region', region: { name, baseAddress: address, sizeBytes, unitBytes: 8 } });
    }
    builder.add({ kind: 'info', info: { caps: { freeBytes, largestFreeBytes } } });
    const only = this.usedTables === 0 ? '; what is in use is not in this dump (run `memdump used` as well)' : '';
    const text = `the dump lists ${freeBytes} bytes free in ${rows.length} pieces, the largest ${largestFreeBytes}${only}`;
    builder.add({ kind: 'note', code: 'nuttx-free', text });
  }

  private checkFooter(): void {
    const { builder, rows, footer } = this;
    const bytes = rows.reduce((sum, row) => sum + row.sizeBytes, 0);
    if (!footer) builder.add({ kind: 'gap', reason: 'the table has no footer: its end is missing' });
    else if (footer.blocks !== rows.length || footer.bytes !== bytes) {
      const reason = `the footer counts ${footer.blocks} blocks of ${footer.bytes} bytes, ${rows.length} of ${bytes} were read`;
      const lost = footer.blocks - rows.length;
      builder.add({ kind: 'gap', reason, ...(lost > 0 ? { lostEvents: lost } : {}) });
    }
    if (this.dropped > 0)
      builder.add({ kind: 'gap', reason: 'more rows than any device has blocks', lostEvents: this.dropped });
  }
}
