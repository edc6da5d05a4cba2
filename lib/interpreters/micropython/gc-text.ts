import type { Address, Blocks, Bytes } from '../../base/units.js';
import { BlockKind, type GcHeapLayout, type GcObject, gcLayout } from './gc-dump.js';

/** What the lines above the map say: `GC: total: 37952, used: 12112, free: 25840`. */
export interface GcTotals {
  readonly totalBytes: Bytes;
  readonly usedBytes: Bytes;
  readonly freeBytes: Bytes;
  /** The longest free run; absent before MicroPython 1.9 and where the line is missing. */
  readonly longestFreeBlocks?: Blocks;
}

/** One `micropython.mem_info(1)` in a log. */
export interface GcTextDump {
  /** What stood before its first line, as a monitor puts it there; empty most often. */
  readonly prefix: string;
  /** One an area of the heap, in the order in which they were printed; empty for `mem_info()` without the map. */
  readonly layouts: readonly GcHeapLayout[];
  readonly said?: GcTotals;
  /** What does not agree; empty for a whole map. */
  readonly doubts: readonly string[];
}

const TITLE = /\bGC memory layout; from (?:0x)?([0-9a-f]{1,16}):/i;
const TOTALS = /\bGC: total: (\d{1,12}), used: (\d{1,12}), free: (\d{1,12})/;
const LONGEST = /\bmax free sz: (\d{1,12})/;
const ALL_FREE = /^\s*\((\d{1,7}) lines? all free\)\s*$/;
// OFFSET: MAP as MicroPython prints it, or ADDRESS MAP as `harvest layout` does.
const ROW = /^\s*(?:([0-9a-f]{4,16}):|0x([0-9a-f]{4,16})) ([.=a-z?]{1,64})\s*$/i;
const OWN_TITLE = /: (\d{1,9}) blocks of (\d{1,4}) bytes at 0x([0-9a-f]{1,16})\s*$/;
const PER_LINE = 64;
/** 64-bit ports have 32 bytes a block, 32-bit ones 16, 16-bit ones 8. */
const BLOCK_SIZES = [16, 32, 8, 64];
/** 2^24 blocks of 16 bytes are 256 MiB: more than any board has. */
const MAX_BLOCKS = 2 ** 24;

/** What the letters of the map stand for; `h` is the head of anything else. */
const TYPES: Readonly<Record<string, string>> = {
  T: 'tuple',
  L: 'list',
  D: 'dict',
  S: 'str or bytes',
  A: 'bytearray or array',
  F: 'float',
  B: 'fun_bc',
  M: 'module',
  C: 'type',
  O: 'object',
};

/** Whether a line is one of a heap map, or the line above it. */
export function isGcTextLine(text: string): boolean {
  return TITLE.test(text) || TOTALS.test(text) || (ROW.test(text) && /[.=]{8}/.test(text));
}

/** Whether a line holds figures that must not be believed when its end is missing. */
export function isGcTextRow(text: string): boolean {
  return ROW.test(text) || TOTALS.test(text) || LONGEST.test(text);
}

interface Row {
  readonly offset: number;
  readonly characters: string;
  /** Lines of 64 free blocks before it. */
  readonly freeLinesBefore: number;
}

interface Area {
  readonly base: Address;
  readonly rows: Row[];
  freeLines: number;
  /** Where the text says them: of `harvest layout`'s own maps. */
  readonly blockBytes?: Bytes;
  readonly blockCount?: Blocks;
}

interface Open {
  readonly prefix: string;
  readonly areas: Area[];
  said?: GcTotals;
}

/** Finds the heap maps in the lines of a log. Other lines, also between those of a map, are passed over. */
export class GcTextReader {
  private open: Open | undefined;

  /** `done` gets each dump when the next one begins or the input is over. */
  constructor(private readonly done: (dump: GcTextDump) => void) {}

  line(text: string, prefix = ''): void {
    // Nearly all lines are rows of the map: told by their first character after blanks, which no title has.
    if (ROW.test(text)) {
      this.row(text, prefix);
      return;
    }
    const totals = TOTALS.exec(text);
    if (totals) {
      this.end();
      const [totalBytes, usedBytes, freeBytes] = totals.slice(1).map(Number);
      this.open = {
        prefix,
        areas: [],
        said: { totalBytes: totalBytes ?? 0, usedBytes: usedBytes ?? 0, freeBytes: freeBytes ?? 0 },
      };
      return;
    }
    const longest = LONGEST.exec(text);
    if (longest && this.open?.said) this.open.said = { ...this.open.said, longestFreeBlocks: Number(longest[1]) };
    const title = TITLE.exec(text);
    const own = title ? null : OWN_TITLE.exec(text);
    if (title) this.openArea({ base: Number.parseInt(title[1] ?? '0', 16), rows: [], freeLines: 0 }, prefix);
    else if (own)
      this.openArea(
        {
          base: Number.parseInt(own[3] ?? '0', 16),
          rows: [],
          freeLines: 0,
          blockCount: Number(own[1]),
          blockBytes: Number(own[2]),
        },
        prefix,
      );
    else this.row(text, prefix);
  }

  /** The input is over. */
  end(): void {
    const { open } = this;
    this.open = undefined;
    if (!open) return;
    const doubts: string[] = [];
    const layouts = open.areas.flatMap((area) => layoutOf(area, open, doubts) ?? []);
    checkTotals(layouts, open.said, doubts);
    this.done({ prefix: open.prefix, layouts, doubts, ...(open.said ? { said: open.said } : {}) });
  }

  private openArea(area: Area, prefix: string): void {
    // An area that was printed already, or one without totals above it after others, begins another dump.
    if (this.open?.areas.some(({ base }) => base === area.base)) this.end();
    this.open ??= { prefix, areas: [] };
    this.open.areas.push(area);
  }

