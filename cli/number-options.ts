import { parseSize, UsageError } from '../lib/public/command-line.js';

/** A size from the command line. @throws UsageError HH1108 */
export function sizeOption(option: string, text: string): number {
  const size = parseSize(text);
  if (size !== undefined) return size;
  throw new UsageError('HH1108', `${option} ${text}: found no size, expected for example 10K, 2M or 0x5000`);
}

/** A count or a duration from the command line. @throws UsageError HH1107 */
export function positiveOption(option: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError('HH1107', `${option} ${value}: expected a number above 0`);
}
