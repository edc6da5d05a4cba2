import type { StackId } from '../../base/units.js';
import { CUT_FRAME } from '../../trace/heap-event.js';
import { frameAt, stackFrameIds, type Trace } from '../../trace/trace.js';
import { escapedJson, frameText, stackText } from './frame-text.js';
import { ROW_COLUMNS, type RowTable } from './row-columns.js';

/** How the cells of a table are written. A cell that is empty says that nothing is known. */
export interface RowForm {
  /** The line above all rows; empty when there is none. */
  readonly head: string;
  /** A line of encoded cells, in the order of the columns. */
  row(cells: readonly string[]): string;
  word(text: string): string;
  address(value: number): string;
  detail(value: object): string;
  /** The cell of a backtrace, empty for -1. */
  stack(id: StackId): string;
}

/** Of the backtraces of a row, as they are written: readers of lines take 65,536 characters, and the other cells are short. */
const MAX_STACKS_LENGTH = 60_000;

function maxStackLength(table: RowTable): number {
  return MAX_STACKS_LENGTH / ROW_COLUMNS[table].filter((name) => name.endsWith('backtrace')).length;
}

/** Texts of stacks that are kept: most events share a few. */
const MAX_KEPT = 20_000;

/** RFC 4180, line feeds; addresses hexadecimal; a text never begins with what a spreadsheet takes for a formula. */
export function csvForm(table: RowTable, trace: Trace): RowForm {
  const doubled = (text: string) => text.replaceAll('"', '""');
  const maxLength = maxStackLength(table);
  return {
    head: `${ROW_COLUMNS[table].join(',')}\n`,
    row: (cells) => `${cells.join(',')}\n`,
    word: (text) => text,
    address: (value) => `0x${value.toString(16)}`,
    detail: (value) => `"${doubled(escapedJson(value))}"`,
    stack: stackCells(
      trace,
      (id) => doubled(frameText(frameAt(trace, id))),
      (texts) => `"${stackText(texts, { maxLength })}"`,
    ),
  };
}

/** An object a line, members as the columns; those that are not known are absent. A backtrace is a list of frames, innermost first. */
export function ndjsonForm(table: RowTable, trace: Trace): RowForm {
  const names = ROW_COLUMNS[table].map((name) => `"${name}":`);
  const list = { separator: ',', cut: escapedJson(CUT_FRAME), maxLength: maxStackLength(table) };
  return {
    head: '',
    row(cells) {
      let line = '';
      for (let i = 0; i < cells.length; i++)
        if (cells[i] !== '') line += (line === '' ? '{' : ',') + (names[i] ?? '') + (cells[i] ?? '');
      return `${line}}\n`;
    },
    word: (text) => JSON.stringify(text),
    address: String,
    detail: escapedJson,
    stack: stackCells(
      trace,
      (id) => escapedJson(frameAt(trace, id)),
      (texts) => `[${stackText(texts, list)}]`,
    ),
  };
}

function stackCells(
  trace: Trace,
  frameCell: (frame: number) => string,
  joined: (frames: readonly string[]) => string,
): (id: StackId) => string {
  const frames: string[] = [];
  const kept = new Map<StackId, string>();
  return (id) => {
    if (id < 0) return '';
    const known = kept.get(id);
    if (known !== undefined) return known;
    const texts = stackFrameIds(trace, id).map((frame) => {
      frames[frame] ??= frameCell(frame);
      return frames[frame] ?? '';
    });
    const cell = joined(texts);
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(id, cell);
    return cell;
  };
}
