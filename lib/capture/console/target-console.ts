import { timerMs } from '../../base/timers.js';
import type { Milliseconds } from '../../base/units.js';
import { TargetError, UsageError } from '../../errors/errors.js';
import type { Target } from '../../link/server/target.js';

/** Of what nobody has read, only the newest characters are kept. */
const KEPT_CHARS = 65_536;
const DEFAULT_WAIT_MS: Milliseconds = 10_000;

/** How long to wait for the console. */
export interface ConsoleWait {
  /** How long there may be no sign of life, neither text nor heap events, before the text comes; default 10 s. */
  readonly timeoutMs?: Milliseconds;
}

/**
 * The target's console (UART) while a capture runs: what it shows, and a way to type at it. Give it to `harvestEvents`; it is
 * connected while that capture runs. Only launched emulators have a console so far.
 *
 * @example await console.until('>>> '); console.write('(gc)\n'); const answer = await console.until('>>> ');
 */
export class TargetConsole {
  private text = '';
  private type: ((text: string) => void) | undefined;
  private waiter: (() => void) | undefined;
  private lastSignAt = 0;
  private state: 'waiting' | 'attached' | 'detached' = 'waiting';

  /** Whether something can be typed now. */
  get connected(): boolean {
    return this.type !== undefined;
  }

  attach(target: Pick<Target, 'writeConsole'>): void {
    this.state = 'attached';
    this.type = target.writeConsole;
  }

  detach(): void {
    this.state = 'detached';
    this.type = undefined;
    this.waiter?.();
  }

  /** The target does something (a heap event came): whoever waits for a text waits on. */
  signOfLife(): void {
    this.lastSignAt = performance.now();
  }

  /** Takes what the target has printed. */
  show(text: string): void {
    this.signOfLife();
    this.text = (this.text + text).slice(-KEPT_CHARS);
    this.waiter?.();
  }

  /** Types at the console. @throws UsageError HH1192 when the target has none, or no capture runs */
  write(text: string): void {
    if (this.type) this.type(text);
    else throw this.notThere();
  }

  /** What was shown and not yet read; reads it. The empty text when there is nothing new. */
  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  /**
   * Resolves to what was shown and not yet read, up to this text and with it; what comes after stays unread.
   * @throws TargetError HH1193 when it does not come in time or the capture ends; what was shown stays unread
   */
  async until(text: string, { timeoutMs = DEFAULT_WAIT_MS }: ConsoleWait = {}): Promise<string> {
    const since = performance.now();
    for (;;) {
      const at = this.text.indexOf(text);
      if (at >= 0) {
        const read = this.text.slice(0, at + text.length);
        this.text = this.text.slice(at + text.length);
        return read;
      }
      const leftMs = Math.max(since, this.lastSignAt) + timeoutMs - performance.now();
      if (this.state === 'detached' || leftMs <= 0) throw this.notShown(text, timeoutMs);
      await this.change(leftMs);
    }
  }

  private async change(timeoutMs: Milliseconds): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.waiter = resolve;
      timer = setTimeout(resolve, timerMs(timeoutMs));
    });
    clearTimeout(timer);
    this.waiter = undefined;
  }

  private notShown(text: string, timeoutMs: Milliseconds): TargetError {
    const why = this.state === 'detached' ? 'the capture ended' : `no text and no heap event for ${timeoutMs / 1000} s`;
    const tail = JSON.stringify(this.text.slice(-200));
    return new TargetError('HH1193', `console: found ${tail} (${why}), expected ${JSON.stringify(text)}`, {
      remedy: 'is it the right prompt, and does the firmware run that far?',
    });
  }

  private notThere(): UsageError {
    const found = this.state === 'attached' ? 'a target without a console' : 'no capture that runs';
    return new UsageError('HH1192', `console: found ${found}, expected one to type at`, {
      remedy: 'only emulators have a console here; on a board, type in its own terminal',
    });
  }
}
