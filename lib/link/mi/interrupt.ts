import type { Milliseconds } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';

/** gdb loses an interrupt that comes at a bad moment; one that is repeated too soon makes it give the target up. */
const REPEAT_MS: Milliseconds = 2_000;
/** How long a script inside gdb has to see that it is to stop, before gdb is interrupted. */
const SCRIPT_MS: Milliseconds = 500;
const ATTEMPTS = 2;

/** Asks gdb to stop the target until it does. */
export class Interrupt {
  /** Rejects when asking was in vain. @throws TargetError HH1507 */
  readonly inVain: Promise<never>;
  private timer: NodeJS.Timeout | undefined;
  private attempts = 0;
  private giveUp: (error: TargetError) => void = () => undefined;

  /** `askScript` asks a script that runs inside gdb; absent when none does. */
  constructor(
    private readonly send: () => void,
    private readonly askScript?: () => void,
  ) {
    this.inVain = new Promise((_, reject) => {
      this.giveUp = reject;
    });
    this.inVain.catch(() => undefined);
  }

  readonly begin = (): void => {
    if (!this.askScript) {
      this.repeat();
      return;
    }
    this.askScript();
    this.timer = setTimeout(() => this.repeat(), SCRIPT_MS);
  };

  end(): void {
    clearTimeout(this.timer);
  }

  private repeat(): void {
    if (this.attempts++ === ATTEMPTS) {
      const waited = (REPEAT_MS * ATTEMPTS) / 1000;
      this.giveUp(new TargetError('HH1507', `target: did not stop within ${waited} s of an interrupt`));
      return;
    }
    this.send();
    this.timer = setTimeout(() => this.repeat(), REPEAT_MS);
  }
}
