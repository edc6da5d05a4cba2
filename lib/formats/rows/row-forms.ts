import type { Address, StackId } from '../../base/units.js';
import { CUT_FRAME } from '../../trace/heap-event.js';
import { frameAt, stackFrameIds, type Trace } from '../../trace/trace.js';
import { KeptTexts } from '../export/kept-texts.js';
import { TextBuffer } from '../export/text-buffer.js';
import { escapedJson, frameText, stackText } from './frame-text.js';
import { ROW_COLUMNS, type RowTable } from './row-columns.js';

/** How the cells of a table are written: one after the other in the order of the columns, then the end of the row. */
export interface RowForm {
  readonly out: TextBuffer;
  /** The line above all rows; empty when there is none. */
  readonly head: string;
  /** A word as {@link cell} takes it. */
  word(text: string): Uint8Array;
  cell(prepared: Uint8Array): void;
  /** A cell of which nothing is known; several of them. */
  absent(count?: number): void;
  /** Absent for undefined and what is not a number. */
  number(value: number | undefined): void;
  address(value: Address): void;
  /** A backtrace, absent for -1. */
  stack(id: StackId): void;
  detail(value: object): void;
  end(): void;
}

/** Of the backtraces of a row, as they are written: readers of lines take 65,536 characters, and the other cells are short. */
const MAX_STACKS_LENGTH = 60_000;

function maxStackLength(table: RowTable): number {
  return MAX_STACKS_LENGTH / ROW_COLUMNS[table].filter((name) => name.endsWith('backtrace')).length;
}

const encoder = new TextEncoder();
const COMMA = ','.charCodeAt(0);
const OPEN = '{'.charCodeAt(0);
const END_OF_OBJECT = encoder.encode('}\n');
const END_OF_LINE = encoder.encode('\n');
const HEXADECIMAL = encoder.encode('0x');

/** What both forms do once a cell has begun. */
abstract class Cells {
  readonly out = new TextBuffer();
  /** Of the next cell. */
  protected column = 0;

  constructor(private readonly stacks: KeptTexts) {}

  protected abstract begin(): void;
  abstract absent(count?: number): void;

  cell(prepared: Uint8Array): void {
    this.begin();
    this.out.raw(prepared);
  }

  number(value: number | undefined): void {
    if (value === undefined || Number.isNaN(value)) this.absent(1);
    else {
      this.begin();
      this.out.decimal(value);
    }
  }

  stack(id: StackId): void {
    if (id < 0) this.absent(1);
    else {
      this.begin();
      this.out.raw(this.stacks.of(id));
    }
  }
}

/** RFC 4180, line feeds; addresses hexadecimal; a text never begins with what a spreadsheet takes for a formula. */
class CsvCells extends Cells implements RowForm {
  readonly head: string;

  constructor(table: RowTable, trace: Trace) {
    const maxLength = maxStackLength(table);
    const frameCell = (id: number) => doubled(frameText(frameAt(trace, id)));
    super(stackCells(trace, frameCell, (texts) => `"${stackText(texts, { maxLength })}"`));
    this.head = `${ROW_COLUMNS[table].join(',')}\n`;
  }

  word(text: string): Uint8Array {
    return encoder.encode(text);
  }

  absent(count = 1): void {
    for (let i = 0; i < count; i++) this.begin();
  }

  address(value: Address): void {
    this.begin();
    this.out.raw(HEXADECIMAL).hex(value);
  }

  detail(value: object): void {
    this.begin();
    this.out.text(`"${doubled(escapedJson(value))}"`);
  }

  end(): void {
    this.out.raw(END_OF_LINE);
    this.column = 0;
  }

  protected begin(): void {
    if (this.column++ > 0) this.out.byte(COMMA);
  }
}

/** An object a line, members as the columns; those that are not known are absent. A backtrace is a list of frames, innermost first. */
class NdjsonCells extends Cells implements RowForm {
  readonly head = '';
  private readonly names: readonly Uint8Array[];
  private isFirst = true;

  constructor(table: RowTable, trace: Trace) {
    const list = { separator: ',', cut: escapedJson(CUT_FRAME), maxLength: maxStackLength(table) };
    const frameCell = (id: number) => escapedJson(frameAt(trace, id));
    super(stackCells(trace, frameCell, (texts) => `[${stackText(texts, list)}]`));
    this.names = ROW_COLUMNS[table].map((name) => encoder.encode(`"${name}":`));
  }

  word(text: string): Uint8Array {
    return encoder.encode(JSON.stringify(text));
  }

  absent(count = 1): void {
    this.column += count;
  }

  address(value: Address): void {
    this.number(value);
  }

  detail(value: object): void {
    this.begin();
    this.out.text(escapedJson(value));
  }

  end(): void {
    this.out.raw(END_OF_OBJECT);
    this.column = 0;
    this.isFirst = true;
  }

  protected begin(): void {
    this.out.byte(this.isFirst ? OPEN : COMMA).raw(this.names[this.column++] as Uint8Array);
    this.isFirst = false;
  }
}

export function csvForm(table: RowTable, trace: Trace): RowForm {
  return new CsvCells(table, trace);
}

export function ndjsonForm(table: RowTable, trace: Trace): RowForm {
  return new NdjsonCells(table, trace);
}

function doubled(text: string): string {
  return text.replaceAll('"', '""');
}

/** The cells of backtraces; the text of a frame is made once. */
function stackCells(
  trace: Trace,
  frameCell: (frame: number) => string,
  joined: (frames: readonly string[]) => string,
): KeptTexts {
  const frames: string[] = [];
  return new KeptTexts((id) =>
    joined(
      stackFrameIds(trace, id).map((frame) => {
        frames[frame] ??= frameCell(frame);
        return frames[frame] ?? '';
      }),
    ),
  );
}
