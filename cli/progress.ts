import { formatBytes, formatCount, type JournalFile } from '../lib/public/command-line.js';
import type { Context } from './context.js';

const LIVE_MS = 100;
/** Where there is no terminal, and as long as there are no events. */
const PLAIN_MS = 5000;

/** The line that shows a capture under way: live on a terminal, one line every 5 s elsewhere, nothing with --quiet; also without events. */
export class CaptureProgress {
  private readonly startedAt = Date.now();
  private readonly timer: NodeJS.Timeout | undefined;
  private lastShown = this.startedAt;
  private lastEvents = 0;
  private rate: number | undefined;
  private shown = false;
  private journal: JournalFile | undefined;
  private where: () => string = () => '';

  constructor(private readonly context: Context) {
    if (context.quiet) return;
    this.timer = setInterval(() => this.tick(), context.live ? 1000 : PLAIN_MS).unref();
  }

  /** Call it at every event; it shows itself as seldom as is useful. `where` is only asked for when it does. */
  update(journal: JournalFile, where: () => string): void {
    if (this.context.quiet) return;
    this.journal = journal;
    this.where = where;
    const now = Date.now();
    if (now - this.lastShown >= (this.context.live ? LIVE_MS : PLAIN_MS)) this.next(now);
  }

  /** A line that stays, besides the live one. */
  say(text: string): void {
    if (this.context.quiet) return;
    this.context.err(`${this.shown ? '\r\x1b[K' : ''}${text}\n`);
    this.shown = false;
  }

  /** No event comes: shows what the target does instead, until one comes. */
  status(journal: JournalFile, text: string): void {
    if (this.context.quiet) return;
    this.journal = journal;
    this.where = () => text;
    this.next(Date.now());
  }

  /** Ends it, and removes the live line, so that other text can follow. */
  end(): void {
    clearInterval(this.timer);
    if (this.shown) this.context.err('\r\x1b[K');
    this.shown = false;
  }

  /** Shows that time passes where no event says so. */
  private tick(): void {
    const now = Date.now();
    if (now - this.lastShown >= 1000) this.next(now);
  }

  private next(now: number): void {
    // Nothing is shown as captured that a crash could still take away.
    const events = this.journal?.saved() ?? 0;
    const current = ((events - this.lastEvents) * 1000) / Math.max(1, now - this.lastShown);
    this.rate = this.rate === undefined ? current : this.rate * 0.8 + current * 0.2;
    this.lastShown = now;
    this.lastEvents = events;
    this.show(this.line(events, now));
  }

  private line(events: number, now: number): string {
    const seconds = Math.round((now - this.startedAt) / 1000);
    const elapsed = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    if (!this.journal) return `${elapsed}  no event yet; Ctrl-C ends the capture`;
    const { blocks, liveBytes } = this.journal.heap;
    const alive = `${formatCount(blocks.size)} alive, ${formatBytes(liveBytes)}`;
    return `${elapsed}  ${formatCount(events)} events  ${formatCount(this.rate ?? 0)}/s  ${alive}  ${this.where()}`;
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
