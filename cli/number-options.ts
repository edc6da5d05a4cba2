import { MAX_TIMER_MS, parseSize, UsageError } from '../lib/public/command-line.js';

/** A size from the command line. @throws UsageError HH1108 */
export function sizeOption(option: string, text: string): number {
  const size = parseSize(text);
  if (size !== undefined) return size;
  throw new UsageError('HH1108', `${option} ${text}: found no size, expected for example 10K, 2M or 0x5000`);
}

/** A count from the command line. @throws UsageError HH1107 */
export function positiveOption(option: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError('HH1107', `${option} ${value}: expected a number above 0`);
}

/** Seconds from the command line, in milliseconds. @throws UsageError HH1107 */
export function secondsOption(option: string, seconds: number): number {
  const most = Math.floor(MAX_TIMER_MS / 1000);
  if (seconds > 0 && seconds <= most) return seconds * 1000;
  throw new UsageError('HH1107', `${option} ${seconds}: expected seconds, above 0 and up to ${most} (24 days)`);
}
