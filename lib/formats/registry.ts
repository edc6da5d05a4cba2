import { didYouMean } from '../base/did-you-mean.js';
import { TraceFormatError } from '../errors/errors.js';
import { behindCommonPrefix } from './common-prefix.js';
import type { TraceFormat } from './format.js';
import { heapLevelsFormat } from './levels/heap-levels.js';
import { likeliest, noFormat, PAGE_FORMATS } from './page-formats.js';
import { rowFormats } from './rows/row-formats.js';

/** Every format that `harvest import` knows, in the order in which ties are decided. */
export const FORMATS: readonly TraceFormat[] = [...PAGE_FORMATS, ...rowFormats];

/** The format with this id. @throws TraceFormatError HH1401 when there is none. */
export function formatById(id: string): TraceFormat {
  const found = FORMATS.find((format) => format.id === id);
  if (found) return found;
  const known = FORMATS.map((format) => format.id);
  const text = `no such format, expected one of: ${known.join(', ')}${didYouMean(id, known)}`;
  throw new TraceFormatError('HH1401', `options.format ${id}: ${text}`);
}

/** The likeliest format of an input by its first bytes, never by its name. @throws TraceFormatError HH1402 when none fits. */
export function detectFormat(head: Uint8Array, whole: boolean, subject?: string): TraceFormat {
  const best = behindCommonPrefix(head, whole, (bytes) => likeliest(FORMATS, bytes, whole));
  if (best) return best;
  throw noFormat(FORMATS, head, { whole, subject });
}

/** A format that was named, as an input needs it: behind a prefix of all lines that the format does not know. */
export function formatAsNamed(format: TraceFormat, head: Uint8Array, whole: boolean): TraceFormat {
  return behindCommonPrefix(head, whole, (bytes) => ({ format, confidence: format.detect(bytes, whole) })) ?? format;
}

const TELLS_LEVELS = 0.47;

/** Whether a log that was taken for one format also tells, on lines of its own, how full the heap was. */
export function alsoTellsLevels(format: TraceFormat, head: Uint8Array, whole: boolean): boolean {
  return format.id !== heapLevelsFormat.id && heapLevelsFormat.detect(head, whole) >= TELLS_LEVELS;
}
