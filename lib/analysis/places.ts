import { type FrameId, formatAddress } from '../base/units.js';
import { FrameFlag } from '../trace/tables.js';
import type { Trace } from '../trace/trace.js';

/** A source line in a function: what frames with different addresses have in common. */
export interface Place {
  /** `file:line`; the address where neither is known. */
  readonly location: string;
  /** `??` when unknown; `<signal handler called>` where an exception was taken. */
  readonly functionName: string;
  /** Empty when unknown. */
  readonly file: string;
  /** 0 when unknown. */
  readonly line: number;
}

/** Stands for stacks without a frame that can be shown. */
export const NO_PLACE: Place = { location: '(no backtrace)', functionName: '', file: '', line: 0 };

/** Stands for the callers that a cut backtrace lacks. */
const CUT_PLACE: Place = { location: '[...]', functionName: '(cut)', file: '', line: 0 };

/** gdb's words for the frame that an exception made. */
const SIGNAL_NAME = '<signal handler called>';

/** The distinct places of a trace's frames. */
export interface Places {
  readonly ofFrame: Int32Array;
  readonly list: readonly Place[];
}

const known = new WeakMap<Trace, Places>();

/** Found once for a trace. */
export function placesOf(trace: Trace): Places {
  const before = known.get(trace);
  if (before) return before;
  const { frames } = trace;
  const ofFrame = new Int32Array(frames.count);
  const list: Place[] = [];
  const ids = new Map<string, number>();
  for (let frame = 0; frame < frames.count; frame++) {
    const file = frames.file[frame] ?? -1;
    const line = frames.line[frame] ?? 0;
    const at = placeOf(trace, frame);
    const key = `${frames.functionName[frame]}:${at.file === '' ? at.location : `${file}:${line}`}`;
    let id = ids.get(key);
    if (id === undefined) {
      id = list.length;
      ids.set(key, id);
      list.push(at);
    }
    ofFrame[frame] = id;
  }
  const places = { ofFrame, list };
  known.set(trace, places);
  return places;
}

/** The place of one frame; {@link NO_PLACE} for -1. */
export function placeOf(trace: Trace, frame: FrameId): Place {
  const { frames, strings } = trace;
  if (frame < 0 || frame >= frames.count) return NO_PLACE;
  if ((frames.flags[frame] ?? 0) & FrameFlag.cut) return CUT_PLACE;
  const file = strings[frames.file[frame] ?? -1] ?? '';
  const line = frames.line[frame] ?? 0;
  const location = file === '' ? formatAddress(frames.address[frame] ?? 0) : `${file}:${line}`;
  const isSignal = ((frames.flags[frame] ?? 0) & FrameFlag.signal) !== 0;
  const unknown = isSignal ? SIGNAL_NAME : '??';
  return { location, functionName: strings[frames.functionName[frame] ?? -1] || unknown, file, line };
}

/** Orders texts by their UTF-16 code units: the same everywhere, unlike `localeCompare`. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
