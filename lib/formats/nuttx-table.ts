import type { Address, Bytes } from '../base/units.js';

const COLUMNS = ['pid', 'size', 'overhead', 'sequence', 'address', 'backtrace'] as const;
type ColumnName = (typeof COLUMNS)[number];

/** What the rows of a table are. */
export type TableState = 'used' | 'free';

export interface TableHeader {
  readonly columns: readonly ColumnName[];
  readonly state: TableState;
  /** Words of an unknown log prefix before the columns: the rows have as many, or more. */
  readonly hasPrefix: boolean;
}

/** A row: `sizeBytes` is the whole block, overhead and all. */
export interface TableRow {
  readonly pid: number;
  readonly sizeBytes: Bytes;
  readonly overheadBytes: Bytes;
  readonly sequence: number;
  readonly address: Address;
  readonly callers: readonly Address[];
}

/** `Dump all free memory node info:`, or the command that asked for it: what the next table lists. */
export function parseTitle(text: string): TableState | undefined {
  if (!/dump/i.test(text)) return undefined;
  const title = /Dump\b.{0,40}?\b(used|allocated|orphan|leak|free)\b.{0,40}\b(?:memory|node)/i.exec(text)?.[1];
  const asked = title ?? /(?:memdump\s+|echo\s+)(used|free)\b/i.exec(text)?.[1];
  if (asked === undefined) return undefined;
  return asked.toLowerCase() === 'free' ? 'free' : 'used';
}

const MAX_PREFIX_WORDS = 8;

/** The header at the end of a line, `state` being what was announced; undefined when it is none. */
export function parseHeader(text: string, state: TableState | undefined): TableHeader | undefined {
  if (!/address/i.test(text)) return undefined;
  const words = text.trim().toLowerCase().split(/\s+/, 32);
  const start = words.findIndex((word) => word === 'pid' || word === 'size');
  if (start < 0 || start > MAX_PREFIX_WORDS) return undefined;
  const columns: ColumnName[] = [];
  for (const word of words.slice(start)) {
    // Newer releases call the last column a call stack.
    const known = COLUMNS.find((name) => name === (word === 'callstack' ? 'backtrace' : word));
    if (!known) return undefined;
    columns.push(known);
  }
  // The address stands behind the numbers in every version.
  const at = columns.indexOf('address');
  if (!columns.includes('size') || at < columns.indexOf('size')) return undefined;
  const isBare = columns.length === 2;
  // Two words alone may be anybody's table.
  if (isBare && state === undefined) return undefined;
  return { columns, state: state ?? 'used', hasPrefix: start > 0 };
}

/** A row under this header; PID and backtrace may be missing. Undefined when the line is no row. */
export function parseRow(text: string, { columns, hasPrefix }: TableHeader): TableRow | undefined {
  let words = text.trim().split(/\s+/, 80);
  const before = columns.slice(0, columns.indexOf('address'));
  let at = words.findIndex((word) => /^0x[0-9a-f]{1,16}$/i.test(word));
  if (hasPrefix && at > before.length) {
    words = words.slice(at - before.length);
    at = before.length;
  }
  if (at < 1) return undefined;
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
  const callers: Address[] = [];
  for (let i = at + 1; i < words.length; i++) {
    const word = words[i] ?? '';
    // Bare, in brackets, or with the name of the function behind each.
    const address = Number(word.startsWith('[') ? word.slice(1, -1) : word);
    if (address > 0 && Number.isSafeInteger(address)) callers.push(address);
  }
  return {
    pid: numbers.get('pid') ?? -1,
    sizeBytes: size,
    overheadBytes: numbers.get('overhead') ?? 0,
    sequence: numbers.get('sequence') ?? -1,
    address: Number(words[at]),
    callers,
  };
}
