import type { FrameId, StackId } from '../../base/units.js';
import type { Frame } from '../../trace/heap-event.js';
import type { InternTables } from '../../trace/tables.js';
import { frameFromJson, frameTextsOf, parseFrameText } from './frame-text.js';
import type { RowColumn } from './row-columns.js';

/** One row of a table, however it is written. */
export interface RowSource {
  /** The text of a cell; empty when there is none. */
  text(column: RowColumn): string;
  /** The stack of a cell of frames, -1 for an empty one; undefined when it cannot be read. */
  stack(column: RowColumn): StackId | undefined;
  /** The value of a cell of JSON; undefined when it cannot be read. */
  json(column: RowColumn): unknown;
}

/** The fields of a line of CSV that no line end is in: quoted ones between quotes that are doubled inside. */
export function csvFields(line: string): string[] {
  const fields: string[] = [];
  for (let at = 0; ; ) {
    if (line[at] !== '"') {
      const end = line.indexOf(',', at);
      fields.push(end < 0 ? line.slice(at) : line.slice(at, end));
      if (end < 0) return fields;
      at = end + 1;
      continue;
    }
    let end = line.indexOf('"', at + 1);
    while (end >= 0 && line[end + 1] === '"') end = line.indexOf('"', end + 2);
    fields.push(line.slice(at + 1, end < 0 ? line.length : end).replaceAll('""', '"'));
    if (end < 0 || line[end + 1] !== ',') return fields;
    at = end + 2;
  }
}

const MAX_KEPT = 20_000;

export class CsvRow implements RowSource {
  fields: readonly string[] = [];
  private readonly known = new Map<string, StackId | undefined>();
  private readonly at: ReadonlyMap<string, number>;
  private readonly frames: KnownFrames;

  constructor(tables: InternTables, columns: readonly RowColumn[]) {
    this.frames = new KnownFrames(tables);
    this.at = new Map(columns.map((name, i) => [name, i]));
  }

  text(column: RowColumn): string {
    return this.fields[this.at.get(column) ?? -1] ?? '';
  }

  stack(column: RowColumn): StackId | undefined {
    const text = this.text(column);
    if (text === '') return -1;
    // Most rows have one of a few.
    if (this.known.has(text)) return this.known.get(text);
    if (this.known.size >= MAX_KEPT) this.known.clear();
    const stack = this.frames.stack(frameTextsOf(text), parseFrameText, (frame) => frame);
    this.known.set(text, stack);
    return stack;
  }

  json(column: RowColumn): unknown {
    return parsed(this.text(column));
  }
}

export class NdjsonRow implements RowSource {
  private row: Readonly<Record<string, unknown>> = {};

  private readonly frames: KnownFrames;

  constructor(tables: InternTables) {
    this.frames = new KnownFrames(tables);
  }

  /** False when the line is no JSON object. */
  read(line: string): boolean {
    const value = parsed(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isObject) this.row = value as Readonly<Record<string, unknown>>;
    return isObject;
  }

  text(column: RowColumn): string {
    const value = Object.hasOwn(this.row, column) ? this.row[column] : undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  }

  stack(column: RowColumn): StackId | undefined {
    const value = Object.hasOwn(this.row, column) ? this.row[column] : undefined;
    if (value === undefined) return -1;
    if (!Array.isArray(value)) return undefined;
    return this.frames.stack(value as readonly unknown[], frameFromJson, keyOf);
  }

  json(column: RowColumn): unknown {
    return Object.hasOwn(this.row, column) ? this.row[column] : undefined;
  }
}

/** What tells a frame of JSON from others: an object that is no frame has a key, too. */
function keyOf(value: unknown): string {
  const frame = (value ?? {}) as Readonly<Record<keyof Frame, unknown>>;
  const { address, line, inlined, kind, certainty, file, functionName } = frame;
  return `${address} ${line} ${inlined} ${kind} ${certainty} ${String(file).length} ${file}${functionName}`;
}

/** Frames that were read before: a table has few of them, in every row. */
class KnownFrames {
  private readonly known = new Map<string, FrameId | undefined>();

  constructor(private readonly tables: InternTables) {}

  /** The stack of frames, innermost first, each read once; undefined when one cannot be read. */
  stack<T>(list: readonly T[], read: (one: T) => Frame | undefined, key: (one: T) => string): StackId | undefined {
    let stack: StackId = -1;
    for (let i = list.length - 1; i >= 0; i--) {
      const frame = this.frame(list[i] as T, read, key);
      if (frame === undefined) return undefined;
      stack = this.tables.push(stack, frame);
    }
    return stack;
  }

  private frame<T>(one: T, read: (one: T) => Frame | undefined, key: (one: T) => string): FrameId | undefined {
    const text = key(one);
    const before = this.known.get(text);
    if (before !== undefined) return before;
    const frame = read(one);
    const id = frame && this.tables.frame(frame);
    if (this.known.size >= MAX_KEPT) this.known.clear();
    this.known.set(text, id);
    return id;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
