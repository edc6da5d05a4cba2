import type { Address, Blocks, Bytes, Microseconds, Seq } from '../base/units.js';
import type { ObjectGraph } from './object-graph.js';

/** How much a frame can be trusted: `guessed` frames were found without call-frame information (docs/symbols.md). */
export type Certainty = 'exact' | 'guessed';

/**
 * What made a frame: a call, an exception entry (gdb: `<signal handler called>`), or a tail call reconstructed from call-site data.
 * `script`: a function of a script (Python), which the interpreter's function that comes next runs; its address is 0.
 * `cut` is no call: it stands outside of the outermost frame that is known, for all those that are not ({@link CUT_FRAME}).
 */
export const FRAME_KINDS = ['normal', 'signal', 'tail', 'script', 'cut'] as const;
/** One of {@link FRAME_KINDS}. */
export type FrameKind = (typeof FRAME_KINDS)[number];

/** One line of a backtrace. */
export interface Frame {
  /** The pc of this frame (a return address for all but the innermost); inlined frames share the one they are in. 0 when unknown. */
  readonly address: Address;
  /** Empty when unknown (gdb shows `??`). */
  readonly functionName: string;
  /** The path as the debug information (or the log) gives it, not made absolute; empty when unknown. */
  readonly file: string;
  /** From 1; 0 when unknown. */
  readonly line: number;
  /** The function was inlined into that of the next (outer) frame. */
  readonly inlined?: boolean;
  readonly kind?: FrameKind;
  readonly certainty?: Certainty;
}

/** A backtrace, innermost frame first. Empty when none was recorded. */
export type Backtrace = readonly Frame[];

/** The last frame of a backtrace that does not reach the outermost call: too deep, memory that was not read, no way to unwind further. */
export const CUT_FRAME: Frame = { address: 0, functionName: '[...]', file: '', line: 0, kind: 'cut' };

/** Whether a backtrace ends before the outermost call. */
export function isCut(backtrace: Backtrace): boolean {
  return backtrace.at(-1)?.kind === 'cut';
}

interface EventBase {
  /** Absent when the source records no backtrace. */
  readonly backtrace?: Backtrace;
  /** Since the capture was armed; absent when the source has no clock. */
  readonly atUs?: Microseconds;
  /** Task, thread or CPU number, as the source counts them. */
  readonly task?: number;
  /** The largest free block before and after the event, where it was captured. */
  readonly largestBeforeBytes?: Bytes;
  readonly largestAfterBytes?: Bytes;
}

/** A block was handed out. */
export interface AllocEvent extends EventBase {
  readonly kind: 'alloc';
  /** Of the first byte the caller may use. 0 where the source has no addresses (`TraceInfo.hasAddresses` is false). */
  readonly address: Address;
  /** Whether this is the requested or the occupied size is said by `TraceInfo.sizeKind`. */
  readonly sizeBytes: Bytes;
  /** What the caller asked for, where `sizeBytes` is the occupied size and both are known. */
  readonly requestedBytes?: Bytes;
}

/** A block was given back by its owner (`free`), or found dead by a garbage collector (`sweep`). */
export interface FreeEvent extends EventBase {
  readonly kind: 'free' | 'sweep';
  readonly address: Address;
  /** Only where the source says it (traces without addresses); absent means "look it up". */
  readonly sizeBytes?: Bytes;
}

/** A block changed its size: in place when `fromAddress` equals `address`, else it moved. */
export interface ReallocEvent extends EventBase {
  readonly kind: 'realloc';
  readonly address: Address;
  readonly sizeBytes: Bytes;
  readonly requestedBytes?: Bytes;
  readonly fromAddress: Address;
  /** Only where the source has no addresses. */
  readonly fromSizeBytes?: Bytes;
}

/** A request that the allocator refused: nothing changed. */
export interface FailedEvent extends EventBase {
  readonly kind: 'failed';
  /** What was asked for. */
  readonly sizeBytes: Bytes;
  /** The block of a failed realloc, which stays as it was; absent for a failed malloc. */
  readonly fromAddress?: Address;
}