  private row(text: string, prefix: string): void {
    const free = ALL_FREE.exec(text);
    const area = this.open?.areas.at(-1);
    if (free && area) area.freeLines += Number(free[1]);
    const row = free ? null : ROW.exec(text);
    if (!row) return;
    const [, offsetDigits, addressDigits, characters = ''] = row;
    const address = Number.parseInt(offsetDigits ?? addressDigits ?? '0', 16);
    if (!area) {
      // A paste may begin below the title: where the heap lies is not known then.
      if (address === 0 && offsetDigits !== undefined) {
        this.openArea({ base: 0, rows: [], freeLines: 0 }, prefix);
        this.row(text, prefix);
      }
      return;
    }
    const offset = offsetDigits === undefined ? address - area.base : address;
    const last = area.rows.at(-1);
    if (offset < 0 || (last && offset <= last.offset)) return;
    area.rows.push({ offset, characters, freeLinesBefore: area.freeLines });
    area.freeLines = 0;
  }
}

function layoutOf(area: Area, open: Open, doubts: string[]): GcHeapLayout | undefined {
  const { rows } = area;
  const blockBytes = area.blockBytes || blockBytesOf(rows);
  const blockCount = blockCountOf(area, blockBytes, open.areas.length === 1 ? open.said?.totalBytes : undefined);
  if (blockCount < 1) return undefined;
  if (blockCount > MAX_BLOCKS) {
    doubts.push(`a map of ${blockCount} blocks is not believed`);
    return undefined;
  }
  const kinds = new Uint8Array(blockCount).fill(BlockKind.unknown);
  /** The character codes of heads. */
  const letters = new Uint8Array(blockCount);
  for (const { offset, characters, freeLinesBefore } of rows) {
    const start = offset / blockBytes;
    kinds.fill(BlockKind.free, Math.max(0, start - freeLinesBefore * PER_LINE), start);
    for (let i = 0; i < characters.length && start + i < blockCount; i++) {
      const code = characters.charCodeAt(i);
      const kind = KINDS[code] ?? BlockKind.head;
      kinds[start + i] = kind;
      if (kind === BlockKind.head && code !== HEAD) letters[start + i] = code;
    }
  }
  const last = rows.at(-1);
  const afterLast = last ? last.offset / blockBytes + PER_LINE : 0;
  if (area.freeLines > 0) kinds.fill(BlockKind.free, afterLast);
  const geometry = { tableAddress: area.base, tableBytes: 0, poolAddress: area.base, blockBytes, blockCount };
  const at = { base: area.base, blockBytes, kinds, letters };
  const layout = gcLayout(geometry, kinds, (startBlock, blocks) => objectOf(startBlock, blocks, at));
  if (layout.unknownBlocks > 0)
    doubts.push(`${layout.unknownBlocks} of ${blockCount} blocks are unknown: lines of the map are missing`);
  if (layout.orphanTails > 0) doubts.push(`${layout.orphanTails} tails have no head: the map is damaged`);
  return layout;
}

/** The bytes of a block: what the offsets of two rows and the lines between them make it. */
function blockBytesOf(rows: readonly Row[]): Bytes {
  for (const size of BLOCK_SIZES) {
    const fits = rows.some((row, i) => {
      const before = rows[i - 1];
      return before !== undefined && row.offset - before.offset === size * PER_LINE * (1 + row.freeLinesBefore);
    });
    if (fits) return size;
  }
  return 16;
}

function blockCountOf(area: Area, blockBytes: Bytes, totalBytes: Bytes | undefined): Blocks {
  if (area.blockCount !== undefined) return area.blockCount;
  const last = area.rows.at(-1);
  const shown = last ? last.offset / blockBytes + last.characters.length : 0;
  // Free lines at the end: the last of them may be a part of one, which only the total tells.
  const end = area.freeLines > 0 ? (last ? last.offset / blockBytes + PER_LINE : 0) + area.freeLines * PER_LINE : shown;
  const total = totalBytes === undefined ? 0 : Math.floor(totalBytes / blockBytes);
  return Math.max(Math.ceil(end), total);
}

const HEAD = 'h'.charCodeAt(0);
/** By character code; every letter that has no meaning of its own is a head. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (character === '.') return BlockKind.free;
  if (character === '=') return BlockKind.tail;
  if (character === 'm') return BlockKind.marked;
  return character === '?' ? BlockKind.unknown : BlockKind.head;
});
const TYPE_NAMES = Array.from({ length: 128 }, (_, code) => {
  const letter = String.fromCharCode(code);
  return code === 0 ? '' : (TYPES[letter] ?? `type ${letter}`);
});

interface PrintedMap {
  readonly base: Address;
  readonly blockBytes: Bytes;
  readonly kinds: Uint8Array;
  readonly letters: Uint8Array;
}

function objectOf(startBlock: Blocks, blocks: Blocks, { base, blockBytes, kinds, letters }: PrintedMap): GcObject {
  return {
    startBlock,
    blocks,
    address: base + startBlock * blockBytes,
    marked: kinds[startBlock] === BlockKind.marked,
    hasFinaliser: false,
    typeName: TYPE_NAMES[letters[startBlock] ?? 0] ?? '',
  };
}

function checkTotals(layouts: readonly GcHeapLayout[], said: GcTotals | undefined, doubts: string[]): void {
  if (!said || layouts.length === 0 || layouts.some(({ unknownBlocks }) => unknownBlocks > 0)) return;
  const used = layouts.reduce((sum, { usedBlocks, geometry }) => sum + usedBlocks * geometry.blockBytes, 0);
  if (used !== said.usedBytes) doubts.push(`the device says ${said.usedBytes} bytes are used, the map shows ${used}`);
}
