import type { Bytes, FrameId, StackId } from '../base/units.js';
import { EventKind, type Trace } from '../trace/trace.js';
import { sourceName } from './allocator-frames.js';

/** A wrapper of the allocator that nearly all bytes of a trace pass through. */
export interface LookedThrough {
  /** Its functions, outermost first: `sqlite3Malloc`, `mallocWithAlarm`, `sqlite3MemMalloc`. */
  readonly functions: readonly string[];
  /** The share of all allocated bytes that passes through, from 0 to 1. */
  readonly share: number;
}

/** "Nearly all": below this an innermost function is taken for what it says it is, the place that allocates. */
const MIN_SHARE = 0.8;
/** Fewer different callers do not make a wrapper: one function that allocates most is what people look for. */
const MIN_CALLERS = 4;
/** The callers must share the bytes, too: not more than this for the largest. */
const MAX_CALLER_SHARE = 0.9;
/** A wrapper over a wrapper is looked through as well, up to this many; a chain of functions with one caller each counts as one. */
const MAX_ROUNDS = 4;
const MAX_CHAIN = 8;

/**
 * Finds the application's own wrappers of the allocator and marks their frames in `hidden`. A wrapper is a function (or a short
 * chain of functions that call each other only) which stands innermost of what is shown for nearly all bytes, and has many callers
 * that share them. Looks at stacks, not at events, but for one pass that adds up the bytes of each stack.
 */
export function lookThrough(trace: Trace, hidden: Uint8Array): LookedThrough[] {
  if (trace.stacks.count < MIN_CALLERS) return [];
  const { bytes, total } = stackBytes(trace);
  const found: LookedThrough[] = [];
  for (let round = 0; round < MAX_ROUNDS && total > 0; round++) {
    const wrapper = findWrapper(trace, hidden, { bytes, total });
    if (!wrapper) break;
    found.push({ functions: wrapper.functions.map((id) => nameOf(trace, id)).reverse(), share: wrapper.share });
    hideFunctions(trace, hidden, new Set(wrapper.functions));
  }
  return found;
}

const known = new WeakMap<Trace, StackBytes>();

/** The bytes of a trace that holds no events, as they were summed while it was read: {@link lookThrough} goes by them. */
export function rememberStackBytes(trace: Trace, bytes: StackBytes): void {
  known.set(trace, bytes);
}

export interface StackBytes {
  /** By stack: the bytes of all allocations made there. */
  readonly bytes: Float64Array;
  readonly total: Bytes;
}

function stackBytes(trace: Trace): StackBytes {
  const before = known.get(trace);
  if (before) return before;
  const { kind, stack, sizeBytes } = trace.events;
  const bytes = new Float64Array(trace.stacks.count);
  let total = 0;
  for (let seq = 0; seq < trace.eventCount; seq++) {
    if (kind[seq] !== EventKind.alloc && kind[seq] !== EventKind.realloc) continue;
    const size = sizeBytes[seq] ?? 0;
    total += size;
    const at = stack[seq] ?? -1;
    if (at >= 0 && at < bytes.length) bytes[at] = (bytes[at] ?? 0) + size;
  }
  const sums = { bytes, total };
  known.set(trace, sums);
  return sums;
}

/** A function is told by the id of its name in the trace's strings; functions without a name are no candidates. */
type FunctionId = number;

interface Wrapper {
  /** Innermost first. */
  readonly functions: readonly FunctionId[];
  readonly share: number;
}

function findWrapper(trace: Trace, hidden: Uint8Array, { bytes, total }: StackBytes): Wrapper | undefined {
  const heavy = innermost(trace, hidden, bytes);
  let [top, most] = largest(heavy.byFunction);
  if (top < 0 || most < MIN_SHARE * total) return undefined;
  const share = most / total;
  const functions: FunctionId[] = [];
  let stacks = heavy.stacks.filter(({ at }) => functionAt(trace, at) === top);
  while (functions.length < MAX_CHAIN) {
    functions.push(top);
    stacks = stacks.map(({ at, weight }) => ({ at: outward(trace, hidden, at, functions), weight }));
    const callers = new Map<FunctionId, Bytes>();
    for (const { at, weight } of stacks) add(callers, functionAt(trace, at), weight);
    callers.delete(-1);
    [top, most] = largest(callers);
    if (callers.size >= MIN_CALLERS && most < MAX_CALLER_SHARE * share * total) return { functions, share };
    // A chain of wrappers: nearly all of it has one caller, which has many.
    if (top < 0 || most < MAX_CALLER_SHARE * share * total) return undefined;
    stacks = stacks.filter(({ at }) => functionAt(trace, at) === top);
  }
  return undefined;
}

interface WeighedStack {
  readonly at: StackId;
  readonly weight: Bytes;
}

/** The stacks that allocated, each at its innermost shown frame, and their bytes by function. */
function innermost(trace: Trace, hidden: Uint8Array, bytes: Float64Array) {
  const stacks: WeighedStack[] = [];
  const byFunction = new Map<FunctionId, Bytes>();
  for (let stack = 0; stack < bytes.length; stack++) {
    const weight = bytes[stack] ?? 0;
    if (weight === 0) continue;
    const at = outward(trace, hidden, stack, []);
    if (at < 0) continue;
    stacks.push({ at, weight });
    add(byFunction, functionAt(trace, at), weight);
  }
  byFunction.delete(-1);
  return { stacks, byFunction };
}

/** From a stack outwards to the first frame that is shown and is none of these functions; -1 past the end. */
function outward(trace: Trace, hidden: Uint8Array, from: StackId, functions: readonly FunctionId[]): StackId {
  const { parent, frame } = trace.stacks;
  let at = from;
  while (at >= 0 && (hidden[frame[at] ?? -1] === 1 || functions.includes(functionAt(trace, at)))) {
    const up = parent[at] ?? -1;
    at = up < at ? up : -1;
  }
  return at;
}

function functionAt(trace: Trace, at: StackId): FunctionId {
  const frame: FrameId = trace.stacks.frame[at] ?? -1;
  const id = trace.frames.functionName[frame] ?? -1;
  return trace.strings[id] ? id : -1;
}

function hideFunctions(trace: Trace, hidden: Uint8Array, functions: ReadonlySet<FunctionId>): void {
  const { functionName, count } = trace.frames;
  for (let id = 0; id < count; id++) if (functions.has(functionName[id] ?? -1)) hidden[id] = 1;
}

function nameOf(trace: Trace, id: FunctionId): string {
  return sourceName(trace.strings[id] ?? '');
}

function add(sums: Map<number, number>, key: number, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

function largest(sums: ReadonlyMap<number, number>): [key: number, value: number] {
  let best: [number, number] = [-1, 0];
  for (const [key, value] of sums) if (value > best[1]) best = [key, value];
  return best;
}
