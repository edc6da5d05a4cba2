import { type GapTimeline, gapTimeline, lifespanParts, type Trace } from '../../lib/public/browser.js';
import type { DeskReply, DeskRequest } from '../model/desk-messages.js';
import { isRestOfUse } from '../model/free-bytes.js';
import { buffersOf, handOver, letGo, mayShare } from '../model/hand-over.js';
import { type JobName, type Jobs, WORK } from '../model/jobs.js';
import { type LoadedTrace, prepareTrace, received, withHidden, withNames } from '../model/loaded-trace.js';
import { readTrace } from '../model/read-trace.js';
import { lookThrough } from '../model/sources.js';
import { messageOf } from './message-of.js';

/** How many of the deepest cuts are kept. */
const CUTS = 50;
/** Reading takes about this share of the time until a trace is open. */
const READING_SHARE = 0.5;

/** What is open is drawn, and asks for what it shows, within this time. */
const FIRST_ASKED_MS = 250;

let held: LoadedTrace | undefined;

/** What the page's own script does when it runs as a worker: it reads a trace, keeps it, and answers what the panels ask. */
export function serve(): void {
  self.onmessage = ({ data }: MessageEvent<DeskRequest>) => {
    handle(data).catch((error: unknown) => {
      tell({ kind: 'failed', name: data.kind === 'job' ? data.name : undefined, message: messageOf(error) });
    });
  };
}

async function handle(request: DeskRequest): Promise<void> {
  switch (request.kind) {
    case 'open':
      await open(request);
      break;
    case 'job':
      answer(request.name, request.args, request.room);
      break;
    case 'names': {
      if (!held) return;
      const { stack, ...names } = request.names;
      const trace = { ...held.original, ...names, events: { ...held.original.events, stack } };
      held = withNames(held, trace, request.hide);
      break;
    }
    case 'hide':
      if (held) held = withHidden(held, request.hide);
      break;
    case 'marks':
      if (held) held = { ...held, trace: { ...held.trace, marks: request.marks } };
      break;
    case 'gaps':
      tell({ kind: 'gaps', gaps: followGaps(request.trace) });
      break;
  }
}

type OpenRequest = Extract<DeskRequest, { kind: 'open' }>;

async function open(request: OpenRequest): Promise<void> {
  const loaded = await read(request);
  if (loaded.gapsState === 'none') return;
  // The page asks for the rows of its table first; the curve takes much longer than those.
  await new Promise((resolve) => setTimeout(resolve, FIRST_ASKED_MS));
  const gaps = followGaps(loaded.original);
  if (held) held = { ...held, gaps: tellGaps(gaps && withoutRest(loaded, gaps)), gapsState: gaps ? 'ready' : 'failed' };
}

/** Without the free bytes where the page can tell them from what is in use, which it has. */
function withoutRest(loaded: LoadedTrace, gaps: GapTimeline): GapTimeline {
  if (!isRestOfUse(loaded, gaps)) return gaps;
  letGo(gaps.freeBytes);
  return { ...gaps, freeBytes: new Uint32Array(0) };
}

/** A function of its own: what it needed meanwhile would stay in memory as long as it waits. Returns what the worker keeps. */
async function read({ file, name, hide }: OpenRequest): Promise<LoadedTrace> {
  const progress = (doing: string, share: number) => tell({ kind: 'progress', doing, share });
  const { trace: whole, format } = await readTrace(file, name, (share) => progress('Reading', share * READING_SHARE));
  const trace = { ...whole, rawSamples: [] };
  const prepared = await prepareTrace(trace, {
    ...{ name, format, hide },
    progress: (share) => progress('Preparing', READING_SHARE + share * (1 - READING_SHARE)),
  });
  const { usage, order, index, spans, trace: _, original: __, ...rest } = prepared;
  const own = { ...rest, trace, spans: lifespanParts(spans) };
  const both = handOver(own);
  // The curve of the use and the map are for the page alone: given away.
  const given = [usage, ...(order ? [order] : []), ...(index ? [index] : [])].flatMap(buffersOf);
  const alone = { usage: { liveBytes: new Uint32Array(0) }, order: undefined, index: undefined };
  // What was made by lifespan for the map is let go of.
  const kept = mayShare() ? both.value : own;
  if (mayShare()) letGo(own);
  // Not that of `prepared`, which would keep the trace that was read beside the shared one.
  const loaded = { ...received(kept, lookThrough(kept.trace, hide)), ...alone };
  tell({ kind: 'opened', loaded: { ...both.value, usage, order, index } }, [...both.buffers, ...given]);
  held = loaded;
  return loaded;
}

/** Returns what of the curves the worker needs itself: no panel asks it for the free bytes. */
function tellGaps(gaps: GapTimeline | undefined): GapTimeline | undefined {
  if (!gaps) {
    tell({ kind: 'gaps', gaps });
    return undefined;
  }
  const { freeBytes, ...rest } = gaps;
  const { value, buffers } = handOver(rest);
  tell({ kind: 'gaps', gaps: { ...value, freeBytes } }, [...buffers, ...buffersOf({ freeBytes })]);
  return { ...(mayShare() ? value : rest), freeBytes: new Uint32Array(0) };
}

function answer<K extends JobName>(name: K, args: Jobs[K]['args'], room: ArrayBuffer | undefined): void {
  if (!held) throw new Error('no trace is open');
  const result = WORK[name](held, args, room);
  tell({ kind: 'done', name, result }, name === 'rows' ? buffersOf(result as object) : []);
}

/** Undefined when the tables for it do not fit into memory. */
export function followGaps(trace: Trace): GapTimeline | undefined {
  try {
    return gapTimeline(trace, CUTS);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function tell(reply: DeskReply, transfer: ArrayBuffer[] = []): void {
  self.postMessage(reply, { transfer });
}
