import type { Mark } from '../../lib/public/browser.js';
import { textCell } from './csv.js';
import type { LoadedTrace } from './loaded-trace.js';

/** A trace with the marks of whoever looks at it besides its own; all analyses take them as such. */
export function withMarks(loaded: LoadedTrace, added: readonly Mark[], before: readonly Mark[]): LoadedTrace {
  const own = loaded.trace.marks.filter((mark) => !before.includes(mark));
  const last = loaded.trace.eventCount;
  const marks = [...own, ...added.filter(({ beforeSeq }) => beforeSeq <= last)];
  marks.sort((a, b) => a.beforeSeq - b.beforeSeq);
  return { ...loaded, trace: { ...loaded.trace, marks } };
}

/** The marks of a trace as CSV: the number of the event that follows, and the name. */
export function marksCsv({ trace }: LoadedTrace): string {
  const rows = trace.marks.map(({ beforeSeq, name }) => `${beforeSeq},${textCell(name)}\r\n`);
  return `before_event,name\r\n${rows.join('')}`;
}
