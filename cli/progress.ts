import { formatBytes, formatCount, type LiveHeap } from '../lib/public/index.js';
import type { Context } from './context.js';

const LIVE_MS = 100;
const PLAIN_MS = 10_000;

/** The line that shows a capture under way: live on a terminal, one line every 10 s elsewhere, nothing with --quiet. */
export class CaptureProgress {
  private readonly startedAt = Date.now();
  private lastShown = 0;
  private lastEvents = 0;
  private rate = 0;
  private shown = false;

  constructor(private readonly context: Context) {}

  /** Call it at every event; it shows itself as seldom as is useful. `where` is only asked for when it does. */
  update(heap: LiveHeap, where: () => string): void {
    if (this.context.quiet) return;
    const now = Date.now();
    const interval = now - this.lastShown;
    if (interval < (this.context.live ? LIVE_MS : PLAIN_MS)) return;
    if (this.lastShown === 0 && !this.context.live) {
      this.lastShown = now;
      return;
    }
    const current = ((heap.eventCount - this.lastEvents) * 1000) / interval;
    this.rate = this.rate === 0 || this.lastShown === 0 ? current : this.rate * 0.8 + current * 0.2;
    this.lastShown = now;
    this.lastEvents = heap.eventCount;
    this.show(this.line(heap, where(), now));
  }

  /** No event comes: shows what the target does instead, each time that it is told. */
  status(heap: LiveHeap, text: string): void {
    if (this.context.quiet) return;
    const now = Date.now();
    this.lastShown = now;
    this.lastEvents = heap.eventCount;
    this.show(this.line(heap, text, now));
  }

  /** Removes the live line, so that other text can follow. */
  clear(): void {
    if (this.shown) this.context.err('\r\x1b[K');
    this.shown = false;
  }

  private line(heap: LiveHeap, where: string, now: number): string {
    const seconds = Math.round((now - this.startedAt) / 1000);
    const elapsed = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    const alive = `${formatCount(heap.blocks.size)} alive, ${formatBytes(heap.liveBytes)}`;
    return `${elapsed}  ${formatCount(heap.eventCount)} events  ${formatCount(this.rate)}/s  ${alive}  ${where}`;
  }

  private show(line: string): void {
    if (!this.context.live) {
      this.context.err(`${line}\n`);
      return;
    }
    this.context.err(`\r\x1b[K${line.slice(0, Math.max(20, this.context.columns - 1))}`);
    this.shown = true;
  }
}
