import {
  type CallTree,
  callTree,
  type EventRange,
  errorMessage,
  type HeapStats,
  type Holder,
  heapLeaks,
  heapMap,
  heapStats,
  holdersOf,
  type Leaks,
  type Place,
  partingWalls,
  type Room,
  roomFor,
  stackSources,
  traceWindow,
  type VerdictPart,
  verdictParts,
  verdictsBy,
  type Wall,
} from '../../lib/public/browser.js';
import { inArea } from './area.js';
import { type FoundRows, findRows, type RowsAsked } from './find-rows.js';
import { keepLast } from './keep-last.js';
import type { LoadedTrace } from './loaded-trace.js';

/** What a panel asks about a trace: plain data, so that it can be sent to a worker. */
export interface Jobs {
  readonly leaks: {
    readonly args: {
      readonly hide: readonly string[];
      readonly range: EventRange | undefined;
      readonly from: string;
      readonly to: string;
    };
    /** A text says why there is none. */
    readonly result: Leaks | string;
  };
  readonly stats: {
    readonly args: { readonly hide: readonly string[]; readonly range: EventRange | undefined };
    readonly result: HeapStats;
  };
  readonly tree: {
    /** `atSeq` below 0: at no event. */
    readonly args: {
      readonly hide: readonly string[];
      readonly range: EventRange | undefined;
      readonly invert: boolean;
      readonly atSeq: number;
    };
    readonly result: CallTree;
  };
  readonly fragmentation: {
    readonly args: { readonly hide: readonly string[]; readonly atSeq: number; readonly top: number };
    readonly result: FragmentationAt;
  };
  readonly verdicts: {
    readonly args: { readonly atSeq: number };
    readonly result: readonly VerdictLine[];
  };
  readonly room: {
    readonly args: { readonly atSeq: number; readonly bytes: number };
    readonly result: Room | undefined;
  };
  readonly rows: { readonly args: RowsAsked; readonly result: FoundRows };
}

export type JobName = keyof Jobs;

/** What keeps free memory in pieces right after an event. */
export interface FragmentationAt {
  readonly atSeq: number;
  readonly largestFreeBytes: number;
  readonly outsideCount: number;
  readonly walls: readonly Wall[];
  readonly holders: readonly Holder[];
}

/** What a memory is like right after an event, as a sentence in parts. */
export interface VerdictLine {
  readonly regionName: string;
  readonly parts: readonly VerdictPart[];
  /** The source whose blocks part the free space most. */
  readonly inTheWay: Place | undefined;
}

/** `room`: for the rows of the answer, where they fit there. */
type Work = {
  readonly [K in JobName]: (loaded: LoadedTrace, args: Jobs[K]['args'], room?: ArrayBuffer) => Jobs[K]['result'];
};

/** They are the same at every event, and the verdict is asked for with each step of the slider. */
const sourcesBy = keepLast(stackSources);

/** The same in the page and in a worker. */
export const WORK: Work = {
  leaks: ({ trace }, { hide, range, from, to }) => {
    const window = { ...(from === '' ? {} : { from }), ...(to === '' ? {} : { to }) };
    try {
      return heapLeaks(trace, { hide, ...(range ? { range } : window) });
    } catch (error) {
      return errorMessage(error);
    }
  },
  stats: ({ trace }, { hide, range }) => heapStats(range ? traceWindow(trace, { range }) : trace, { hide }),
  tree: ({ trace }, { hide, range, invert, atSeq }) => {
    if (atSeq >= 0) return callTree(trace, { invert, hide, atSeq });
    return callTree(range ? traceWindow(trace, { range }) : trace, { invert, hide });
  },
  fragmentation: ({ trace }, { hide, atSeq, top }) => {
    const map = heapMap(trace, atSeq);
    return {
      ...{ atSeq: map.atSeq, largestFreeBytes: map.largestFreeBytes, outsideCount: map.outsideCount },
      walls: partingWalls(trace, map, top),
      holders: holdersOf(trace, map, { hide, limit: 10 }),
    };
  },
  verdicts: ({ trace, sources }, { atSeq }) => {
    const verdicts = verdictsBy(trace, heapMap(trace, atSeq), sourcesBy(trace, sources.hidden));
    const parts = verdictParts(verdicts);
    return verdicts.map(({ name, inTheWay }, i) => ({ regionName: name, parts: parts[i] ?? [], inTheWay }));
  },
  room: ({ trace }, { atSeq, bytes }) => (bytes > 0 ? roomFor(trace, heapMap(trace, atSeq), bytes) : undefined),
  rows: (loaded, args, room) => findRows(inArea(loaded, args.area), args, room),
};
