import { createHash } from 'node:crypto';

/** The version of the tables. A reader refuses others. */
export const DATASET_SCHEMA = 'heap-harvest/dataset@1';
/** At the root of a dataset: says what it is. */
export const DATASET_FILE = 'dataset.json';
/** The tables of a dataset: one Parquet file each in every part. */
export const DATASET_TABLES = ['captures', 'events', 'allocations', 'paths'] as const;
/** One of {@link DATASET_TABLES}. */
export type DatasetTable = (typeof DATASET_TABLES)[number];

/** The files of a table below the root of a dataset, as a pattern. */
export const partPattern = (table: DatasetTable): string => `board=*/firmware=*/date=*/part-*/${table}.parquet`;

/** What a capture is filed under; undefined: not known. */
export interface Partition {
  readonly board: string | undefined;
  /** The build id, or what the firmware was said to be. */
  readonly firmware: string | undefined;
  /** `2026-11-27`, in UTC. */
  readonly date: string | undefined;
}

/** What every reader of such folders takes for NULL. */
const UNKNOWN = '__HIVE_DEFAULT_PARTITION__';
/** File systems end at 255 bytes for a name; `firmware=` and room for a temporary name come off. */
const MAX_VALUE_BYTES = 200;

/** The folder of a partition, below the root: `board=metro_m0_express/firmware=8f2c.../date=2026-11-27`. */
export function partitionFolder({ board, firmware, date }: Partition): string {
  return `board=${partitionValue(board)}/firmware=${partitionValue(firmware)}/date=${partitionValue(date)}`;
}

/**
 * A value as part of a folder's name: letters, digits, `_`, `-` and inner dots as they are, everything else as %XX of its UTF-8, as Hive, Spark
 * and DuckDB write it and read it back. So no name leaves its folder, whatever it holds. One that is too long ends in a hash of the whole.
 */
export function partitionValue(value: string | undefined): string {
  if (value === undefined || value === '') return UNKNOWN;
  const parts = [...Buffer.from(value, 'utf8')].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_.-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  // `.` and `..` are places, and Windows drops dots at the end.
  const safe = parts.map((part, i) => (part === '.' && (i === 0 || i === parts.length - 1) ? '%2E' : part));
  if (safe.join('').length <= MAX_VALUE_BYTES) return safe.join('');
  const hash = createHash('sha256').update(value).digest('hex').slice(0, 16);
  let kept = '';
  for (const part of wholeCharacters(safe)) {
    if (kept.length + part.length > MAX_VALUE_BYTES - hash.length - 1) break;
    kept += part;
  }
  return `${kept}~${hash}`;
}

/** The encoded bytes joined to characters, so that none is cut in the middle. */
function wholeCharacters(parts: readonly string[]): string[] {
  const characters: string[] = [];
  for (const part of parts) {
    if (/^%[89AB]/.test(part) && characters.length > 0) characters[characters.length - 1] += part;
    else characters.push(part);
  }
  return characters;
}

/** The day of a moment in UTC; undefined for what is no date between 1970 and 9999. */
export function dayOf(wallMs: number | undefined): string | undefined {
  if (wallMs === undefined || !(wallMs >= 0 && wallMs < Date.UTC(10_000, 0))) return undefined;
  return new Date(wallMs).toISOString().slice(0, 10);
}
