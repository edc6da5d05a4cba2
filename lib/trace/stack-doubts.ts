import { formatCount, type StackId } from '../base/units.js';
import { callerOf } from './stack-trie.js';
import { FrameFlag } from './tables.js';
import type { Trace } from './trace.js';

/** A function at which unwinding began to guess. */
export interface GuessedAt {
  /** Its address as text where the name is not known. */
  readonly functionName: string;
  /** Events with a backtrace through it that is guessed from there on. */
  readonly events: number;
}

/** How far the backtraces of a trace can be trusted. */
export interface StackDoubts {
  /** Events with a backtrace. */
  readonly events: number;
  /** Events whose backtrace does not reach the outermost call: its path hangs under `[...]`. */
  readonly cutEvents: number;
  /** Of these, the events without a single caller. */
  readonly bareEvents: number;
  /** Events whose backtrace holds frames that were found without call frame information, or that no call leads to. */
  readonly guessedEvents: number;
  /** The distinct frames among these. */
  readonly guessedFrames: number;
  /** Where guessing began, most events first; at most 5. */
  readonly guessedAt: readonly GuessedAt[];
}

const SHOWN = 5;

const known = new WeakMap<Trace, { readonly doubts: StackDoubts | undefined }>();

/** Counts what is not sure of the backtraces, once for a trace; undefined when all of them are whole and exact. */
export function stackDoubts(trace: Trace): StackDoubts | undefined {
  let found = known.get(trace);
  if (!found) {
    const counted = StackEvents.forTrace(trace);
    counted?.add(trace.events.stack);
    found = { doubts: counted && countDoubts(trace, counted.ofStack) };
    known.set(trace, found);
  }
  return found.doubts;
}

/** How many events each stack has: what the doubts are counted from, where the events come bit by bit. */
export class StackEvents {
  readonly ofStack: Float64Array;

  private constructor(private readonly trace: Trace) {
    this.ofStack = new Float64Array(trace.stacks.count);
  }

  /** Undefined for a trace without a doubtful frame: its events need not be counted. */
  static forTrace(trace: Trace): StackEvents | undefined {
    const isDoubted = trace.frames.flags.some((flags) => (flags & (FrameFlag.cut | FrameFlag.guessed)) !== 0);
    return isDoubted ? new StackEvents(trace) : undefined;
  }

  add(stacks: Int32Array): void {
    const { ofStack } = this;
    for (let i = 0; i < stacks.length; i++) {
      const stack = stacks[i] as number;
      if (stack >= 0 && stack < ofStack.length) ofStack[stack] = (ofStack[stack] as number) + 1;
    }
  }

  /** All events were counted: {@link stackDoubts} of the trace, which holds none, answers from here on by these. */
  remember(): void {
    known.set(this.trace, { doubts: countDoubts(this.trace, this.ofStack) });
  }
}

function countDoubts(trace: Trace, eventsOf: Float64Array): StackDoubts | undefined {
  const { frames, stacks } = trace;
  const flagsOf = (stack: StackId) => frames.flags[stacks.frame[stack] ?? -1] ?? 0;
  const cut = new Uint8Array(stacks.count);
  /** By stack: the innermost guessed frame, -1 for none. */
  const guess = new Int32Array(stacks.count).fill(-1);
  for (let stack = 0; stack < stacks.count; stack++) {
    const caller = callerOf(stacks, stack);
    const flags = flagsOf(stack);
    cut[stack] = flags & FrameFlag.cut ? 1 : (cut[caller] ?? 0);
    guess[stack] = flags & FrameFlag.guessed ? (stacks.frame[stack] ?? -1) : (guess[caller] ?? -1);
  }
  let withStack = 0;
  let cutEvents = 0;
  let bareEvents = 0;
  const at = new Map<number, number>();
  for (let stack = 0; stack < stacks.count; stack++) {
    const events = eventsOf[stack] ?? 0;
    if (events === 0) continue;
    withStack += events;
    if (cut[stack]) cutEvents += events;
    if (flagsOf(stack) & FrameFlag.cut) bareEvents += events;
    const frame = guess[stack] ?? -1;
    if (frame >= 0) at.set(frame, (at.get(frame) ?? 0) + events);
  }
  if (cutEvents === 0 && at.size === 0) return undefined;
  const guessedEvents = [...at.values()].reduce((sum, count) => sum + count, 0);
  const guessedFrames = frames.flags.filter((flags) => (flags & FrameFlag.guessed) !== 0).length;
  return { events: withStack, cutEvents, bareEvents, guessedEvents, guessedFrames, guessedAt: byFunction(trace, at) };
}

function byFunction({ frames, strings }: Trace, at: ReadonlyMap<number, number>): GuessedAt[] {
  const sums = new Map<string, number>();
  for (const [frame, count] of at) {
    const name = strings[frames.functionName[frame] ?? -1] || `0x${(frames.address[frame] ?? 0).toString(16)}`;
    sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return [...sums]
    .map(([functionName, events]) => ({ functionName, events }))
    .sort((a, b) => b.events - a.events || (a.functionName < b.functionName ? -1 : 1))
    .slice(0, SHOWN);
}

/** A sentence each for backtraces that are cut and that are guessed; empty when all are whole and exact. Names are as the trace has them. */
export function stackDoubtTexts(stacks: StackDoubts | undefined): string[] {
  if (!stacks) return [];
  const { events, cutEvents, bareEvents, guessedEvents, guessedFrames, guessedAt } = stacks;
  const texts: string[] = [];
  if (cutEvents > 0) {
    const bare = bareEvents > 0 ? `, ${formatCount(bareEvents)} of them at the allocation itself` : '';
    texts.push(
      `backtraces: ${formatCount(cutEvents)} of ${formatCount(events)} do not reach the outermost call${bare}: [...] stands for the rest`,
    );
  }
  if (guessedEvents > 0) {
    const at = guessedAt.map(({ functionName }) => functionName).join(', ');
    texts.push(
      `backtraces: ${formatCount(guessedEvents)} of ${formatCount(events)} are guessed in part (${formatCount(guessedFrames)} frames; no unwind information, or no call before the return address), from ${at} on outwards`,
    );
  }
  return texts;
}
