import type { StackId } from '../base/units.js';
import { GC_BLOCK_BYTES, GcLive, gcRegion } from '../trace/gc-log.js';
import { EventKind } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import { ByteLines } from './byte-lines.js';
import type { TraceDecoder, TraceFormat } from './format.js';
import { GdbFrameCache } from './gdb-frame-cache.js';
import { parseFrameLine } from './gdb-frame-line.js';
import { GdbLogStacks } from './gdb-log-stacks.js';
import { LoggedFrame } from './gdb-logged-frame.js';
import { gdbValue } from './gdb-value-line.js';

/*
 * The log of a classic gdb script that breaks on gc_log_change (capture.md, section 2). Two generations of the script:
 *   backtrace, then `$1 = start_block`, `$2 = length`
 *   `$1 = start_block`, `$2 = length`, `$3 = ticks_ms`, then the frames of a few `up` commands
 * The values mean the same in both, so events are collected up to the next breakpoint and order does not matter.
 */

const BREAKPOINT = /^(?:Thread .* hit )?(?:Temporary breakpoint|Breakpoint) \d+, (?:0x[0-9a-f]+ in )?(.*)$/;
const ARGUMENTS = /start_block=(\d+), length=(\d+)/;
const MAX_WRAPPED_CHARS = 65536;

export const gdbLog: TraceFormat = {
  id: 'gdb-log',
  title: 'gdb log of a gc_log_change script',
  detect(head) {
    const text = new TextDecoder().decode(head);
    if (!/^(?:Thread .* hit )?Breakpoint \d+(?:,| at )/m.test(text)) return 0;
    return /gc_log_change/.test(text) ? 0.95 : 0.4;
  },
  open: (builder) => new GdbLogDecoder(builder),
};

interface PendingEvent {
  readonly head: string;
  readonly values: number[];
  readonly frames: LoggedFrame[];
  valuesFirst: boolean;
}

class GdbLogDecoder implements TraceDecoder {
  private readonly lines = new ByteLines((bytes, from, to) => this.line(bytes, from, to));
  private readonly text = new TextDecoder();
  private readonly live = new GcLive();
  /** Who allocated block 0 first: the start of an interpreter. */
  private firstOfAll: string | undefined;
  private readonly cache = new GdbFrameCache();
  private readonly stacks: GdbLogStacks;
  private pending: PendingEvent | undefined;
  /** A frame line that goes on in the next one: gdb wrapped it. */
  private wrapped = '';
  private valuesFirst = false;
  private sawValues = false;
  private endReason: string | undefined;

  constructor(private readonly builder: TraceBuilder) {
    this.stacks = new GdbLogStacks(builder.tables);
    builder.add({
      kind: 'info',
      info: { source: 'gdb log', hasAddresses: true, sizeKind: 'block', unitBytes: GC_BLOCK_BYTES, allocator: 'gc' },
    });
    builder.add({ kind: 'region', region: gcRegion(GC_BLOCK_BYTES) });
  }

  push(chunk: Uint8Array): void {
    this.lines.push(chunk);
  }

  end(): void {
    this.lines.end();
    this.endWrapped();
    if (this.pending && !this.finishEvent(this.pending)) {
      this.builder.add({ kind: 'gap', reason: 'the log ends inside an event' });
    }
    const source = this.valuesFirst ? 'gdb log (values first)' : 'gdb log';
    this.builder.add({ kind: 'info', info: { source, endReason: this.endReason ?? 'the end of the log' } });
  }

  private line(bytes: Uint8Array, from: number, to: number): void {
    const first = bytes[from];
    if (first === 0x20 && this.wrapped !== '') {
      if (this.wrapped.length < MAX_WRAPPED_CHARS) this.wrapped += ` ${this.textOf(bytes, from, to).trimStart()}`;
      return;
    }
    this.endWrapped();
    if (first === 0x23) this.frameLine(bytes, from, to);
    else if (first === 0x24) this.valueLine(bytes, from, to);
    else if (first === 0x42 || first === 0x54) this.breakpointLine(bytes, from, to);
  }

