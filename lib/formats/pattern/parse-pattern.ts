import { TraceFormatError } from '../../errors/errors.js';

/** What a line that matches means. */
const PATTERN_KINDS = [
  'alloc',
  'free',
  'sweep',
  'realloc',
  'failed',
  'mark',
  'level',
  'region',
  'snapshot',
  'total',
  'gap',
  'hole',
  'skip',
] as const;
export type PatternKind = (typeof PATTERN_KINDS)[number];

/** What a field holds; the comment says how it is read. */
export const PATTERN_FIELDS = {
  address: 'number',
  size: 'number',
  from: 'number',
  fromSize: 'number',
  requested: 'number',
  time: 'decimal',
  task: 'word',
  caller: 'number',
  backtrace: 'chain',
  function: 'text',
  file: 'text',
  line: 'number',
  name: 'text',
  count: 'number',
  free: 'number',
  largest: 'number',
  minimum: 'number',
  used: 'number',
  any: 'text',
} as const;
export type PatternField = keyof typeof PATTERN_FIELDS;
export type FieldReading = (typeof PATTERN_FIELDS)[PatternField];

/** A piece of a pattern: text that must stand there, a run of blanks, or a field. */
export type PatternPart =
  | { readonly part: 'text'; readonly text: string }
  | { readonly part: 'blanks' }
  | ({ readonly part: 'field'; readonly field: PatternField; readonly reading: FieldReading } & FieldUnit);

interface FieldUnit {
  /** 16 for bare hexadecimal; 0 for decimal, or hexadecimal with 0x. */
  readonly radix: 0 | 16;
  /** Bytes or microseconds that 1 stands for. */
  readonly scale: number;
}

/** A described kind of line, taken apart. */
export interface LinePattern {
  readonly kind: PatternKind;
  /** Of a level, a region or a snapshot whose lines do not name it: `level(8-bit): Free 8-bit {free}/{size}`. */
  readonly name?: string;
  readonly parts: readonly PatternPart[];
  /** As it was written. */
  readonly source: string;
}

const TIME_UNITS: Readonly<Record<string, number>> = { ns: 1e-3, us: 1, ms: 1e3, s: 1e6 };
const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, K: 1024, M: 1024 * 1024, words4: 4, words8: 8 };
const SIZES: readonly PatternField[] = ['size', 'fromSize', 'requested', 'free', 'largest', 'minimum', 'used'];
const MAX_PATTERN_LENGTH = 1000;

/** Fields that a kind cannot do without; one of each row. */
const NEEDED: Partial<Record<PatternKind, readonly (readonly PatternField[])[]>> = {
  alloc: [['size']],
  free: [['address', 'size']],
  sweep: [['address', 'size']],
  realloc: [['size']],
  failed: [['size']],
  level: [['free', 'used', 'largest']],
  region: [['address'], ['size']],
  hole: [['address'], ['size']],
  total: [['count', 'size']],
};

/**
 * Reads `KIND: TEXT WITH {field} AND {field:unit}` or `KIND(NAME): ...`. A run of blanks stands for any run of blanks, `{{` and `}}` for braces,
 * everything else for itself. @throws TraceFormatError HH1433 naming what is wrong with it
 */
export function parsePattern(source: string): LinePattern {
  if (source.length > MAX_PATTERN_LENGTH)
    throw wrong(source, `${source.length} characters`, `at most ${MAX_PATTERN_LENGTH}`);
  const colon = source.indexOf(':');
  const [, word = '', name] = /^\s*(\w+)(?:\(([^():]{1,60})\))?\s*$/.exec(source.slice(0, Math.max(0, colon))) ?? [];
  const kind = PATTERN_KINDS.find((known) => known === word);
  if (!kind)
    throw wrong(
      source,
      `the kind '${source.slice(0, Math.max(0, colon)).slice(0, 40)}'`,
      `one of ${PATTERN_KINDS.join(', ')} and a colon`,
    );
  const parts = partsOf(source, source.slice(colon + 1).trim());
  const fields = new Set(parts.flatMap((part) => (part.part === 'field' ? [part.field] : [])));
  for (const row of NEEDED[kind] ?? []) {
    if (!row.some((field) => fields.has(field))) {
      throw wrong(source, 'no such field', row.map((field) => `{${field}}`).join(' or '));
    }
  }
  return { kind, parts, source, ...(name === undefined ? {} : { name }) };
}

function partsOf(source: string, text: string): PatternPart[] {
  const parts: PatternPart[] = [];
  // A brace that is doubled stands for itself, a single one begins a field.
  for (const [piece, blanks, field] of text.matchAll(/(\s+)|\{\{|\}\}|\{([^{}]*)\}|[^\s{}]+|[{}]/g)) {
    const last = parts.at(-1);
    if (blanks !== undefined) parts.push({ part: 'blanks' });
    else if (field !== undefined) {
      const parsed = fieldOf(source, field);
      if (last?.part === 'field')
        throw wrong(source, `{${field}} right behind {${last.field}}`, 'text or a blank between two fields');
      parts.push(parsed);
    } else if (piece === '{' || piece === '}')
      throw wrong(source, `a single '${piece}'`, `'${piece}${piece}' for the character itself`);
    else {
      const plain = piece === '{{' || piece === '}}' ? piece.slice(1) : piece;
      if (last?.part === 'text') parts[parts.length - 1] = { part: 'text', text: last.text + plain };
      else parts.push({ part: 'text', text: plain });
    }
  }
  if (!parts.some((part) => part.part === 'text') && parts.length < 2)
    throw wrong(source, 'no text', 'what stands on the line around the fields');
  return parts;
}

function fieldOf(source: string, text: string): PatternPart {
  const [name = '', ...units] = text.trim().split(':');
  if (!Object.hasOwn(PATTERN_FIELDS, name)) {
    throw wrong(source, `the field {${text}}`, `one of ${Object.keys(PATTERN_FIELDS).join(', ')}`);
  }
  const field = name as PatternField;
  let [radix, scale]: [0 | 16, number] = [0, 1];
  for (const unit of units) {
    if (unit === 'hex' && PATTERN_FIELDS[field] !== 'text') radix = 16;
    else if (field === 'time' && Object.hasOwn(TIME_UNITS, unit)) scale = TIME_UNITS[unit] ?? 1;
    else if (SIZES.includes(field) && Object.hasOwn(SIZE_UNITS, unit)) scale = SIZE_UNITS[unit] ?? 1;
    else {
      const known =
        field === 'time'
          ? 's, ms, us or ns'
          : SIZES.includes(field)
            ? `hex, ${Object.keys(SIZE_UNITS).join(', ')}`
            : 'hex';
      throw wrong(source, `{${text}}`, `the unit ${known}`);
    }
  }
  // A time without a unit would be a guess.
  if (field === 'time' && units.length === 0)
    throw wrong(source, '{time}', '{time:s}, {time:ms}, {time:us} or {time:ns}');
  return { part: 'field', field, reading: PATTERN_FIELDS[field], radix, scale };
}

function wrong(source: string, found: string, expected: string): TraceFormatError {
  return new TraceFormatError('HH1433', `pattern '${source.slice(0, 120)}': found ${found}, expected ${expected}`, {
    remedy: "write it like 'alloc: {address} {size} {caller}', one an event kind",
  });
}

/** The patterns of a file: one a line; blank lines and those that begin with # are left out. @throws TraceFormatError HH1433 */
export function parsePatternFile(text: string): string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
