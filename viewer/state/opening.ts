import { createSymbolizer, ExitCode, type GapTimeline, HarvestError, type Trace } from '../../lib/public/browser.js';
import { type LoadedTrace, prepareTrace, withNames } from '../model/loaded-trace.js';
import { withMarks } from '../model/marks.js';
import { namedTrace } from '../model/named-trace.js';
import { readTrace } from '../model/read-trace.js';
import { setMarks } from './actions.js';
import { type AppState, app, INITIAL } from './app-state.js';
import { asFits } from './as-fits.js';
import { busyWith, fail } from './busy.js';
import { gapsBeside, WorkerDesk } from './desk.js';
import { parseHash } from './permalink.js';
import { Turns } from './turns.js';

/** Files beyond this would not fit into the page's memory. */
const MAX_FILE_BYTES = 1024 * 1024 * 1024;
/** Larger ones are read in a worker: the page would stand still. */
const LONG_BYTES = 1024 * 1024;

/** The open trace, and the one that it is compared with. */
const openings = new Turns();
const comparisons = new Turns();

/** What a worker is still reading is called off. */
function begin(turns: Turns): () => boolean {
  const isLast = turns.begin();
  app.get().opening?.cancel();
  return isLast;
}

/** Opens a trace; an error leaves what was open before. Whether it is shown: it may have been called off, or another one opened meanwhile. */
export async function openBytes(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<boolean> {
  const shown = await busyWith(`Reading ${name}`, () =>
    isLong(bytes) ? openBeside(new Blob([bytes]), name) : openHere(bytes, name),
  );
  return shown === true;
}

async function openHere(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<boolean> {
  const isLast = begin(openings);
  const { trace, format } = await readTrace(bytes, name, (share) => {
    if (isLast()) app.set({ busy: `Reading ${name}: ${Math.round(share * 100)} %` });
  });
  return isLast() && openTrace(trace, name, format);
}

/** A worker reads the trace and keeps it; until it is there the page stays as it was, and the user may call it off. */
async function openBeside(file: Blob, name: string): Promise<boolean> {
  const isLast = begin(openings);
  const loaded = await loadBeside(file, name, hideOf());
  if (!loaded) return false;
  if (!isLast()) {
    loaded.desk?.close();
    return false;
  }
  const { elf } = app.get();
  show(loaded);
  if (elf) app.set({ loaded: named(loaded, elf.symbolizer) });
  return true;
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

export async function openTrace(trace: Trace, name: string, format: string): Promise<boolean> {
  const isLast = begin(openings);
  const { elf } = app.get();
  const hide = hideOf();
  app.set({ hide, busy: `Drawing ${name}` });
  const loaded = await prepareTrace(trace, { name, format, hide });
  if (!isLast()) return false;
  show(loaded);
  if (elf) app.set({ loaded: named(loaded, elf.symbolizer) });
  if (loaded.order) void followGaps(trace);
  return true;
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
  closeOther();
  const asked = before.loaded ? { tab, figure, unit, inverted } : parseHash(location.hash);
  const { userMarks = [], ...view } = asFits(loaded, asked);
  app.set({ ...first, ...view });
  if (userMarks.length > 0) setMarks(userMarks);
}

export async function openFile(file: File): Promise<void> {
  if (await openAnyFile(file)) app.set({ file });
}

async function openAnyFile(file: File): Promise<boolean> {
  const isLarge = file.size > LONG_BYTES && file.size <= MAX_FILE_BYTES;
  const shown = isLarge
    ? await busyWith(`Reading ${file.name}`, () => openBeside(file, file.name))
    : await withBytes(file, (bytes) => openBytes(bytes, file.name));
  return shown === true;
}

/** Opens the trace that the open one is compared with. */
export async function openOther(file: File): Promise<void> {
  await withBytes(file, (bytes) =>
    busyWith(`Reading ${file.name}`, async () => {
      const { hide } = app.get();
      const isLast = begin(comparisons);
      const other = isLong(bytes)
        ? await loadBeside(file, file.name, hide)
        : await prepareTrace((await readTrace(bytes, file.name)).trace, { name: file.name, format: '', hide });
      if (!other) return;
      if (!isLast()) {
        other.desk?.close();
        return;
      }
      closeOther();
      app.set({ other, tab: 'diff' });
    }),
  );
}

/** Lets go of the trace that the open one is compared with, and of the worker that holds it. */
export function closeOther(): void {
  app.get().other?.desk?.close();
  app.set({ other: undefined });
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

async function withBytes<T>(file: File, act: (bytes: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T | undefined> {
  // At once, not when the bytes have come: whoever looks at the page must see that it is at work.
  return busyWith(`Reading ${file.name}`, async () => {
    if (file.size <= MAX_FILE_BYTES) return act(new Uint8Array(await file.arrayBuffer()));
    const found = `${file.name}: found ${file.size} bytes, expected at most ${MAX_FILE_BYTES}`;
    throw new HarvestError('HH1923', ExitCode.usage, found);
  });
}
