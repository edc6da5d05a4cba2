import type { Address } from '../base/units.js';
import { TraceFormatError } from '../errors/errors.js';
import { GC_BLOCK_BYTES } from '../trace/gc-log.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import { ByteLines } from './byte-lines.js';
import type { ImportOptions, TraceDecoder, TraceFormat } from './format.js';
import { GdbFrameCache } from './gdb-frame-cache.js';
import { isWholeFrame, parseFrameLine } from './gdb-frame-line.js';
import { GdbGcEvents } from './gdb-gc-events.js';
import { type GdbHit, hitHead, isWholeHead, parseHit } from './gdb-hit.js';
import { GdbLogStacks } from './gdb-log-stacks.js';
import { LoggedFrame } from './gdb-logged-frame.js';
import { GdbMallocEvents } from './gdb-malloc-events.js';
import { PrintedOrder } from './gdb-printed-order.js';
import { gdbValue } from './gdb-value-line.js';
import { headLines } from './line-splitter.js';
import { nearBySigns } from './near-miss.js';
import { withoutEscapes } from './terminal-escapes.js';

/*
 * The log of a classic gdb script that breaks on gc_log_change. Two generations of the script:
 *   backtrace, then `$1 = start_block`, `$2 = length`
 *   `$1 = start_block`, `$2 = length`, `$3 = ticks_ms`, then the frames of a few `up` commands
 * The values mean the same in both, so events are collected up to the next breakpoint and order does not matter. The breakpoint's own
 * line has the arguments as well, in any order.
 */

const MAX_WRAPPED_CHARS = 65536;
/** So many events show in which order a script prints. */
const HELD_EVENTS = 64;
/** No address of a 32-bit target is beyond. */
const MAX_BLOCKS = 2 ** 32 / GC_BLOCK_BYTES;
const SET_OR_HIT = /^(?:Thread .{1,200}? hit )?(?:Temporary breakpoint|Breakpoint) \d{1,9}(?:\.\d{1,9})?(?:,| at )/;
const RETURNED = /^Value returned is \$\d+ = (?:\([^)]*\) )?(0x[0-9a-f]{1,13}|\d{1,15})\b/;

export const gdbLog: TraceFormat = {
  id: 'gdb-log',
  title: 'gdb log of a script that breaks on gc_log_change, or on malloc and free',
  detect(head, whole) {
    const lines = headLines(head, whole);
    if (!lines.some((line) => SET_OR_HIT.test(line))) return 0;
    if (lines.some((line) => line.includes('gc_log_change'))) return 0.95;
    // A hit of malloc with its arguments is nothing that a level of the heap could be told by.
    return lines.some((line) => isHeapHit(line)) ? 0.9 : 0.4;
  },
  nearMiss: (lines) =>
    nearBySigns(lines, [
      {
        looks: (line) => /^#\d{1,4} {1,2}(?:0x[0-9a-f]{1,16} in )?\S.* \(/.test(line),
        expected: 'a line `Breakpoint N, FUNCTION (...)` before its frames',
      },
    ]),
  open: (builder, options) => new GdbLogDecoder(builder, options),
};

function isHeapHit(line: string): boolean {
  const head = hitHead(line);
  return head !== undefined && parseHit(head).kind !== 'other';
}

interface PendingEvent {
  /** What stands behind `Breakpoint 1, `; more lines of it may come. */
  head: string;
  readonly values: number[];
  readonly frames: LoggedFrame[];
  /** The breakpoint's own frame, where the backtrace shows it. */
  own: LoggedFrame | undefined;
  valuesFirst: boolean;
  returned: Address | undefined;
}

