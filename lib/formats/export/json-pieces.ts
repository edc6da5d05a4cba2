import { TextBuffer } from './text-buffer.js';

const BATCH = 1000;
const NEWLINE = 0x0a;
const COMMA = 0x2c;

/** The elements of a JSON array, a batch a piece, without its brackets. */
export function* jsonElements(values: Iterable<unknown>): Generator<string> {
  let batch: string[] = [];
  let first = true;
  for (const value of values) {
    batch.push(JSON.stringify(value));
    if (batch.length < BATCH) continue;
    yield (first ? '' : ',\n') + batch.join(',\n');
    first = false;
    batch = [];
  }
  if (batch.length > 0) yield (first ? '' : ',\n') + batch.join(',\n');
}

/** Numbers that can be JSON, as the elements of an array, without its brackets. */
export function* jsonNumbers(count: number, numberAt: (index: number) => number): Generator<Uint8Array> {
  const out = new TextBuffer();
  for (let i = 0; i < count; i++) {
    if (i > 0) {
      if (i % BATCH === 0) out.byte(NEWLINE);
      out.byte(COMMA);
    }
    out.decimal(numberAt(i));
    if (out.isFull) yield out.take();
  }
  if (count > 0 && count % BATCH === 0) out.byte(NEWLINE);
  yield out.take();
}
