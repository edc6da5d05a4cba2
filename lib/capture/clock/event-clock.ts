import type { TargetMemory } from '../../allocators/gc-area.js';
import { type Bytes, formatAddress, type Microseconds } from '../../base/units.js';
import { errorMessage, TargetError } from '../../errors/errors.js';
import type { CounterClock, EnabledBit, InstructionClock, SysTickClock, TargetClock } from './parse-clock.js';

/** What a clock is read through. */
export interface ClockTarget extends TargetMemory {
  /** A command for the debug server itself; resolves to its output. */
  monitor(command: string): Promise<string>;
}

/** Tells when an event happened. */
export interface EventClock {
  /** While the target is halted at an event. @throws TargetError HH1373 when the counter does not run, HH1840 */
  tick(target: ClockTarget): Promise<void>;
  /** The time of the event: as of the last `tick` on the target's clock, now on the host's. */
  readonly nowUs: Microseconds;
}

/** The target's where it was named, else the host's. */
export function eventClock(clock: TargetClock | undefined): EventClock {
  switch (clock?.kind) {
    case undefined:
      return new HostClock();
    case 'counter':
      return new TotalClock(clock, new CounterReader(clock));
    case 'systick':
      return new TotalClock(clock, new SysTickReader(clock));
    case 'instructions':
      return new TotalClock(clock, new InstructionReader(clock));
  }
}

/** When the stop was seen here: the halts of the target and the delays of the link are in it. */
class HostClock implements EventClock {
  private readonly startedAt = performance.now();

  async tick(): Promise<void> {}

  get nowUs(): Microseconds {
    return Math.round((performance.now() - this.startedAt) * 1000);
  }
}

interface CountReader {
  /** How far a counter has gone since it was read for the first time, counted from what it was then. */
  total(target: ClockTarget): Promise<number>;
}

class TotalClock implements EventClock {
  private total = 0;

  constructor(
    private readonly clock: { readonly hertz: number },
    private readonly reader: CountReader,
  ) {}

  get nowUs(): Microseconds {
    return Math.round((this.total * 1e6) / this.clock.hertz);
  }

  async tick(target: ClockTarget): Promise<void> {
    this.total = await this.reader.total(target);
  }
}

/**
 * Reads a counter of the target's. It may wrap once between two events, not more often: nobody could tell. A counter that goes back
 * (more than half of its range) began anew with the firmware: time goes on from where it was.
 */
class CounterReader implements CountReader {
  private last: number | undefined;
  private sum = 0;

  constructor(private readonly clock: Omit<CounterClock, 'kind' | 'hertz'>) {}

  async total(target: ClockTarget): Promise<number> {
    const { address, bytes, enabled, name } = this.clock;
    if (this.last === undefined && enabled) await expectRunning(name, enabled, target);
    const count = await readWord(target, address, bytes);
    const range = 2 ** (8 * bytes);
    const before = this.last ?? 0;
    const ahead = count >= before ? count - before : count - before + range;
    this.sum += ahead < range / 2 || this.last === undefined ? ahead : count;
    this.last = count;
    return this.sum;
  }
}

/** Registers of Armv6-M to Armv8-M: reload and current value (counting down), and the interrupt state. Reading them changes nothing. */
const SYST_RVR = 0xe000e014;
const ICSR = 0xe000ed04;
const ICSR_PENDSTSET = 1 << 26;
const SYST_BITS = 0xffffff;

/**
 * Ticks and what has gone of the one that lasts. A tick that SysTick has told and whose handler has not run, or not counted yet, is
 * added: it is pending, or time would go back by less than one.
 */
class SysTickReader implements CountReader {
  private last: number | undefined;
  private lastTicks = 0;
  /** What a variable that wrapped, or a firmware that began anew, does not tell any more. */
  private lost = 0;

  constructor(private readonly clock: SysTickClock) {}

  async total(target: ClockTarget): Promise<number> {
    const { enabled, name, ticks: variable } = this.clock;
    if (this.last === undefined) await expectRunning(name, enabled, target);
    const ticks = await readWord(target, variable.address, variable.bytes);
    const reload = (await readWord(target, SYST_RVR, 4)) & SYST_BITS;
    const left = (await readWord(target, SYST_RVR + 4, 4)) & SYST_BITS;
    const pending = ((await readWord(target, ICSR, 4)) & ICSR_PENDSTSET) !== 0;
    const period = reload + 1;
    const range = 2 ** (8 * variable.bytes);
    if (this.lastTicks - ticks > range / 2) this.lost += range * period;
    this.lastTicks = ticks;
    const gone = left === 0 ? 0 : reload - left;
    // The pending bit is read last: of a counter that is about to wrap it may be the next tick's.
    const early = pending && gone < period / 2 ? period : 0;
    const told = ticks * period + gone + early + this.lost;
    const before = this.last ?? told;
    const total = told >= before ? told : before - told < period ? told + period : this.restarted(before, told);
    this.last = total;
    return total;
  }

  /** SysTick and its variable began anew: what was before stays. */
  private restarted(before: number, told: number): number {
    this.lost += before - told;
    return before;
  }
}

/** QEMU tells how many instructions it has run only of a run that it records. */
class InstructionReader implements CountReader {
  constructor(private readonly clock: InstructionClock) {}

  async total(target: ClockTarget): Promise<number> {
    const text = await target.monitor('info replay').catch((error: unknown) => errorMessage(error));
    const count = /instruction count = (\d+)/.exec(text)?.[1];
    if (count !== undefined) return Number(count);
    const said = text.trim().split('\n')[0]?.slice(0, 80) ?? '';
    throw new TargetError(
      'HH1840',
      `options.clock ${this.clock.name}: found '${said}', expected an emulator that counts (info replay)`,
      {
        remedy: 'let QEMU be launched here, or start it with `-icount shift=0,rr=record,rrfile=/dev/null`',
      },
    );
  }
}

async function expectRunning(name: string, enabled: EnabledBit, target: ClockTarget): Promise<void> {
  const word = await readWord(target, enabled.address, 4);
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

async function readWord(target: TargetMemory, address: number, bytes: Bytes): Promise<number> {
  const read = await target.readMemory(address, bytes);
  return read.reduceRight((value, byte) => value * 256 + byte, 0);
}
