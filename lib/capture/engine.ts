import type { WalkerName } from '../allocators/allocator-schema.js';
import type { GcVariables } from '../allocators/gc-area.js';
import type { HeapPlaces } from '../allocators/heap-walk.js';
import type { Address, Bytes, Milliseconds, Seq } from '../base/units.js';
import type { MemoryArea } from '../boards/board.js';
import type { Target } from '../link/server/target.js';
import type { Symbolizer } from '../symbols/symbolizer.js';
import type { HeapRegion, TraceRecord } from '../trace/heap-event.js';
import type { TargetClock } from './clock/parse-clock.js';
import type { CallHook } from './malloc/call-hook.js';
import type { GraphRequests } from './objects/graph-requests.js';

/** A function, variable or source line as an address. */
export interface CodePoint {
  /** How people know it: `pyexec_friendly_repl`, `main.c:51`. */
  readonly label: string;
  /** Thumb bit cleared. */
  readonly address: Address;
}

/** Break on the log function of a LOG_HEAP_ACTIVITY build. */
export interface LogHook {
  readonly type: 'gc-log';
  readonly logFunction: CodePoint;
  /** Breaking here tells a new epoch; absent when the ELF has no such function out of line or comparators are short. */
  readonly gcInit?: CodePoint;
  /** Where requests end that the heap refused, the size in the first argument; absent as `gcInit` is. */
  readonly refusal?: CodePoint;
  /** Where the firmware begins anew, and its heap with it; watched where `gcInit` is absent and comparators are left. */
  readonly resetHandler?: CodePoint;
  /** Absent without debug information: addresses then count from 0 and the oracle is unavailable. */
  readonly variables?: GcVariables;
  readonly blockBytes: Bytes;
}

/** All that a log hook breaks on, the log function first. */
export function hookedPoints({ logFunction, gcInit, refusal, resetHandler }: LogHook): CodePoint[] {
  return [logFunction, gcInit, refusal, resetHandler].filter((point) => point !== undefined);
}

/** Break on an allocator's entry points and returns (docs/malloc-hooks.md). */
export interface MallocHook {
  readonly type: 'malloc';
  /** The allocator profile's name, for messages. */
  readonly profile: string;
  /** The functions to break on. Never empty. */
  readonly calls: readonly CallHook[];
  /** How many breakpoints may be set at once. */
  readonly breakpointLimit: number;
  /** Whether realloc(p, 0) frees p. */
  readonly reallocZeroFrees: boolean;
  readonly unitBytes: Bytes;
  /** The variable that points to the running task; absent for firmwares without tasks. */
  readonly taskVariable?: CodePoint;
  /** Where the heap lies; absent when the ELF file does not tell. */
  readonly region?: HeapRegion;
  /** The size of a block where the heap has blocks of one size: events then say what they occupy, and what was asked for beside it. */
  readonly blockBytes?: Bytes;
  /**
   * Where not everything that changes a block heap can be broken on: at stops outside of calls its allocation table is read, and what
   * has changed since is told, without a backtrace.
   */
  readonly readsTables: boolean;
  /** What the capture cannot see, for people: it is never complete then. Empty nearly always. */
  readonly unseen: readonly string[];
  /** Entries that give their breakpoint to the return of an open call; empty where there are enough for both. */
  readonly yielding: readonly Address[];
  /** How the allocator's own structures are read; absent when the profile does not say. */
  readonly heap?: { readonly walker: WalkerName; readonly places: HeapPlaces };
  /** Read the largest free block around each event. */
  readonly captureLargest: boolean;
}

/** What to capture and when to stop; engines add nothing to it. */
export interface HarvestPlan {
  /** The firmware that the addresses are of, opened once for the whole capture. */
  readonly firmware: Symbolizer;
  readonly hook: LogHook | MallocHook;
  /** The capture ends, with the target halted, when any of these is reached. May be empty. */
  readonly stops: readonly CodePoint[];
  /** Also ends when the console shows this text at its end; absent: the console is not watched. */
  readonly prompt?: string;
  /** Also ends when the console shows this text anywhere: the firmware waits for a key before its prompt. */
  readonly waitText?: string;
  /** Ends after so many events; absent: unbounded. */
  readonly maxEvents?: number;
  /** Ends, as incomplete, after so long; absent: unbounded. */
  readonly timeoutMs?: Milliseconds;
  /** The target was running before, without a reset: what is alive is read when the capture begins. */
  readonly attached?: boolean;
  /** The counter that tells when events happened; absent: the host's clock does. */
  readonly clock?: TargetClock;
  /** At the end it is read who holds which block; absent: it is not. `memory` is what the board has. */
  readonly objects?: { readonly memory: readonly MemoryArea[] };
  /** Who asks for more of these while the target runs; only where `objects` is there. */
  readonly graphs?: GraphRequests;
  /** Somebody acts on the events while the target runs: each is given on before the next one is captured. Default: they may wait for a check. */
  readonly isFollowed?: boolean;
  /** Frames kept of a backtrace; deeper ones are cut at the outer end. */
  readonly maxDepth: number;
}

/** Events that an engine has captured, given on or not. */
export interface CapturedSoFar {
  readonly events: Seq;
  /** When the first one was captured, in ms since 1970; undefined without one. */
  readonly firstAtMs: number | undefined;
}

/**
 * A way to capture. `harvest` opens its own connection, yields records in order, and puts the target into a defined state
 * (no breakpoints left) in `finally`. A clean end, an abort included, is a normal end of the iteration whose last record is
 * `info` with `endReason`; loss of the target throws after everything so far was yielded.
 */
export interface Engine {
  readonly name: 'gdb' | 'direct' | 'auto';
  /** What was captured up to now, where events are looked at before they are given on; absent where they are not. */
  readonly captured?: CapturedSoFar | undefined;
  harvest(target: Target, plan: HarvestPlan, signal: AbortSignal): AsyncIterable<TraceRecord>;
}
