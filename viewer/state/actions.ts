import type { Mark } from '../../lib/public/browser.js';
import {
  createSymbolizer,
  ExitCode,
  errorMessage,
  type GapTimeline,
  HarvestError,
  heapPeak,
  type Trace,
} from '../../lib/public/browser.js';
import { inArea } from '../model/area.js';
import { type LoadedTrace, prepareTrace, withHidden, withNames } from '../model/loaded-trace.js';
import { withMarks } from '../model/marks.js';
import { namedTrace } from '../model/named-trace.js';
import { readTrace } from '../model/read-trace.js';
import { spanOf } from '../model/table-rows.js';
import { type AppState, app, INITIAL, type Message, type RowFilter } from './app-state.js';
import { gapsBeside, ToldError, WorkerDesk } from './desk.js';
import { parseHash, viewOf } from './permalink.js';
import { remember } from './preferences.js';
import { revealed } from './reveal.js';

/** Files beyond this would not fit into the page's memory. */
const MAX_FILE_BYTES = 1024 * 1024 * 1024;
/** Larger ones are read in a worker: the page would stand still. */
const LONG_BYTES = 1024 * 1024;

/** Opens a trace; an error leaves what was open before. */
export async function openBytes(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<void> {
  await busyWith(`Reading ${name}`, async () => {
    if (isLong(bytes)) await openBeside(new Blob([bytes]), name);
    else await openHere(bytes, name);
  });
}

async function openHere(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<void> {
  const { trace, format } = await readTrace(bytes, name, (share) =>
    app.set({ busy: `Reading ${name}: ${Math.round(share * 100)} %` }),
  );
  await openTrace(trace, name, format);
}

/** A worker reads the trace and keeps it; until it is there the page stays as it was, and the user may call it off. */
async function openBeside(file: Blob, name: string): Promise<void> {
  const loaded = await loadBeside(file, name, hideOf());
  if (!loaded) return;
  const { elf } = app.get();
  show(loaded);
  if (elf) app.set({ loaded: named(loaded, elf.symbolizer) });
}

/** Undefined when the user called it off. */
function loadBeside(file: Blob, name: string, hide: readonly string[]): Promise<LoadedTrace | undefined> {
  const desk = new WorkerDesk();
  const opening = desk.open({
    ...{ file, name, hide },
    onProgress: (doing, share) => app.set({ busy: `${doing} ${name}`, opening: { share, cancel } }),
    onGaps: (of, gaps) => giveGaps(of.original, gaps),
  });
  let callOff: () => void = () => undefined;
  const cancel = () => callOff();
  const calledOff = new Promise<undefined>((resolve) => {
    callOff = () => {
      desk.close();
      app.set({ toast: `Not opened: ${name}` });
      resolve(undefined);
    };
  });
  app.set({ opening: { share: 0, cancel } });
  return Promise.race([opening, calledOff])
    .catch((error: unknown) => {
      desk.close();
      throw error;
    })
    .finally(() => app.set({ opening: undefined }));
}

/** Packed bytes become many more. */
function isLong(bytes: Uint8Array): boolean {
  return bytes.length > (bytes[0] === 0x1f && bytes[1] === 0x8b ? LONG_BYTES / 8 : LONG_BYTES);
}

/** A link may come with frames to hide; it is one of the first trace that is opened. */
function hideOf(): readonly string[] {
  const { loaded, hide } = app.get();
  return (loaded ? undefined : parseHash(location.hash).hide) ?? hide;
}

export async function openTrace(trace: Trace, name: string, format: string): Promise<void> {
  const { elf } = app.get();
  const hide = hideOf();
  app.set({ hide, busy: `Drawing ${name}` });
  const loaded = await prepareTrace(trace, { name, format, hide });
  show(loaded);
  if (elf) app.set({ loaded: named(loaded, elf.symbolizer) });
  if (loaded.order) void followGaps(trace);
}

/** Short traces have their curve at once; long ones get it when it is ready. */
async function followGaps(trace: Trace): Promise<void> {
  try {
    giveGaps(trace, await gapsBeside(trace));
  } catch (error) {
    fail(error);
  }
}

/** Unless another trace is open by then. */
function giveGaps(original: Trace, gaps: GapTimeline | undefined): void {
  const { loaded, other } = app.get();
  const given = { gaps, gapsState: gaps ? 'ready' : 'failed' } as const;
  if (loaded?.original === original) app.set({ loaded: { ...loaded, ...given } });
  if (other?.original === original) app.set({ other: { ...other, ...given } });
}

/** The first state of a new trace: the last event (or what the address asks for), the sort that finds trouble first. */
function show(loaded: LoadedTrace): void {
  const last = Math.max(0, loaded.trace.eventCount - 1);
  const captured = loaded.trace.events.largestAfterBytes !== undefined;
  const before = app.get();
  const { theme, panel, hide, elf, dialog, color, group, hiddenColumns, files } = before;
  const first: AppState = {
    ...INITIAL,
    ...{ theme, panel, hide, elf, color, group, hiddenColumns, files, dialog: dialog === 'connect' ? 'none' : dialog },
    loaded,
    hide: hideOf(),
    atSeq: last,
    sort: { column: captured ? 'drop' : 'size', descending: true },
    view: loaded.order ? 'map' : 'time',
  };
  // A link belongs to the trace that was opened with it; the next one keeps the panel that is open, not the place in the trace.
  const { tab, figure, unit, inverted } = before;
  if (before.loaded?.desk !== loaded.desk) before.loaded?.desk?.close();
  const asked = before.loaded ? { tab, figure, unit, inverted } : parseHash(location.hash);
  const { userMarks = [], ...view } = asFits(loaded, asked);
  app.set({ ...first, ...view });
  if (userMarks.length > 0) setMarks(userMarks);
}

/** What a link asks for, as far as the trace has it: the link may be one of another trace. */
function asFits({ trace, spans, order, regions }: LoadedTrace, asked: Partial<AppState>): Partial<AppState> {
  const { range, atSeq, span, picked, area } = asked;
  const last = Math.max(0, trace.eventCount - 1);
  return {
    ...asked,
    ...(order ? {} : { view: 'time' }),
    ...(atSeq === undefined ? {} : { atSeq: Math.min(last, atSeq) }),
    ...(span === undefined || span < spans.count ? {} : { span: -1 }),
    ...(picked === undefined || picked <= last ? {} : { picked: -1 }),
    range: range && range.throughSeq <= last ? range : undefined,
    area: regions.some(({ name }) => name === area) ? (area ?? '') : '',
  };
}

export async function openFile(file: File): Promise<void> {
  if (file.size > LONG_BYTES && file.size <= MAX_FILE_BYTES) {
    await busyWith(`Reading ${file.name}`, () => openBeside(file, file.name));
    return;
  }
  await withBytes(file, (bytes) => openBytes(bytes, file.name));
}

/** Opens the trace that the open one is compared with. */
export async function openOther(file: File): Promise<void> {
  await withBytes(file, (bytes) =>
    busyWith(`Reading ${file.name}`, async () => {
      const { hide, other: before } = app.get();
      const other = isLong(bytes)
        ? await loadBeside(file, file.name, hide)
        : await prepareTrace((await readTrace(bytes, file.name)).trace, { name: file.name, format: '', hide });
      if (!other) return;
      before?.desk?.close();
      app.set({ other, tab: 'diff' });
    }),
  );
}

export async function openElf(file: File): Promise<void> {
  await withBytes(file, (bytes) =>
    busyWith(`Reading ${file.name}`, async () => {
      const symbolizer = createSymbolizer(bytes);
      const { loaded } = app.get();
      app.set({ elf: { name: file.name, symbolizer }, ...(loaded ? { loaded: named(loaded, symbolizer) } : {}) });
      app.set({ toast: `Names from ${file.name}` });
    }),
  );
}

function named(loaded: LoadedTrace, symbolizer: Parameters<typeof namedTrace>[1]): LoadedTrace {
  const trace = namedTrace(loaded.original, symbolizer);
  const { hide, userMarks } = app.get();
  const { strings, frames, stacks } = trace;
  loaded.desk?.rename({ strings, frames, stacks, stack: trace.events.stack }, hide);
  const marked = withMarks(withNames(loaded, trace, hide), userMarks, []);
  marked.desk?.mark(marked.trace.marks);
  return marked;
}

async function withBytes(file: File, act: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>): Promise<void> {
  if (file.size > MAX_FILE_BYTES) {
    fail(
      new HarvestError(
        'HH1923',
        ExitCode.usage,
        `${file.name}: found ${file.size} bytes, expected at most ${MAX_FILE_BYTES}`,
      ),
    );
    return;
  }
  // At once, not when the bytes have come: whoever looks at the page must see that it is at work.
  app.set({ busy: `Reading ${file.name}`, error: undefined });
  try {
    await act(new Uint8Array(await file.arrayBuffer()));
  } catch (error) {
    fail(error);
  } finally {
    app.set({ busy: '' });
  }
}

/** Changes which frames are passed over when an allocation's source is looked for. */
export function hideFrames(hide: readonly string[]): void {
  remember('hide', hide.join('\n'));
  const { loaded, other } = app.get();
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
  app.set({ picked: seq, span, ...revealed(loaded, span) });
}

/** Selects a block; -1 for none. */
export function pickSpan(span: number): void {
  const { loaded } = app.get();
  if (!loaded) return;
  app.set({ span, picked: span < 0 ? -1 : (loaded.spans.startSeq[span] ?? -1), ...revealed(loaded, span) });
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

/** Runs an action with a line that says what the page is busy with; an error is shown, never lost. */
export async function busyWith(what: string, act: () => Promise<void>): Promise<void> {
  app.set({ busy: what, error: undefined });
  try {
    await act();
  } catch (error) {
    fail(error);
  } finally {
    app.set({ busy: '' });
  }
}

export function fail(error: unknown): void {
  app.set({ error: messageOf(error) });
}

export function messageOf(error: unknown): Message {
  if (error instanceof ToldError) return error.told;
  if (error instanceof HarvestError) return { text: error.message, remedy: error.remedy, code: error.code };
  const text = errorMessage(error);
  return { text: `The page could not do that: ${text}` };
}
