import type { StackId } from '../base/units.js';
import { TraceFormatError } from '../errors/errors.js';
import type { Frame } from '../trace/heap-event.js';
import { EventKind } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { ImportOptions } from './format.js';
import { type Caller, callerNamed } from './generic-caller.js';
import type { ColumnChoice, ColumnRole } from './generic-columns.js';
import { kindNamed } from './generic-kinds.js';
import { parseDigits, parseScaled, parseTime } from './generic-numbers.js';
import { StackByAddress } from './stack-by-address.js';

/** The value of a role in one row; undefined or empty when the row has none. */
export type RowValue = (role: ColumnRole) => string | undefined;

const MAX_FRAMES_PER_ROW = 128;
const MAX_TASKS = 4096;
const ADDRESSES: ReadonlySet<ColumnRole> = new Set(['address', 'from', 'caller']);

/** Turns rows of named values into events. */
export class GenericRows {
  private readonly stacks: StackByAddress;
  private readonly subject: string;
  private readonly columns: Map<ColumnRole, ColumnChoice>;
  private readonly tasks = new Map<string, number>();
  /** What was assumed about units and radix, a sentence each. */
  private readonly assumed = new Set<string>();
  private allocations = 0;
  private allocatedBytes = 0;
  private withoutSize = 0;
  private movedFromNowhere = 0;
  private readonly decided = new Set<ColumnRole>();

  constructor(
    private readonly builder: TraceBuilder,
    columns: ReadonlyMap<ColumnRole, ColumnChoice>,
    options: ImportOptions,
    source: string,
  ) {
    this.subject = options.subject ?? source;
    this.columns = new Map(columns);
    this.stacks = new StackByAddress(builder.tables, options.resolve);
    const hasAddresses = columns.has('address');
    builder.add({ kind: 'info', info: { source, hasAddresses, sizeKind: 'requested', unitBytes: 1 } });
  }

  /** The kinds stand in a column that is not named for them; `isSure` when all rows before had one there. */
  kindsAreIn(name: string, isSure: boolean): void {
    this.columns.set('kind', { name, hex: false, scale: undefined });
    if (this.columns.get('function')?.name === name) this.columns.delete('function');
    this.assumed.add(`column ${name}: the kinds of the events`);
    if (isSure) return;
    const reason = `column ${name} tells kinds of events in some rows only: those before were read without (columns: kind=...)`;
    this.builder.add({ kind: 'gap', reason });
  }

  get knowsKinds(): boolean {
    return this.columns.has('kind');
  }

  /** @throws TraceFormatError HH1453 naming the line and the value that cannot be read. */
  add(value: RowValue, line: number): void {
    const address = this.number('address', value, line) ?? 0;
    const size = this.size(value, line);
    const kind = this.kindOf(value, line, address, size);
    const hasAddresses = this.columns.has('address');
    const refused = hasAddresses && address === 0 && (kind === EventKind.alloc || kind === EventKind.realloc);
    const failed = kind === EventKind.failed || refused;
    const { builder } = this;
    builder.addEvent(failed ? EventKind.failed : kind, failed ? 0 : address, size ?? 0, this.stack(value, line));
    if (kind === EventKind.realloc) {
      const from = this.number('from', value, line);
      if (from !== undefined) builder.setLast('fromAddress', from);
      else if (hasAddresses && !refused) this.movedFromNowhere++;
      const fromSize = this.number('fromSize', value, line);
      if (fromSize !== undefined) builder.setLast('fromSizeBytes', fromSize);
    }
    if (kind === EventKind.alloc || kind === EventKind.realloc) {
      this.allocations++;
      this.allocatedBytes += size ?? 0;
      if (size === undefined) this.withoutSize++;
    }
    const time = this.time(value, line);
    if (time !== undefined) builder.setLast('atUs', time);
    const task = this.task(value);
    if (task !== undefined) builder.setLast('task', task);
  }

  /** After the last row: what was assumed, and what the rows do not say. */
  finish(): void {
    const { builder } = this;
    if (this.assumed.size > 0) {
      const text = `assumed: ${[...this.assumed].join('; ')} (settle it with options.columns time:ms,address:hex; :dec is decimal)`;
      builder.add({ kind: 'note', code: 'columns-assumed', text });
    }
    if (this.tasks.size > 0) {
      const taskNames = Object.fromEntries([...this.tasks].map(([name, task]) => [String(task), name]));
      builder.add({ kind: 'info', info: { taskNames } });
    }
    if (this.allocations > 0 && this.allocatedBytes === 0) {
      builder.add({
        kind: 'gap',
        reason: 'no allocation has a size: name the column of sizes (columns: size=...)',
      });
    } else if (this.withoutSize > 0) {
      builder.add({ kind: 'gap', reason: `${this.withoutSize} allocations without a size` });
    }
    if (this.movedFromNowhere > 0) {
      const reason = `${this.movedFromNowhere} reallocs do not say which block they took: name the column (columns: from=...)`;
      builder.add({ kind: 'gap', reason });
    }
  }

  /** Some tracers write what a free gives back as a negative size. */
  private size(value: RowValue, line: number): number | undefined {
    const column = this.columns.get('size');
    if (!column) return undefined;
    const raw = value('size');
    if (raw?.includes('-') && /^\s*-\d/.test(raw)) {
      const kind = this.kindOf(value, line, 1, undefined);
      if (kind === EventKind.free || kind === EventKind.sweep) return undefined;
    }
    // `1.5` in a column of KB.
    const scaled = column.scale === undefined || column.scale === 1 ? undefined : parseScaled(raw ?? '', column.scale);
    if (scaled !== undefined) return scaled;
    const size = this.number('size', value, line);
    return size === undefined ? undefined : size * (column.scale ?? 1);
  }