  private frameLine(bytes: Uint8Array, from: number, to: number): void {
    if (!this.pending) return;
    // The log function's own frame is left out.
    if (bytes[from + 1] === 0x30 && bytes[from + 2] === 0x20) return;
    const known = this.cache.find(bytes, from, to);
    if (known) this.pending.frames.push(known);
    else this.wrapped = this.textOf(bytes, from, to);
  }

  private endWrapped(): void {
    if (this.wrapped === '') return;
    const parsed = parseFrameLine(this.wrapped);
    this.wrapped = '';
    if (parsed && parsed.level > 0) this.pending?.frames.push(new LoggedFrame(parsed));
  }

  private valueLine(bytes: Uint8Array, from: number, to: number): void {
    if (!this.pending) return;
    const value = gdbValue(bytes, from, to);
    if (value < 0) return;
    this.pending.values.push(value);
    this.sawValues = true;
    if (this.pending.frames.length === 0) this.pending.valuesFirst = true;
  }

  private breakpointLine(bytes: Uint8Array, from: number, to: number): void {
    const hit = BREAKPOINT.exec(this.textOf(bytes, from, to));
    if (!hit) return;
    const before = this.pending;
    this.pending = { head: hit[1] ?? '', values: [], frames: [], valuesFirst: false };
    if (before && !this.finishEvent(before)) {
      this.builder.add({ kind: 'gap', reason: 'an event without its values', lostEvents: 1 });
    }
  }

  /** Adds the event; false when it lacks its values. A breakpoint without values or arguments is the end of the capture. */
  private finishEvent(event: PendingEvent): boolean {
    let [start, length] = event.values;
    if (start === undefined || length === undefined) {
      const inHead = ARGUMENTS.exec(event.head);
      if (!inHead) {
        const name = /^([^\s(]+)/.exec(event.head)?.[1] ?? event.head;
        if (event.values.length === 0) this.endReason = `reached ${name}`;
        return event.values.length === 0;
      }
      // The arguments stand in the head as well, but an event cut before its values may lack frames too.
      if (event === this.pending && this.sawValues) return false;
      start = Number(inHead[1]);
      length = Number(inHead[2]);
    }
    this.valuesFirst ||= event.valuesFirst;
    this.endReason = undefined;
    this.addEvent({ start, length, ticksMs: event.values[2] }, event.frames);
    return true;
  }

  private addEvent(
    values: { start: number; length: number; ticksMs: number | undefined },
    frames: readonly LoggedFrame[],
  ): void {
    const { start, length, ticksMs } = values;
    const swept = length === 0 && frames.some(({ isSweep }) => isSweep);
    const stack: StackId = this.stacks.stack(frames);
    const { builder } = this;
    const address = start * GC_BLOCK_BYTES;
    const isNew = length > 0 && frames[0]?.functionName === 'gc_alloc';
    if (isNew && start === 0) this.beginningOf(frames);
    const change = this.live.change(address, length);
    // Who calls from gc_alloc has a new block: what was there died without a call of the log function.
    const kind = swept ? EventKind.sweep : EventKind[change === 'realloc' && isNew ? 'alloc' : change];
    builder.addEvent(kind, address, length * GC_BLOCK_BYTES, stack);
    if (kind === EventKind.realloc) builder.setLast('fromAddress', address);
    if (ticksMs !== undefined) builder.setLast('atUs', ticksMs * 1000);
  }

  /**
   * Block 0 is allocated. A heap that begins anew shows in nothing else: it is allocated again while it is alive, by those who did
   * so first. (By others: of a heap in several areas each has a block 0.)
   */
  private beginningOf(frames: readonly LoggedFrame[]): void {
    const by = frames
      .slice(0, 4)
      .map(({ functionName }) => functionName)
      .join('<');
    this.firstOfAll ??= by;
    if (by !== this.firstOfAll || !this.live.blocks.has(0)) return;
    this.live.clear();
    this.builder.add({ kind: 'epoch', reason: 'block 0 was allocated anew: the heap was restarted' });
  }

  private textOf(bytes: Uint8Array, from: number, to: number): string {
    return this.text.decode(bytes.subarray(from, to));
  }
}
