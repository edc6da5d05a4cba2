import { GC_BLOCK_BYTES, GcLog, gcRegion } from '../trace/gc-log.js';
import type { Frame } from '../trace/heap-event.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { TraceDecoder, TraceFormat } from './format.js';
import { type FrameLine, parseFrameLine } from './gdb-frame-line.js';
import { LineSplitter } from './line-splitter.js';

/*
 * The log of a classic gdb script that breaks on gc_log_change (capture.md, section 2). Two generations of the script:
 *   backtrace, then `$1 = start_block`, `$2 = length`
 *   `$1 = start_block`, `$2 = length`, `$3 = ticks_ms`, then the frames of a few `up` commands
 * The values mean the same in both, so events are collected up to the next breakpoint and order does not matter.
 */

const BREAKPOINT = /^(?:Thread .* hit )?(?:Temporary breakpoint|Breakpoint) \d+, (?:0x[0-9a-f]+ in )?(.*)$/;
const VALUE = /^\$\d+ = (0x[0-9a-f]+|\d+)/;
const ARGUMENTS = /start_block=(\d+), length=(\d+)/;
const CACHED_LINES = 200_000;

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
  readonly frames: FrameLine[];
  valuesFirst: boolean;
}

class GdbLogDecoder implements TraceDecoder {
  private readonly lines = new LineSplitter((line) => this.line(line));
  private readonly gcLog = new GcLog(GC_BLOCK_BYTES);
  private readonly cache = new Map<string, FrameLine>();
  private readonly inlinedTwins = new WeakMap<Frame, Frame>();
  private pending: PendingEvent | undefined;
  /** The start of a line that gdb wrapped, or a frame line that may go on. */
  private wrapped = '';
  private valuesFirst = false;
  private sawValues = false;
  private endReason: string | undefined;

  constructor(private readonly builder: TraceBuilder) {
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
    this.endFrameLine();
    if (this.pending && !this.finishEvent(this.pending)) {
      this.builder.add({ kind: 'gap', reason: 'the log ends inside an event' });
    }
    const source = this.valuesFirst ? 'gdb log (values first)' : 'gdb log';
    this.builder.add({ kind: 'info', info: { source, endReason: this.endReason ?? 'the end of the log' } });
  }

  private line(line: string): void {
    if (line.charCodeAt(0) === 0x20 && this.wrapped !== '') {
      if (this.wrapped.length < 65536) this.wrapped += ` ${line.trimStart()}`;
      return;
    }
    this.endFrameLine();
    if (line.charCodeAt(0) === 0x23 && this.pending) {
      this.wrapped = line;
    } else if (line.charCodeAt(0) === 0x24) {
      const value = VALUE.exec(line);
      if (value && this.pending) this.addValue(this.pending, Number(value[1]));
    } else if (line.includes('reakpoint ')) {
      const hit = BREAKPOINT.exec(line);
      if (hit) this.begin(hit[1] ?? '');
    }
  }

  private begin(head: string): void {
    const before = this.pending;
    this.pending = { head, values: [], frames: [], valuesFirst: false };
    if (before && !this.finishEvent(before)) {
      this.builder.add({ kind: 'gap', reason: 'an event without its values', lostEvents: 1 });
    }
  }

  private addValue(event: PendingEvent, value: number): void {
    event.values.push(value);
    this.sawValues = true;
    if (event.frames.length === 0) event.valuesFirst = true;
  }

  private endFrameLine(): void {
    if (this.wrapped === '') return;
    const line = this.wrapped;
    this.wrapped = '';
    const known = this.cache.get(line);
    const parsed = known ?? parseFrameLine(line);
    if (!parsed) return;
    if (!known) {
      if (this.cache.size >= CACHED_LINES) this.cache.clear();
      this.cache.set(line, parsed);
    }
    this.pending?.frames.push(parsed);
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
    const ticksMs = event.values[2];
    const record = this.gcLog.event(start, length, this.backtraceOf(event));
    this.builder.add(ticksMs === undefined ? record : { ...record, atUs: ticksMs * 1000 });
    return true;
  }

  /** Without the log function's own frame; a frame without an address has the one of its inlined callee. */
  private backtraceOf(event: PendingEvent): Frame[] {
    const frames: Frame[] = [];
    for (const { level, frame, hasAddress } of event.frames) {
      if (level === 0) continue;
      const callee = frames[frames.length - 1];
      if (hasAddress || frame.kind === 'signal' || !callee) {
        frames.push(frame);
        continue;
      }
      frames[frames.length - 1] = this.inlinedTwin(callee);
      frames.push({ ...frame, address: callee.address });
    }
    return frames;
  }

  private inlinedTwin(frame: Frame): Frame {
    const known = this.inlinedTwins.get(frame);
    if (known) return known;
    const twin = { ...frame, inlined: true };
    this.inlinedTwins.set(frame, twin);
    return twin;
  }
}