  private time(value: RowValue, line: number): number | undefined {
    const column = this.columns.get('time');
    // Nearly all rows: whole numbers of a known unit.
    const quick = column?.scale === undefined ? -1 : parseDigits(value('time') ?? '', false);
    if (quick >= 0) return quick * (column?.scale ?? 1);
    const text = column && value('time')?.trim();
    if (!column || text === undefined || text === '') return undefined;
    const parsed = parseTime(text);
    if (parsed === undefined) throw this.bad(line, 'time', text, 'a number, or a time like 12:34:56.789');
    if (parsed.isClock) return parsed.value * 1e6;
    if (text.includes(',')) this.assumed.add('decimal commas');
    let { scale } = column;
    // Nothing is assumed of a 0.
    if (scale === undefined && parsed.value !== 0) {
      scale = /[.,]/.test(text) ? 1e6 : 1;
      this.columns.set('time', { ...column, scale });
      this.assumed.add(`column ${column.name}: ${scale === 1 ? 'microseconds' : 'seconds, as it has fractions'}`);
    }
    return parsed.value * (scale ?? 1);
  }

  /** A number, or a name that gets one. */
  private task(value: RowValue): number | undefined {
    const text = this.columns.has('task') ? value('task')?.trim() : undefined;
    if (text === undefined || text === '') return undefined;
    const number = parseDigits(text, false);
    if (number >= 0 && number <= 0x7fffffff) return number;
    const known = this.tasks.get(text);
    if (known !== undefined) return known;
    if (this.tasks.size >= MAX_TASKS) return undefined;
    const task = this.tasks.size + 1;
    this.tasks.set(text, task);
    return task;
  }

  /** Whether bare numbers in a column of addresses are hexadecimal: its first value tells. */
  private decideRadix(role: ColumnRole, column: ColumnChoice, text: string): ColumnChoice {
    this.decided.add(role);
    if (column.hex || column.decimal || /^0x/i.test(text) || parseDigits(text, true) <= 0) return column;
    const isHex = text.length === 8 || /[a-f]/i.test(text);
    this.assumed.add(`column ${column.name}: ${isHex ? 'hexadecimal' : 'decimal'}, though without 0x`);
    const decided = { ...column, hex: isHex };
    this.columns.set(role, decided);
    return decided;
  }

  private kindOf(value: RowValue, line: number, address: number, size: number | undefined): number {
    const word = value('kind')?.trim();
    if (word !== undefined && word !== '') {
      const kind = kindNamed(word);
      if (kind === undefined) throw this.bad(line, 'kind', word, 'alloc, free, sweep, realloc or failed');
      return kind;
    }
    if (this.columns.has('kind')) throw this.bad(line, 'kind', '', 'alloc, free, sweep, realloc or failed');
    // Without a column of kinds a size makes an allocation, an address alone a free.
    if (size !== undefined && size > 0) return EventKind.alloc;
    if (address === 0) throw this.bad(line, 'address', '0', 'the address of a freed block, as there is no size');
    return EventKind.free;
  }

  private number(role: ColumnRole, value: RowValue, line: number): number | undefined {
    let column = this.columns.get(role);
    const raw = column && value(role);
    if (!column || raw === undefined) return undefined;
    if (ADDRESSES.has(role) && !this.decided.has(role) && raw.trim() !== '')
      column = this.decideRadix(role, column, raw.trim());
    const quick = parseDigits(raw, column?.hex ?? false);
    if (quick >= 0) return quick;
    const text = raw.trim();
    if (text === '') return undefined;
    if (text !== raw) {
      const trimmed = parseDigits(text, column?.hex ?? false);
      if (trimmed >= 0) return trimmed;
    }
    if (/^(?:null|nil|\(nil\)|none)$/i.test(text)) return 0;
    throw this.bad(line, role, text, column?.hex ? 'a hexadecimal number' : 'a number, decimal or with 0x');
  }

  private stack(value: RowValue, line: number): StackId {
    const chain = value('backtrace')?.trim();
    if (chain) return this.chain(chain);
    const functionName = value('function')?.trim() ?? '';
    const file = value('file')?.trim() ?? '';
    const caller = this.caller(value, line);
    const isBare = caller.functionName === '' && caller.file === '';
    if (functionName === '' && file === '' && isBare) return this.stacks.get(caller.address);
    const frame: Frame = {
      address: caller.address,
      functionName: functionName || caller.functionName,
      file: file || caller.file,
      line: this.number('line', value, line) ?? caller.line,
    };
    return this.builder.tables.push(-1, this.builder.tables.frame(frame));
  }

  /** A return address, or the name of a function or of a line, as people's own tables have it. */
  private caller(value: RowValue, line: number): Caller {
    const named = callerNamed(value('caller')?.trim() ?? '');
    return named ?? { address: this.number('caller', value, line) ?? 0, functionName: '', file: '', line: 0 };
  }

  /** Addresses or function names, innermost first, between blanks, commas, semicolons, bars or colons before `0x`. */
  private chain(text: string): StackId {
    const words = text.split(/[\s,;|]+|:(?=0x)|<-/, MAX_FRAMES_PER_ROW).filter((word) => word !== '');
    if (words.every((word) => /^(?:0x[0-9a-f]{1,13}|[0-9a-f]{8}):?$/i.test(word))) {
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
      { offset: line, remedy: 'name the right columns with options.columns (address=ptr:hex for bare hexadecimal)' },
    );
  }
}
