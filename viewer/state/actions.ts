import { heapPeak, type Mark } from '../../lib/public/browser.js';
import { inArea } from '../model/area.js';
import { withHidden } from '../model/loaded-trace.js';
import { withMarks } from '../model/marks.js';
import { spanOf } from '../model/table-rows.js';
import { app, type RowFilter } from './app-state.js';
import { asFits } from './as-fits.js';
import { viewOf } from './permalink.js';
import { remember } from './preferences.js';
import { revealed, revealedGap } from './reveal.js';

/** Changes which frames are passed over when an allocation's source is looked for. */
export function hideFrames(hide: readonly string[]): void {
  remember('hide', hide.join('\n'));
  const { loaded, other } = app.get();
  // Before the panels ask anew: what they call a source is another one now.
  for (const it of [loaded, other]) it?.desk?.hide(hide);
  app.set({
    hide,
    loaded: loaded && withHidden(loaded, hide),
    other: other && withHidden(other, hide),
  });
}

/** Shows in the table, and lights in the map, what a query lets through; the same query again takes it away. */
export function toggleQuery(query: string, filter: RowFilter = 'all'): void {
  app.set({ query: app.get().query === query ? '' : query, filter });
}

/** The same for what was allocated below a node of a call tree; `path` is from the root's child on, and empty for the root: all. */
export function showBelow<T>(path: readonly T[], queryOf: (path: readonly T[]) => string): void {
  if (path.length === 0) app.set({ query: '' });
  else toggleQuery(queryOf(path));
}

/** Selects an event; the views show the heap right after it. */
export function goTo(seq: number, span?: number): void {
  const { loaded } = app.get();
  if (!loaded) return;
  const atSeq = Math.max(0, Math.min(loaded.trace.eventCount - 1, Math.round(seq)));
  app.set({ atSeq, picked: -1, ...(span === undefined ? {} : { span }) });
}

/** Selects a row's event and its block, and brings the block into view; the views stay at their event. */
export function pickRow(seq: number): void {
  const { loaded } = app.get();
  if (!loaded) return;
  const span = spanOf(loaded, seq);
  app.set({ picked: seq, span, gap: '', ...revealed(loaded, span) });
}

/** Selects a block; -1 for none. */
export function pickSpan(span: number): void {
  const { loaded } = app.get();
  if (!loaded) return;
  app.set({ span, gap: '', picked: span < 0 ? -1 : (loaded.spans.startSeq[span] ?? -1), ...revealed(loaded, span) });
}

/** Selects the largest free block of a memory and brings it into view; the same again takes the selection away. */
export function toggleGap(regionName: string): void {
  const { loaded, atSeq, gap } = app.get();
  if (!loaded) return;
  if (gap === regionName) app.set({ gap: '' });
  else app.set({ view: 'map', gap: regionName, span: -1, picked: -1, ...revealedGap(loaded, regionName, atSeq) });
}

/** Goes to a row's event, and selects its block. */
export function goToRow(seq: number): void {
  const { loaded } = app.get();
  if (!loaded) return;
  const span = spanOf(loaded, seq);
  goTo(seq, span);
  app.set(revealed(loaded, span));
}

export function goToPeak(): void {
  const { loaded } = app.get();
  if (loaded) goTo(heapPeak(loaded.trace, loaded.spans).seq);
}

/** Back to a state that an address holds: Back, Forward, or a link that was put in by hand. */
export function returnTo(hash: string): void {
  const { loaded, hide: before } = app.get();
  // A trace that is opened later looks at the address itself.
  if (!loaded) return;
  const { hide = before, userMarks = [], ...asked } = viewOf(hash);
  if (marksText(userMarks) !== marksText(app.get().userMarks)) setMarks(userMarks);
  if (hide.join('\n') !== before.join('\n')) hideFrames(hide);
  app.set(asFits(loaded, asked));
}

/** Replaces the marks that were set in the page. */
export function setMarks(userMarks: readonly Mark[]): void {
  const { loaded, userMarks: before } = app.get();
  const marked = loaded && withMarks(loaded, userMarks, before);
  if (marked) marked.desk?.mark(marked.trace.marks);
  app.set({ userMarks, loaded: marked });
}

function marksText(marks: readonly Mark[]): string {
  return marks.map(({ beforeSeq, name }) => `${beforeSeq}:${name}`).join('\n');
}

/** Sets the range from A to B, whichever was named first; the views show the heap at B. */
export function setRange(one: number, other: number): void {
  const { loaded } = app.get();
  if (!loaded) return;
  const last = loaded.trace.eventCount - 1;
  const [a, b] = [Math.round(Math.min(one, other)), Math.round(Math.max(one, other))];
  const afterSeq = Math.max(-1, a);
  const throughSeq = Math.min(last, b);
  if (throughSeq <= afterSeq) return;
  app.set({ range: { afterSeq, throughSeq }, atSeq: throughSeq });
}

/** Moves one end of the range to the selected event; without a range the other end is that of the trace. */
export function setEnd(end: 'A' | 'B'): void {
  const { loaded, range, atSeq } = app.get();
  if (!loaded) return;
  const last = loaded.trace.eventCount - 1;
  if (end === 'A') setRange(atSeq, range && range.throughSeq > atSeq ? range.throughSeq : last);
  else setRange(range && range.afterSeq < atSeq ? range.afterSeq : -1, atSeq);
}

export function clearRange(): void {
  app.set({ range: undefined });
}

/** The event after which the largest free block was smallest. */
export function goToTightest(): void {
  const { loaded, area } = app.get();
  const largest = loaded && inArea(loaded, area).gaps?.largestFreeBytes;
  if (!largest) return;
  let best = 0;
  for (let seq = 1; seq < largest.length; seq++) if ((largest[seq] ?? 0) < (largest[best] ?? 0)) best = seq;
  goTo(best);
}