/**
 * A block was alive before the capture began: read from the allocator's own structures when it attached to a running target. Nobody was
 * seen to allocate it.
 */
export interface ExistingEvent extends EventBase {
  readonly kind: 'existing';
  readonly address: Address;
  /** What it occupies, or may hold. */
  readonly sizeBytes: Bytes;
}

/** Stands where the backtrace of an {@link ExistingEvent} would be. */
export const EXISTING_BACKTRACE: Backtrace = [
  { address: 0, functionName: '[alive before the capture]', file: '', line: 0 },
];

/** One thing that happened to the heap. Its sequence number is its position in the stream. */
export type HeapEvent = AllocEvent | FreeEvent | ReallocEvent | FailedEvent | ExistingEvent;

/** A named moment, between two events. */
export interface Mark {
  /** The mark lies before the event of this number; equal to the event count when it lies after the last. */
  readonly beforeSeq: Seq;
  readonly name: string;
  readonly atUs?: Microseconds;
}

/** Data that the source lost: an overflow, a dropped packet, a torn tail, or an option that left events out. */
export interface Gap {
  readonly beforeSeq: Seq;
  readonly reason: string;
  /** Absent when nobody knows how many. */
  readonly lostEvents?: number;
}

/** The heap began anew (gc_init, a soft reboot, a target reset): whatever was alive is closed as lost, not leaked. */
export interface Epoch {
  readonly beforeSeq: Seq;
  readonly reason: string;
}

/** A warning about the trace as a whole or about one place in it. */
export interface Note {
  /** Stable, for scripts: `drone-g1-size-bug`. */
  readonly code: string;
  readonly text: string;
  readonly beforeSeq?: Seq;
}

/** How full a memory was at one moment, as the device itself said. */
export interface HeapLevel {
  /** The level was read before the event of this number; equal to the event count when after the last. */
  readonly beforeSeq: Seq;
  /** Which memory, as the source names it: `internal`, `Umem`; empty for the whole heap. */
  readonly memory: string;
  readonly freeBytes: Bytes;
  /** How often the heap had begun anew before: levels of a log without events all have the same `beforeSeq`. Absent for 0. */
  readonly run?: number;
  /** The largest free block; absent where the source does not say. */
  readonly largestFreeBytes?: Bytes;
  /** The least that was ever free. */
  readonly minimumFreeBytes?: Bytes;
  readonly totalBytes?: Bytes;
  /** On the source's own clock; absent when the source has none. */
  readonly atUs?: Microseconds;
}

/** An area of memory that an allocator hands out. */
export interface HeapRegion {
  readonly name: string;
  readonly baseAddress: Address;
  readonly sizeBytes: Bytes;
  /** The allocation unit: CircuitPython's block (16), or the allocator's alignment. */
  readonly unitBytes: Bytes;
}

/** The registers and a copy of the stack at an event: what the direct engine stores so that unwinding can be redone. */
export interface RawSample {
  /** The event that it belongs to. */
  readonly seq: Seq;
  /** r0 to r15 and xPSR (or the machine's own order), as unsigned words. */
  readonly registers: Uint32Array;
  readonly stackAddress: Address;
  readonly stack: Uint8Array;
}

/** What an engine or a reader yields, in order. All but heap events describe the place where they stand in the stream. */
export type TraceRecord =
  | HeapEvent
  | { readonly kind: 'mark'; readonly name: string; readonly atUs?: Microseconds }
  | { readonly kind: 'gap'; readonly reason: string; readonly lostEvents?: number }
  | { readonly kind: 'epoch'; readonly reason: string }
  | { readonly kind: 'note'; readonly code: string; readonly text: string }
  | { readonly kind: 'region'; readonly region: HeapRegion }
  | ({ readonly kind: 'level' } & Omit<HeapLevel, 'beforeSeq'>)
  | { readonly kind: 'info'; readonly info: Partial<TraceInfo> }
  /** What the target does while no event comes: for whoever watches, it is kept in no trace. */
  | { readonly kind: 'status'; readonly text: string }
  | { readonly kind: 'raw'; readonly sample: RawSample }
  /** Its place is where it stands in the stream, whatever it says. */
  | { readonly kind: 'graph'; readonly graph: ObjectGraph };

