import type { TargetMemory } from '../../allocators/gc-area.js';
import { formatAddress, type Microseconds } from '../../base/units.js';
import { TargetError } from '../../errors/errors.js';
import type { TargetClock } from './parse-clock.js';

/** Tells when an event happened. */
export interface EventClock {
  /** While the target is halted at an event. @throws TargetError HH1373 when the counter does not run */
  tick(memory: TargetMemory): Promise<void>;
  /** The time of the event: as of the last `tick` on the target's clock, now on the host's. */
  readonly nowUs: Microseconds;
}

/** The target's where it was named, else the host's. */
export function eventClock(clock: TargetClock | undefined): EventClock {
  return clock ? new CounterClock(clock) : new HostClock();
}

/** When the stop was seen here: the halts of the target and the delays of the link are in it. */
class HostClock implements EventClock {
  private readonly startedAt = performance.now();

  async tick(): Promise<void> {}

  get nowUs(): Microseconds {
    return Math.round((performance.now() - this.startedAt) * 1000);
  }
}

/**
 * Reads a counter of the target's. It may wrap once between two events, not more often: nobody could tell. A counter that goes back
 * (more than half of its range) began anew with the firmware: time goes on from where it was.
 */
class CounterClock implements EventClock {
  private last: number | undefined;
  private total = 0;

  constructor(private readonly clock: TargetClock) {}

  get nowUs(): Microseconds {
    return Math.round((this.total * 1e6) / this.clock.hertz);
  }

  async tick(memory: TargetMemory): Promise<void> {
    const { address, bytes } = this.clock;
    if (this.last === undefined) await this.expectRunning(memory);
    const count = littleEndian(await memory.readMemory(address, bytes));
    const range = 2 ** (8 * bytes);
    const before = this.last ?? 0;
    const ahead = count >= before ? count - before : count - before + range;
    this.total += ahead < range / 2 || this.last === undefined ? ahead : count;
    this.last = count;
  }

  private async expectRunning(memory: TargetMemory): Promise<void> {
    const { enabled, name } = this.clock;
    if (!enabled) return;
    const word = littleEndian(await memory.readMemory(enabled.address, 4));
    if ((word >>> enabled.bit) & 1) return;
    const where = `bit ${enabled.bit} of ${formatAddress(enabled.address)}`;
    throw new TargetError(
      'HH1373',
      `options.clock ${name}: found ${where} clear at the first event, expected a counter that runs`,
      {
        remedy: enabled.remedy,
      },
    );
  }
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
