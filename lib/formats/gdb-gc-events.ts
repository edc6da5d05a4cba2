import { GC_BLOCK_BYTES, GcLive, gcRegion } from '../trace/gc-log.js';
import { EventKind } from '../trace/trace.js';
import type { TraceBuilder } from '../trace/trace-builder.js';
import type { GdbLogStacks } from './gdb-log-stacks.js';
import type { LoggedFrame } from './gdb-logged-frame.js';

/** What an event of gc_log_change says: blocks, and the device's clock where the script printed it. */
export interface GcChange {
  readonly start: number;
  readonly length: number;
  readonly ticksMs: number | undefined;
}

/** Events of breakpoints on gc_log_change: the function tells that blocks changed, and the frames how. */
export class GdbGcEvents {
  count = 0;
  private readonly live = new GcLive();
  /** Who allocated block 0 first: the start of an interpreter. */
  private firstOfAll: string | undefined;

  constructor(
    private readonly builder: TraceBuilder,
    private readonly stacks: GdbLogStacks,
  ) {}

  add({ start, length, ticksMs }: GcChange, frames: readonly LoggedFrame[]): void {
    const { builder } = this;
    if (this.count++ === 0) {
      const info = { source: 'gdb log', sizeKind: 'block', unitBytes: GC_BLOCK_BYTES, allocator: 'gc' } as const;
      builder.add({ kind: 'info', info: { ...info, hasAddresses: true } });
      builder.add({ kind: 'region', region: gcRegion(GC_BLOCK_BYTES) });
    }
    const swept = length === 0 && frames.some(({ isSweep }) => isSweep);
    const stack = this.stacks.stack(frames);
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
}