/** Whether a record is an event of the heap; all others describe their place in the stream. */
export function isHeapEvent(record: TraceRecord): record is HeapEvent {
  switch (record.kind) {
    case 'alloc':
    case 'free':
    case 'sweep':
    case 'realloc':
    case 'failed':
    case 'existing':
      return true;
    default:
      return false;
  }
}

/**
 * What the events of a trace are. `history`: what happened, in order. `snapshot`: the blocks that were alive at one moment (each epoch is
 * another moment), as allocations in the order in which the source lists them; nothing is known of frees, peaks and lifetimes. `leaks`: a snapshot
 * of the blocks that the source itself found leaked. `totals`: sums by
 * caller, of which the blocks are made up. `levels`: no events, only how full the heap was.
 */
export const TRACE_CONTENTS = ['history', 'snapshot', 'leaks', 'totals', 'levels'] as const;
/** One of {@link TRACE_CONTENTS}. */
export type TraceContents = (typeof TRACE_CONTENTS)[number];

/** What is known of a capture as a whole. Every field is plain JSON; absent means unknown. */
export interface TraceInfo {
  /** Where the events come from: `gdb engine`, `direct engine`, `Drone OS heaptrace (G1)`... */
  readonly source: string;
  /** False when the source tells sizes only; frees are then matched by size (see `lifespans`). */
  readonly hasAddresses: boolean;
  /** Whether `sizeBytes` is what the caller asked for or what the block occupies. */
  readonly sizeKind: 'requested' | 'block';
  /** The allocation unit when there is just one: 16 for MicroPython's heap. */
  readonly unitBytes: Bytes;
  /** Absent means `history`. */
  readonly contents?: TraceContents;
  /** False when the tail is missing or events were lost; a leak check must not pass on such a trace. */
  readonly complete: boolean;
  /** Why the events are not to be trusted although none is known to be missing: they contradict each other. Absent when they do not. */
  readonly doubtful?: string;
  /** Why the capture ended: `reached pyexec_friendly_repl`, `interrupted`, `connection lost: ...`. */
  readonly endReason?: string;
  readonly engine?: string;
  readonly allocator?: string;
  readonly board?: string;
  readonly elf?: { readonly path: string; readonly buildId?: string };
  /** By task number: what the source calls the task. */
  readonly taskNames?: Readonly<Record<string, string>>;
  readonly startedAtWallMs?: number;
  /**
   * Whose clock `atUs` is. `host`: the debugger's, so that the link's delays and the halts of the target are in it; nothing that the
   * firmware does takes as long. Absent: the source's own, or none.
   */
  readonly clock?: { readonly kind: 'host' | 'target'; readonly name: string };
  /** Wall time from the first event to the end. */
  readonly durationMs?: number;
  readonly toolVersion?: string;
  /** The live set of the events against the allocator's own tables at the end. */
  readonly oracle?: OracleResult;
  /** Counters of a ring or of capture options. */
  readonly dropped?: { readonly overwritten?: number; readonly collapsed?: number; readonly skipped?: number };
  /** Free and largest free block as the device itself reported them at the dump. */
  readonly caps?: { readonly freeBytes: Bytes; readonly largestFreeBytes: Bytes };
  /** How the backtraces were checked, how many round trips an event took: shown in the summary as they are. */
  readonly engineReport?: Readonly<Record<string, string | number | boolean>>;
}

/** The end-of-capture check: what the events imply against what the target's memory says. */
export interface OracleResult {
  readonly outcome: 'matched' | 'differs' | 'unavailable';
  /** What was compared, or why nothing could be: `allocation table at 0x2000030c`. */
  readonly detail: string;
  /** Allocations that memory and events agree on; absent where nothing was compared. */
  readonly liveAllocations?: number;
  /** What they take, in blocks of TraceInfo.unitBytes. */
  readonly liveBlocks?: Blocks;
  /** At most 20; empty when matched. */
  readonly differences: readonly string[];
}
