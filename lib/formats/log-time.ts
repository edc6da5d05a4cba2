import type { Microseconds } from '../base/units.js';

const CLOCK = /(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:T|,? ))?\b(\d{1,2}):(\d{2}):(\d{2})(?:[.,:](\d{1,6}))?/;
/** `I (5535) wifi:` counts milliseconds since the start. */
const MILLISECONDS = /\((\d{1,12})\)/;
/** `[ 5286.767232]` counts seconds. */
const SECONDS = /\[\s*(\d{1,9})\.(\d{3,9})\]/;
const DAY_US = 86_400e6;

/**
 * Reads the time that monitors and loggers put before a line: a clock, or a count whose unit is known from its form. Times of one log
 * never run backwards by more than half a day: a clock without a date has passed midnight.
 */
export class LogClock {
  private day = 0;
  private last = 0;

  /** Since midnight, since 1970 where there is a date, or since the start of the device; undefined without a time. */
  read(prefix: string): Microseconds | undefined {
    if (prefix === '') return undefined;
    const clock = CLOCK.exec(prefix);
    if (clock) return this.clock(clock);
    const seconds = SECONDS.exec(prefix);
    if (seconds) return Number(`${seconds[1]}.${seconds[2]}`) * 1e6;
    const milliseconds = MILLISECONDS.exec(prefix);
    return milliseconds ? Number(milliseconds[1]) * 1e3 : undefined;
  }

  private clock([, year, month, date, hours, minutes, seconds, fraction = '']: RegExpExecArray): Microseconds {
    const inDay =
      (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1e6 + Number(fraction.padEnd(6, '0'));
    if (year !== undefined) return Date.UTC(Number(year), Number(month) - 1, Number(date)) * 1e3 + inDay;
    if (inDay + DAY_US / 2 < this.last) this.day++;
    this.last = inDay;
    return this.day * DAY_US + inDay;
  }
}