class GdbLogDecoder implements TraceDecoder {
  private readonly lines = new ByteLines((bytes, from, to) => this.line(bytes, from, to));
  private readonly text = new TextDecoder();
  private readonly cache = new GdbFrameCache();
  private readonly stacks: GdbLogStacks;
  private readonly gcs: GdbGcEvents;
  private readonly mallocs: GdbMallocEvents;
  private pending: PendingEvent | undefined;
  private readonly order = new PrintedOrder();
  /** Events that wait until the order of the printed values is known. */
  private held: PendingEvent[] | undefined = [];
  /** A frame line that goes on in the next one: gdb wrapped it. */
  private wrapped = '';
  private valuesFirst = false;
  private sawValues = false;
  private sawFrames = false;
  /** Hits that are no event of the heap, by function; a few names are kept. */
  private readonly others = new Set<string>();
  private endReason: string | undefined;
  /** The line at hand has no end: a number on it may be cut. */
  private torn = false;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly options: ImportOptions,
  ) {
    this.stacks = new GdbLogStacks(builder.tables);
    this.gcs = new GdbGcEvents(builder, this.stacks);
    this.mallocs = new GdbMallocEvents(builder);
  }

  push(chunk: Uint8Array): void {
    this.lines.push(chunk);
  }

  /** @throws TraceFormatError HH1413 when the log has breakpoints, but no event of the heap. */
  end(): void {
    this.torn = true;
    this.lines.end();
    const isCut = this.wrapped !== '' && !isWholeFrame(withoutEscapes(this.wrapped));
    this.endWrapped();
    if (isCut)
      this.builder.add({ kind: 'gap', reason: 'the log ends inside a backtrace: its outer frames are missing' });
    if (this.pending) this.hold(this.pending);
    this.release();
    this.order.doubts(this.builder);
    this.mallocs.finish();
    if (this.gcs.count + this.mallocs.count === 0 && this.builder.gaps.length === 0) throw this.nothing();
    const endReason = this.endReason ?? 'the end of the log';
    const source = this.valuesFirst ? 'gdb log (values first)' : 'gdb log';
    this.builder.add({ kind: 'info', info: this.gcs.count > 0 ? { source, endReason } : { endReason } });
  }

  private nothing(): TraceFormatError {
    const names = [...this.others].join(', ');
    const found = names === '' ? 'no breakpoint that was hit' : `breakpoints hit in ${names} only`;
    return new TraceFormatError(
      'HH1413',
      `${this.options.subject ?? 'gdb log'}: found ${found}, expected hits of gc_log_change, or of malloc and free with their arguments`,
      {
        remedy:
          "break on gc_log_change (see docs/formats.md), or on malloc and free of a build with debug information; what the script prints itself is read with options.patterns 'alloc: {address} {size}'",
      },
    );
  }

  private line(bytes: Uint8Array, from: number, to: number): void {
    const first = bytes[from];
    if (first === 0x20 && this.goesOn(bytes, from, to)) return;
    this.endWrapped();
    if (first === 0x23) this.frameLine(bytes, from, to);
    else if (first === 0x24) this.valueLine(bytes, from, to);
    else if (first === 0x42 || first === 0x54) this.breakpointLine(bytes, from, to);
    else if (first === 0x56) this.returnLine(bytes, from, to);
  }

  /** Adds what gdb wrapped to the line before; false when that was whole. */
  private goesOn(bytes: Uint8Array, from: number, to: number): boolean {
    const { pending } = this;
    if (this.wrapped !== '') {
      if (this.wrapped.length < MAX_WRAPPED_CHARS)
        this.wrapped = joinWrapped(this.wrapped, this.textOf(bytes, from, to));
      return true;
    }
    if (!pending || pending.frames.length > 0 || pending.values.length > 0 || isWholeHead(pending.head)) return false;
    if (pending.head.length < MAX_WRAPPED_CHARS) pending.head = joinWrapped(pending.head, this.textOf(bytes, from, to));
    return true;
  }

  private frameLine(bytes: Uint8Array, from: number, to: number): void {
    const { pending } = this;
    if (!pending) return;
    const isOwn = bytes[from + 1] === 0x30 && bytes[from + 2] === 0x20;
    const known = this.cache.find(bytes, from, to);
    if (known) this.addFrame(pending, known, isOwn);
    else this.wrapped = this.textOf(bytes, from, to);
  }

  private endWrapped(): void {
    if (this.wrapped === '') return;
    const parsed = parseFrameLine(withoutEscapes(this.wrapped));
    this.wrapped = '';
    if (parsed && this.pending) this.addFrame(this.pending, new LoggedFrame(parsed), parsed.level === 0);
  }

  private addFrame(event: PendingEvent, frame: LoggedFrame, isOwn: boolean): void {
    if (isOwn) event.own = frame;
    else event.frames.push(frame);
  }

  private valueLine(bytes: Uint8Array, from: number, to: number): void {
    if (!this.pending || this.torn) return;
    const value = gdbValue(bytes, from, to);
    if (value < 0) return;
    this.pending.values.push(value);
    this.sawValues = true;
    if (this.pending.frames.length === 0) this.pending.valuesFirst = true;
  }

  private returnLine(bytes: Uint8Array, from: number, to: number): void {
    const value = this.pending && !this.torn && RETURNED.exec(this.textOf(bytes, from, to));
    if (value && this.pending) this.pending.returned = Number(value[1]);
  }

  private breakpointLine(bytes: Uint8Array, from: number, to: number): void {
    const head = hitHead(withoutEscapes(this.textOf(bytes, from, to)));
    if (head === undefined) return;
    const before = this.pending;
    if (before) this.hold(before);
    this.pending = { head, values: [], frames: [], own: undefined, valuesFirst: false, returned: undefined };
  }

  /** Takes an event that no more lines belong to: into the trace, or, until the order of the values is known, behind those that wait. */
  private hold(event: PendingEvent): void {
    this.order.see(parseHit(event.head), event.values);
    if (!this.held) {
      this.settle(event);
      return;
    }
    this.held.push(event);
    if (this.held.length >= HELD_EVENTS) this.release();
  }

  private release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    this.order.decide();
    for (const event of held) this.settle(event);
  }

  private settle(event: PendingEvent): void {
    if (this.finishEvent(event)) return;
    const isLast = event === this.pending && this.torn;
    this.builder.add(
      isLast
        ? { kind: 'gap', reason: 'the log ends inside an event' }
        : { kind: 'gap', reason: 'an event without its values', lostEvents: 1 },
    );
  }

  /** Adds the event; false when it is not whole. A breakpoint of another function, without values, is the end of the capture. */
  private finishEvent(event: PendingEvent): boolean {
    const hit = parseHit(event.head);
    switch (hit.kind) {
      case 'gc':
        return this.finishGcEvent(hit, event);
      case 'other':
        if (this.others.size < 8) this.others.add(hit.functionName.slice(0, 80));
        if (event.values.length === 0) this.endReason = `reached ${hit.functionName}`;
        return event.values.length === 0 || this.gcs.count + this.mallocs.count === 0;
      default: {
        // Cut before its frames, as the events before show.
        if (event === this.pending && this.torn && event.frames.length === 0 && this.sawFrames) return false;
        this.sawFrames ||= event.frames.length > 0;
        this.endReason = undefined;
        // malloc calls _malloc_r: with breakpoints on both it is one allocation.
        if (event.frames.some(({ functionName }) => this.mallocs.isHit(functionName))) return true;
        const frames = event.own ? [event.own, ...event.frames] : event.frames;
        this.mallocs.add(hit, this.stacks.stack(frames), event.returned);
        return true;
      }
    }
  }

  private finishGcEvent(hit: Extract<GdbHit, { kind: 'gc' }>, event: PendingEvent): boolean {
    const [firstValue, secondValue] = event.values;
    const hasValues = firstValue !== undefined && secondValue !== undefined;
    const isLast = event === this.pending && this.torn;
    // The arguments stand in the head as well, but an event that was cut before its values may lack frames too.
    if (isLast && !hasValues && this.sawValues) return false;
    if (isLast && !hasValues && event.frames.length === 0 && (this.sawFrames || this.gcs.count === 0)) return false;
    const [start, length] = this.order.argumentsOf(hit, event.values);
    if (start === undefined || length === undefined || start + length > MAX_BLOCKS) return false;
    this.valuesFirst ||= event.valuesFirst;
    this.sawFrames ||= event.frames.length > 0;
    this.endReason = undefined;
    this.gcs.add({ start, length, ticksMs: event.values[2] }, event.frames);
    return true;
  }

  private textOf(bytes: Uint8Array, from: number, to: number): string {
    return this.text.decode(bytes.subarray(from, to));
  }
}

/** gdb breaks a line at a blank; a terminal breaks it anywhere, and then the rest begins with the one blank that was there. */
function joinWrapped(line: string, rest: string): string {
  return `${line.trimEnd()} ${rest.trimStart()}`;
}
