import type { TraceFormat } from '../format.js';
import { headLines } from '../line-splitter.js';
import { nearBySigns } from '../near-miss.js';
import { TextReader } from '../text-reader.js';

/** PX4's table of who allocated how much: sums by caller, no blocks. */
export const px4MallocTableFormat: TraceFormat = {
  id: 'px4',
  title: 'PX4 table of allocations by caller (TOTAL CNT SYMBOL SIZE(S))',
  detect: (head, whole) => (headLines(head, whole).some(isHeader) ? 0.93 : 0),
  nearMiss: (lines) =>
    nearBySigns(lines, [
      { looks: (line) => /\bTOTAL\b.*\bSYMBOL\b/i.test(line), expected: 'a header line `TOTAL CNT SYMBOL SIZE(S)`' },
    ]),
  open: (builder, options) =>
    new Px4Reader(builder, options, {
      info: { source: 'PX4 allocation table', contents: 'totals', hasAddresses: false },
      expected: "a header line 'TOTAL CNT SYMBOL SIZE(S)'",
      remedy: 'keep the whole output of the script, its header too',
    }),
};

const HEADER = /^\s*TOTAL\s+CNT\s+SYMBOL\b/i;
const ROW = /^\s*(\d{1,12})\s+(\d{1,9})\s+(\S.*)$/;
/** More blocks than that are one block with their sum: no table of a real device has them. */
const MAX_BLOCKS = 1_000_000;

function isHeader(text: string): boolean {
  return HEADER.test(text);
}

class Px4Reader extends TextReader {
  private inTable = false;
  private blocks = 0;

  protected isRecord(text: string): boolean {
    return this.inTable && ROW.test(text);
  }

  protected read(text: string): void {
    if (isHeader(text)) {
      if (this.inTable) this.events.builder.add({ kind: 'epoch', reason: 'another table' });
      this.inTable = true;
      this.events.seen++;
      return;
    }
    const row = this.inTable ? ROW.exec(text) : null;
    if (row) this.row(Number(row[1]), Number(row[2]), row[3] ?? '');
  }

  /** So many blocks of one caller: of their one size where that is told, else of the average. */
  private row(total: number, count: number, rest: string): void {
    // The sizes stand at the end of the line, behind blanks that fill the column of the symbol.
    const sizes = /^(.*?)(?:\s{2,}|\t)([\d ,]{1,400})$/.exec(rest.slice(0, 2000));
    const symbol = (sizes?.[1] ?? rest).trim();
    const name = symbol.replace(/ \+ (?:0x)?[0-9a-f]{1,8}$/i, '');
    const stack = this.events.named({ functionName: name });
    this.blocks += count;
    if (count < 1 || this.blocks > MAX_BLOCKS) {
      this.events.gapOnce('px4-count', `a row tells ${count} blocks of ${total} bytes, which is not believed`);
      return;
    }
    const each = Math.floor(total / count);
    if (each * count !== total) {
      this.events.note(
        'px4-average',
        'the table tells sums: where blocks of one caller have several sizes, each is given the average',
      );
    }
    for (let i = 0; i < count; i++) this.events.alloc(0, i < count - 1 ? each : total - each * (count - 1), { stack });
  }
}
