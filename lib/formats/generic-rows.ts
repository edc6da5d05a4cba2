import type { StackId } from '../base/units.js';
import { TraceFormatError } from '../errors/errors.js';
import type { Frame } from '../trace/heap-event.js';
import { EventKind } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions } from './format.js';
import type { ColumnChoice, ColumnRole } from './generic-columns.js';
import { StackByAddress } from './stack-by-address.js';

/** The value of a role in one row; undefined or empty when the row has none. */
export type RowValue = (role: ColumnRole) => string | undefined;

const KINDS: Readonly<Record<string, number>> = {
  alloc: EventKind.alloc,
  malloc: EventKind.alloc,
  calloc: EventKind.alloc,
  new: EventKind.alloc,
  allocate: EventKind.alloc,
  a: EventKind.alloc,
  m: EventKind.alloc,
  '+': EventKind.alloc,
  free: EventKind.free,
  dealloc: EventKind.free,
  delete: EventKind.free,
  release: EventKind.free,
  f: EventKind.free,
  d: EventKind.free,
  '-': EventKind.free,
  sweep: EventKind.sweep,
  gc: EventKind.sweep,
  realloc: EventKind.realloc,
  resize: EventKind.realloc,
  r: EventKind.realloc,
  failed: EventKind.failed,
  fail: EventKind.failed,
};

const MAX_FRAMES_PER_ROW = 128;

/** A number of at most 15 decimal or 13 hexadecimal digits; -1 for anything else. */
function parseDigits(text: string, hex: boolean): number {
  const prefixed = text.charCodeAt(0) === 48 && (text.charCodeAt(1) | 32) === 120;
  const radix = hex || prefixed ? 16 : 10;
  const start = prefixed ? 2 : 0;
  const digits = text.length - start;
  if (digits < 1 || digits > (radix === 16 ? 13 : 15)) return -1;
  let value = 0;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const letter = (code | 32) - 87;
    const digit = code >= 48 && code <= 57 ? code - 48 : letter >= 10 && letter < radix ? letter : -1;
    if (digit < 0) return -1;
    value = value * radix + digit;
  }
  return value;
}

/** Turns rows of named values into events. */
export class GenericRows {
  private readonly stacks: StackByAddress;
  private readonly subject: string;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly columns: ReadonlyMap<ColumnRole, ColumnChoice>,
    options: ImportOptions,
    source: string,
  ) {
    this.subject = options.subject ?? source;
    this.stacks = new StackByAddress(builder.tables, options.resolve);
    const hasAddresses = columns.has('address');
    builder.add({ kind: 'info', info: { source, hasAddresses, sizeKind: 'requested', unitBytes: 1 } });
  }

  /** @throws TraceFormatError HH1453 naming the line and the value that cannot be read. */
  add(value: RowValue, line: number): void {
    const address = this.number('address', value, line) ?? 0;
    const size = this.number('size', value, line);
    const kind = this.kindOf(value, line, address, size);
    const hasAddresses = this.columns.has('address');
    const refused = hasAddresses && address === 0 && (kind === EventKind.alloc || kind === EventKind.realloc);
    const failed = kind === EventKind.failed || refused;
    const { builder } = this;
    builder.addEvent(failed ? EventKind.failed : kind, failed ? 0 : address, size ?? 0, this.stack(value, line));
    if (kind === EventKind.realloc) {
      const from = this.number('from', value, line);
      if (from !== undefined) builder.setLast('fromAddress', from);
      const fromSize = this.number('fromSize', value, line);
      if (fromSize !== undefined) builder.setLast('fromSizeBytes', fromSize);
    }
    const time = this.number('time', value, line);
    if (time !== undefined) builder.setLast('atUs', time * (this.columns.get('time')?.usPerUnit ?? 1));
    const task = this.number('task', value, line);
    if (task !== undefined) builder.setLast('task', task);
  }

  private kindOf(value: RowValue, line: number, address: number, size: number | undefined): number {
    const word = value('kind')?.trim().toLowerCase();
    if (word !== undefined && word !== '') {
      const kind = KINDS[word];
      if (kind === undefined || !Object.hasOwn(KINDS, word))
        throw this.bad(line, 'kind', word, 'alloc, free, sweep, realloc or failed');
      return kind;
    }
    if (this.columns.has('kind')) throw this.bad(line, 'kind', '', 'alloc, free, sweep, realloc or failed');
    // Without a column of kinds a size makes an allocation, an address alone a free.
    if (size !== undefined && size > 0) return EventKind.alloc;
    if (address === 0) throw this.bad(line, 'address', '0', 'the address of a freed block, as there is no size');
    return EventKind.free;
  }

  private number(role: ColumnRole, value: RowValue, line: number): number | undefined {
    const column = this.columns.get(role);
    const raw = column && value(role);
    if (raw === undefined) return undefined;
    const quick = parseDigits(raw, column?.hex ?? false);
    if (quick >= 0) return quick;
    const text = raw.trim();
    if (text === '') return undefined;
    if (text !== raw) {
      const trimmed = parseDigits(text, column?.hex ?? false);
      if (trimmed >= 0) return trimmed;
    }
    if (role === 'time' && /^\d{1,15}(?:\.\d{0,15})?(?:e[+-]?\d{1,2})?$/i.test(text)) return Number(text);
    if (/^(?:null|nil|\(nil\)|none)$/i.test(text)) return 0;
    throw this.bad(line, role, text, column?.hex ? 'a hexadecimal number' : 'a number, decimal or with 0x');
  }

  private stack(value: RowValue, line: number): StackId {
    const chain = value('backtrace')?.trim();
    if (chain) return this.chain(chain);
    const functionName = value('function')?.trim() ?? '';
    const file = value('file')?.trim() ?? '';
    const caller = this.number('caller', value, line) ?? 0;
    if (functionName === '' && file === '') return this.stacks.get(caller);
    const frame: Frame = { address: caller, functionName, file, line: this.number('line', value, line) ?? 0 };
    return this.builder.tables.push(-1, this.builder.tables.frame(frame));
  }

  /** Addresses or function names, innermost first, between blanks, commas, semicolons, bars or colons before `0x`. */
  private chain(text: string): StackId {
    const words = text.split(/[\s,;|]+|:(?=0x)|<-/, MAX_FRAMES_PER_ROW).filter((word) => word !== '');
    if (words.every((word) => /^0x[0-9a-f]{1,13}:?$/i.test(word))) {
      return this.stacks.chain(words.map((word) => Number.parseInt(word, 16)));
    }
    const { tables } = this.builder;
    let stack: StackId = -1;
    for (const functionName of words.reverse()) {
      stack = tables.push(stack, tables.frame({ address: 0, functionName, file: '', line: 0 }));
    }
    return stack;
  }

  private bad(line: number, role: ColumnRole, found: string, expected: string): TraceFormatError {
    const name = this.columns.get(role)?.name ?? role;
    return new TraceFormatError(
      'HH1453',
      `${this.subject}: line ${line}: found '${found.slice(0, 80)}' in column ${name}, expected ${expected}`,
      { offset: line, remedy: 'name the right columns with --columns (address=ptr:hex for bare hexadecimal)' },
    );
  }
}
