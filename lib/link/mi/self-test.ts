import type { Milliseconds } from '../../base/units.js';
import { QuietTimes, WAIT_MS } from '../waits.js';

/** gdb can lose an interrupt that comes while it is busy: it is sent once more. */
const REPEAT_MS: Milliseconds = 2_000;

export interface SelfTestTarget {
  /** When gdb said anything last, by `performance.now()`. */
  heardAt(): number;
  interrupt(): void;
  /** Nothing answers any more. */
  lost(): void;
}

/**
 * A link that is gone, or a gdb or server that hangs, has no other sign than silence: a target that was quiet for long is
 * interrupted, which it has to answer.
 */
export class SelfTest {
  /** An interrupt was sent: a stop by it is no event. */
  asked = false;
  private readonly quiet: QuietTimes;
  private timer: NodeJS.Timeout | undefined;
  private testedAt: number | undefined;
  private since = 0;
  private heardBefore = 0;

  constructor(
    private readonly target: SelfTestTarget,
    quietMs: Milliseconds = WAIT_MS.quiet,
  ) {
    this.quiet = new QuietTimes(quietMs);
  }

  /** The target was set running. */
  begin(): void {
    this.since = performance.now();
    this.testedAt = undefined;
    this.heardBefore = this.target.heardAt();
    this.look();
  }

  /** The target stopped by our interrupt: it answers. */
  answered(): void {
    this.asked = false;
    this.quiet.answered();
    this.end();
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private readonly look = (): void => {
    const heardAt = this.target.heardAt();
    const now = performance.now();
    if (this.testedAt !== undefined && heardAt <= this.testedAt) {
      this.goOnTesting(now - this.testedAt);
      return;
    }
    this.testedAt = undefined;
    if (heardAt > this.since && heardAt !== this.heardBefore) this.quiet.reset();
    this.heardBefore = heardAt;
    const left = this.quiet.waitMs - (now - Math.max(heardAt, this.since));
    if (left > 0) {
      this.timer = setTimeout(this.look, left);
      return;
    }
    this.testedAt = now;
    this.asked = true;
    this.target.interrupt();
    this.timer = setTimeout(this.look, REPEAT_MS);
  };

  private goOnTesting(testedMs: Milliseconds): void {
    if (testedMs >= WAIT_MS.interrupt) {
      this.target.lost();
      return;
    }
    this.target.interrupt();
    this.timer = setTimeout(this.look, WAIT_MS.interrupt - testedMs + 1);
  }
}
