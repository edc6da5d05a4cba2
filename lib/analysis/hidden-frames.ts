import type { FrameId, StackId } from '../base/units.js';
import { callerOf } from '../trace/stack-trie.js';
import { FrameFlag } from '../trace/tables.js';
import type { Trace } from '../trace/trace.js';
import { isAllocatorFile, isAllocatorFunction } from './allocator-frames.js';
import { type LookedThrough, lookThrough } from './look-through.js';

/** Which frames reports leave out; by default the allocator's own and its recognised wrappers. */
export interface HideOptions {
  /** Frames whose function name or source path begins with one of these are hidden as well. */
  readonly hide?: readonly string[];
  /** Shows the allocator's own frames; default false. */
  readonly showAllocator?: boolean;
  /**
   * Hides the application's own wrappers of the allocator (`xmalloc`, `sqlite3MemMalloc`) where nearly all bytes pass through one.
   * Default: true for trees, statistics and leaks, which say so; false for what is compared between traces (paths, budgets).
   */
  readonly lookThrough?: boolean;
}

/** What reports leave out of stacks, and what they say about it. */
export interface HiddenFrames {
  /** By frame id: 1 for the frames that reports leave out. */
  readonly hidden: Uint8Array;
  /** The wrappers that were recognised, in the order in which they were; empty when none was or nobody asked. */
  readonly lookedThrough: readonly LookedThrough[];
  /** The same as sentences, for a result's assumptions. */
  readonly assumptions: readonly string[];
}

/** The frames to leave out, with the recognised wrappers of the allocator unless `lookThrough` is false. */
export function framesToHide(trace: Trace, options: HideOptions = {}): HiddenFrames {
  const hidden = ownFrames(trace, options);
  // Who wants to see the allocator wants to see what wraps it.
  const search = (options.lookThrough ?? true) && !options.showAllocator;
  const lookedThrough = search ? lookThrough(trace, hidden) : [];
  const assumptions = lookedThrough.map(
    ({ functions, share }) =>
      `${Math.floor(share * 100)} % of the bytes pass through ${functions.join(' > ')}: looking through it (options.lookThrough=false shows it)`,
  );
  return { hidden, lookedThrough, assumptions };
}

/** By frame id: 1 for the frames that reports leave out; wrappers only when `lookThrough` is true. */
export function hiddenFrames(trace: Trace, options: HideOptions = {}): Uint8Array {
  return framesToHide(trace, { ...options, lookThrough: options.lookThrough ?? false }).hidden;
}

function ownFrames(trace: Trace, options: HideOptions): Uint8Array {
  const { frames, strings } = trace;
  const prefixes = options.hide ?? [];
  const byPrefix = (text: string) => text !== '' && prefixes.some((prefix) => text.startsWith(prefix));
  const showAllocator = options.showAllocator ?? false;
  // By string id: 0 not looked at yet, 1 shown, 2 hidden. Few strings are files and names both.
  const [files, names] = [new Uint8Array(strings.length), new Uint8Array(strings.length)];
  const hiddenFile = (id: number): boolean => {
    if (files[id] === 0) {
      const path = (strings[id] ?? '').replaceAll('\\', '/');
      files[id] = (!showAllocator && isAllocatorFile(path)) || byPrefix(path) ? 2 : 1;
    }
    return files[id] === 2;
  };
  const hiddenName = (id: number): boolean => {
    if (names[id] === 0) {
      const name = strings[id] ?? '';
      names[id] = (!showAllocator && isAllocatorFunction(name)) || byPrefix(name) ? 2 : 1;
    }
    return names[id] === 2;
  };
  const hidden = new Uint8Array(frames.count);
  for (let id = 0; id < frames.count; id++) {
    // A script may call its functions as it likes.
    if (((frames.flags[id] ?? 0) & FrameFlag.script) !== 0) {
      const texts = [frames.file[id], frames.functionName[id]].map((text) => strings[text ?? -1] ?? '');
      if (texts.some(byPrefix)) hidden[id] = 1;
    } else if (hiddenFile(frames.file[id] ?? -1) || hiddenName(frames.functionName[id] ?? -1)) hidden[id] = 1;
  }
  return hidden;
}

/**
 * By stack id: the innermost frame that is not hidden (the allocation's *source*). Where all are hidden, the outermost of them
 * stands for the stack: hiding frames never hides bytes. -1 only for damaged tables.
 */
export function sourceFrames(trace: Trace, hidden: Uint8Array): Int32Array {
  const { frame, count } = trace.stacks;
  const source = new Int32Array(count).fill(-1);
  for (let stack: StackId = 0; stack < count; stack++) {
    const id: FrameId = frame[stack] ?? -1;
    const caller = source[callerOf(trace.stacks, stack)] ?? -1;
    const shown = id >= 0 && id < hidden.length && hidden[id] === 0;
    source[stack] = shown || caller < 0 ? id : caller;
  }
  return source;
}
