import type { Target } from '../targets/target.js';
import type { HarvestPlan } from './engine.js';

/** Why a capture ends, and whether everything that was to be captured is there. */
export interface EndReason {
  readonly text: string;
  readonly complete: boolean;
}

/** What the engine does about it; both may come at any time, `end` at most once. */
export interface EndHandlers {
  readonly end: (reason: EndReason) => void;
  readonly lost: (error: Error) => void;
}

/** A prompt may come in pieces: this much of the console's tail is kept. */
const TAIL_CHARS = 4096;

/** Watches everything that ends a capture besides the target's own stops: abort, time, prompt, and the loss of the server. */
export class EndConditions {
  private reason: EndReason | undefined;
  private timer: NodeJS.Timeout | undefined;
  private console: AsyncIterator<string> | undefined;
  private disposed = false;

  constructor(
    plan: HarvestPlan,
    target: Target,
    private readonly watched: { readonly signal: AbortSignal; readonly handlers: EndHandlers },
  ) {
    watched.signal.addEventListener('abort', this.aborted);
    if (watched.signal.aborted) this.aborted();
    if (plan.timeoutMs !== undefined) {
      const { timeoutMs } = plan;
      this.timer = setTimeout(() => this.end({ text: `time-out after ${timeoutMs} ms`, complete: false }), timeoutMs);
    }
    if (plan.prompt !== undefined && target.console) void this.watchPrompt(target.console, plan.prompt);
    target.lost.catch((error: unknown) => {
      if (!this.disposed) watched.handlers.lost(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Set when one of the conditions is met. */
  get endReason(): EndReason | undefined {
    return this.reason;
  }

  dispose(): void {
    this.disposed = true;
    this.watched.signal.removeEventListener('abort', this.aborted);
    clearTimeout(this.timer);
    void this.console?.return?.()?.catch(() => undefined);
  }

  private readonly aborted = () => this.end({ text: 'interrupted', complete: false });

  private end(reason: EndReason): void {
    if (this.reason || this.disposed) return;
    this.reason = reason;
    this.watched.handlers.end(reason);
  }

  private async watchPrompt(console: AsyncIterable<string>, prompt: string): Promise<void> {
    this.console = console[Symbol.asyncIterator]();
    let tail = '';
    try {
      for (let next = await this.console.next(); !next.done && !this.disposed; next = await this.console.next()) {
        tail = (tail + next.value).slice(-TAIL_CHARS - prompt.length);
        if (tail.endsWith(prompt)) {
          this.end({ text: `the console shows '${prompt}'`, complete: true });
          return;
        }
      }
    } catch {
      // A console that fails tells nothing: the other conditions still hold, and `target.lost` knows of a dead server.
    }
  }
}
