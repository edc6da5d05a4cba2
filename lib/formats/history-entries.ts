import { type Address, parseAddress } from '../base/units.js';
import { TraceFormatError } from '../errors/errors.js';

/** One record of allocation_history.json with its types checked. */
export interface HistoryEntry {
  readonly startBlock: number;
  readonly size: number;
  readonly startTime: number;
  readonly endTime: number;
  /** Undefined for what is alive at the end. */
  readonly endCause: string | undefined;
  /** Innermost first: address, `file:line`, function. */
  readonly startTrace: readonly (readonly [string, string, string])[];
  readonly endTrace: readonly (readonly [string, string, string])[];
  /** Only in files of this project. */
  readonly address: Address | undefined;
  readonly bytes: number | undefined;
}

/** Backtraces are cut here. */
const MAX_FRAMES = 256;

/** One record, given its number. @throws TraceFormatError HH1926 when it has the wrong shape. */
export function parseEntry(value: unknown, subject: string, index: number): HistoryEntry {
  if (typeof value !== 'object' || value === null) throw wrong(subject, index, 'the record', value, 'an object');
  const record = value as Readonly<Record<string, unknown>>;
  const count = (field: string): number => {
    const found = record[field];
    if (typeof found === 'number' && Number.isSafeInteger(found) && found >= 0) return found;
    throw wrong(subject, index, field, found, 'an integer from 0');
  };
  const alive = record.end_trace === '' && record.end_cause === undefined;
  const entry = {
    startBlock: count('start_block'),
    size: count('size'),
    startTime: count('start_time'),
    endTime: count('end_time'),
    endCause: alive ? undefined : typeof record.end_cause === 'string' ? record.end_cause : 'free',
    startTrace: parseTrace(record.start_trace, subject, index, 'start_trace'),
    endTrace: parseTrace(record.end_trace, subject, index, 'end_trace'),
    address: typeof record.address === 'string' ? parseAddress(record.address) : undefined,
    bytes: record.bytes === undefined ? undefined : count('bytes'),
  };
  if (entry.endTime < entry.startTime) throw wrong(subject, index, 'end_time', entry.endTime, 'one after start_time');
  return entry;
}

function parseTrace(value: unknown, ...[subject, index, field]: [string, number, string]): HistoryEntry['startTrace'] {
  if (value === '' || value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(subject, index, field, value, 'a list of frames');
  return value.slice(0, MAX_FRAMES).map((frame: unknown) => {
    if (!Array.isArray(frame)) throw wrong(subject, index, field, frame, '[address, location, function]');
    const [address, location, functionName]: unknown[] = frame;
    if (typeof address === 'string' && typeof location === 'string' && typeof functionName === 'string') {
      return [address, location, functionName] as const;
    }
    throw wrong(subject, index, field, frame, 'three texts in a frame');
  });
}

/** @throws TraceFormatError HH1926 */
export function wrongTopLevel(subject: string, found: unknown): TraceFormatError {
  return wrong(subject, 0, 'the top level', found, 'a list of records');
}

function wrong(...[subject, index, field, found, expected]: [string, number, string, unknown, string]) {
  const shown = (JSON.stringify(found) ?? 'nothing').slice(0, 60);
  return new TraceFormatError('HH1926', `${subject}: record ${index}: ${field}: found ${shown}, expected ${expected}`, {
    offset: index,
  });
}
