import type { Milliseconds } from '../base/units.js';
import { RunTimes } from './link-times.js';
import { type QuietTimes, WAIT_MS } from './waits.js';

/** Who wants a running target stopped: the caller of the run, or the test whether a quiet one still answers. */
export type InterruptAsker = 'caller' | 'test';

/** Why the target stopped: by `itself`; `asked` to by the caller; or it was only asked whether it answers (`test`), and is to be resumed. */
export type StopCause = 'itself' | 'asked' | 'test';

/** The link whose interrupts are owned. */
export interface InterruptedLink {
  /** Sends one interrupt. */
  send(): void;
  /** When the running target said anything last, by `performance.now()`; absent where it says nothing while it runs. */
  heardAt?(): number;
  /** It did not stop: nothing answers any more. */
  unanswered(): void;
}

export interface InterruptsOptions {
  /** How long the target may take to stop. */
  readonly answerMs?: Milliseconds;
  /** An interrupt that can be lost is sent once more after so long; absent: it is sent once. */
  readonly repeatMs?: Milliseconds;
  /** When a quiet target is tested; absent: never. */
  readonly quiet?: QuietTimes;
}

/** An interrupted target that goes on speaking instead of stopping is waited for no longer than so often the time to answer. */
const MAX_ANSWER_TIMES = 8;
/** Waiting is counted in steps: one that this process slept through (a machine under load, a laptop's lid) counts no more than twice its length. */
const STEP_MS: Milliseconds = 200;

/**
 * The one owner of a link's interrupts: everybody who wants the target stopped asks here. While an interrupt is under way, who asks
 * joins it: a second one that crosses the first would be answered by a stop of its own, later, which nobody waits for.
 */
export class Interrupts {
  private readonly askers = new Set<InterruptAsker>();
  /** Interrupts of this run that were sent. */
  private sent = 0;
  /** Interrupts that met another stop, also that of one sent before: the server may tell theirs in a later run, where nobody asked for it. */
  private unmet = 0;
  /** How long the target ran and was halted. */
  readonly times = new RunTimes();
  private runningSince: number | undefined;
  private happenedAt = performance.now();
  private quietTimer: NodeJS.Timeout | undefined;
  private stepTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly link: InterruptedLink,
    private readonly options: InterruptsOptions = {},
  ) {}

  /** For how long nothing has happened. */
  get quietMs(): Milliseconds {
    return performance.now() - this.happenedAt;
  }

  /** Whether an interrupt met another stop, so that the server may tell one more. */
  get mayStopLate(): boolean {
    return this.unmet > 0;
  }

  /** The target was set running. */
  began(): void {
    this.runningSince = performance.now();
    this.times.began(this.runningSince);
    if (this.options.quiet && this.quietTimer === undefined) this.watch(this.options.quiet.waitMs);
  }

  /** Asks the running target to stop; does nothing when it is halted, and sends nothing when it is asked already. */
  ask(asker: InterruptAsker): void {
    if (this.runningSince === undefined) return;
    this.askers.add(asker);
    if (this.askers.size > 1 || this.stepTimer !== undefined) return;
    this.send();
    this.awaitStop();
  }

  /** The target stopped, by an interrupt or not. */
  stopped(byInterrupt: boolean): StopCause {
    const cause = byInterrupt ? this.causeOfInterrupt() : 'itself';
    if (cause === 'itself') this.somethingHappened();
    // No sum: a server may also swallow what met another stop.
    const left = Math.max(this.sent - (byInterrupt ? 1 : 0), 0);
    this.unmet = byInterrupt && this.sent === 0 ? Math.max(this.unmet - 1, 0) : Math.max(this.unmet, left);
    this.sent = 0;
    if (this.askers.has('test') && byInterrupt) this.options.quiet?.answered();
    this.askers.clear();
    this.end();
    return cause;
  }

  /** The target is halted, or the link is gone: no timer is left. */
  close(): void {
    this.end();
    clearTimeout(this.quietTimer);
    this.quietTimer = undefined;
  }

  private causeOfInterrupt(): StopCause {
    if (this.askers.has('caller')) return 'asked';
    return this.askers.has('test') || this.unmet > 0 ? 'test' : 'itself';
  }

  private send(): void {
    this.sent++;
    this.link.send();
  }

  private end(): void {
    if (this.runningSince !== undefined) this.times.stopped(performance.now());
    this.runningSince = undefined;
    clearTimeout(this.stepTimer);
    this.stepTimer = undefined;
  }

  private somethingHappened(): void {
    this.happenedAt = performance.now();
    this.options.quiet?.reset();
  }

  private get heardAt(): number {
    return this.link.heardAt?.() ?? 0;
  }

  /** One timer for all runs: it is not set anew for each, but looks when it fires for how long nothing has happened. */
  private watch(ms: Milliseconds): void {
    this.quietTimer = setTimeout(() => {
      this.quietTimer = undefined;
      const { quiet } = this.options;
      const since = this.runningSince;
      if (since === undefined || !quiet) return;
      const { heardAt } = this;
      if (heardAt > since) {
        quiet.reset();
        this.happenedAt = heardAt;
      }
      const leftMs = quiet.waitMs - (performance.now() - Math.max(since, heardAt));
      if (leftMs <= 0) this.ask('test');
      this.watch(Math.max(leftMs, STEP_MS));
    }, ms);
    this.quietTimer.unref();
  }

  private awaitStop(): void {
    const { answerMs = WAIT_MS.interrupt, repeatMs = Number.POSITIVE_INFINITY } = this.options;
    const waited = { inAllMs: 0, silentMs: 0, sinceSentMs: 0 };
    let steppedAt = performance.now();
    const step = () => {
      const now = performance.now();
      const stepMs = Math.min(now - steppedAt, 2 * STEP_MS);
      waited.silentMs = this.heardAt > steppedAt ? 0 : waited.silentMs + stepMs;
      waited.inAllMs += stepMs;
      waited.sinceSentMs += stepMs;
      steppedAt = now;
      if (waited.silentMs >= answerMs || waited.inAllMs >= MAX_ANSWER_TIMES * answerMs) {
        this.end();
        this.link.unanswered();
        return;
      }
      if (waited.sinceSentMs >= repeatMs) {
        waited.sinceSentMs = 0;
        this.send();
      }
      next();
    };
    const next = () => {
      this.stepTimer = setTimeout(step, Math.max(1, Math.min(STEP_MS, answerMs - waited.silentMs)));
    };
    next();
  }
}
