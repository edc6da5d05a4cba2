import type { Address, Bytes } from '../base/units.js';
import { TraceFormatError } from '../errors/errors.js';
import { EventKind } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions, TraceFormat } from './format.js';
import { LineDecoder } from './line-decoder.js';
import { headLines } from './line-splitter.js';
import { StackByAddress } from './stack-by-address.js';

/** The table that NuttX's `memdump` prints: the blocks that are in use, each with its owner. */
export const nuttxMemdumpFormat: TraceFormat = {
  id: 'nuttx',
  title: 'NuttX memdump table (blocks in use)',
  detect: (head, whole) => (headLines(head, whole).some((line) => parseHeader(line) !== undefined) ? 0.93 : 0),
  open: (builder, options) => new NuttxDecoder(builder, options),
};

const COLUMNS = ['pid', 'size', 'overhead', 'sequence', 'address', 'backtrace'] as const;
type ColumnName = (typeof COLUMNS)[number];

/** A row: `sizeBytes` is the whole block, overhead and all. */
interface Row {
  readonly pid: number;
  readonly sizeBytes: Bytes;
  readonly overheadBytes: Bytes;
  readonly sequence: number;
  readonly address: Address;
  readonly callers: readonly Address[];
}

/** The columns that a header line names, in its order; undefined when it is none. */
function parseHeader(text: string): ColumnName[] | undefined {
  const words = text.trim().toLowerCase().split(/\s+/);
  if (!words.includes('size') || !words.includes('address')) return undefined;
  const columns: ColumnName[] = [];
  for (const word of words) {
    const known = COLUMNS.find((name) => name === word);
    if (!known) return undefined;
    columns.push(known);
  }
  return columns;
}

/** A row under these columns; PID and backtrace may be missing. Undefined when the line is no row. */
function parseRow(text: string, columns: readonly ColumnName[]): Row | undefined {
  const words = text.trim().split(/\s+/, 64);
  const at = words.findIndex((word) => /^0x[0-9a-f]{1,16}$/i.test(word));
  if (at < 1) return undefined;
  const before = columns.slice(0, columns.indexOf('address'));
  // PID is the only one that may be missing in front of the address.
  const names = before.length === at + 1 && before[0] === 'pid' ? before.slice(1) : before;
  if (names.length !== at) return undefined;
  const numbers = new Map<ColumnName, number>();
  for (const [i, name] of names.entries()) {
    const word = words[i] ?? '';
    if (!/^-?\d{1,15}$/.test(word)) return undefined;
    numbers.set(name, Number(word));
  }
  const size = numbers.get('size');
  if (size === undefined || size < 0) return undefined;
  const callers = words.slice(at + 1).map(Number);
  if (callers.some((address) => !Number.isSafeInteger(address))) return undefined;
  return {
    pid: numbers.get('pid') ?? -1,
    sizeBytes: size,
    overheadBytes: numbers.get('overhead') ?? 0,
    sequence: numbers.get('sequence') ?? -1,
    address: Number(words[at]),
    callers,
  };
}

/** No device has more blocks; what comes after is dropped with a gap. */
const MAX_ROWS = 1_000_000;

class NuttxDecoder extends LineDecoder {
  private readonly stacks: StackByAddress;
  private columns: ColumnName[] | undefined;
  private rows: Row[] = [];
  private tables = 0;
  private dropped = 0;
  private inFooter = false;
  private footer: { blocks: number; bytes: Bytes } | undefined;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    super();
    this.stacks = new StackByAddress(builder.tables, options.resolve);
    const info = { source: 'NuttX memdump', hasAddresses: true, sizeKind: 'block', unitBytes: 8 } as const;
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
    const header = parseHeader(text);
    if (header) {
      if (this.tables > 0) this.finishTable();
      this.tables++;
      this.columns = header;
      if (this.tables > 1) this.builder.add({ kind: 'epoch', reason: `memdump ${this.tables}` });
      this.builder.add({ kind: 'mark', name: `memdump ${this.tables}` });
      return;
    }
    if (!this.columns) return;
    if (this.inFooter) this.readFooter(text);
    else if (/^\s*Total Blks\s+Total Size\s*$/i.test(text)) this.inFooter = true;
    else this.readRow(text, this.columns);
  }

  private readRow(text: string, columns: readonly ColumnName[]): void {
    const row = this.torn ? undefined : parseRow(text, columns);
    if (!row) return;
    if (this.rows.length < MAX_ROWS) this.rows.push(row);
    else this.dropped++;
  }

  private readFooter(text: string): void {
    const match = /^\s*(\d{1,9})\s+(\d{1,15})\s*$/.exec(text);
    if (!match) return;
    this.footer = { blocks: Number(match[1]), bytes: Number(match[2]) };
    this.inFooter = false;
    this.columns = undefined;
  }

  /** The rows of a table in the order of their sequence numbers, which is that of the allocations. */
  private finishTable(): void {
    const { builder, rows, footer } = this;
    if (rows.every((row) => row.sequence >= 0)) rows.sort((a, b) => a.sequence - b.sequence);
    else if (rows.length > 0) {
      builder.add({
        kind: 'note',
        code: 'nuttx-no-sequence',
        text: 'the table has no sequence numbers: the order is that of its rows',
      });
    }
    let bytes = 0;
    for (const row of rows) {
      bytes += row.sizeBytes;
      builder.addEvent(EventKind.alloc, row.address, row.sizeBytes, this.stacks.chain(row.callers));
      builder.setLast('requestedBytes', Math.max(0, row.sizeBytes - row.overheadBytes));
      if (row.pid >= 0) builder.setLast('task', row.pid);
    }
    if (!footer) builder.add({ kind: 'gap', reason: 'the table has no footer: its end is missing' });
    else if (footer.blocks !== rows.length || footer.bytes !== bytes) {
      const reason = `the footer counts ${footer.blocks} blocks of ${footer.bytes} bytes, ${rows.length} of ${bytes} were read`;
      const lost = footer.blocks - rows.length;
      builder.add({ kind: 'gap', reason, ...(lost > 0 ? { lostEvents: lost } : {}) });
    }
    this.rows = [];
    this.footer = undefined;
    this.inFooter = false;
    if (this.dropped > 0)
      builder.add({ kind: 'gap', reason: 'more rows than any device has blocks', lostEvents: this.dropped });
    this.dropped = 0;
  }
}
