import { TraceFormatError } from '../errors/errors.js';

/** What a column can mean to a generic importer. */
export const COLUMN_ROLES = [
  'kind',
  'address',
  'size',
  'from',
  'fromSize',
  'time',
  'task',
  'caller',
  'function',
  'file',
  'line',
  'backtrace',
] as const;
export type ColumnRole = (typeof COLUMN_ROLES)[number];

/** The names that are taken for a role when the user names none; compared in lower case without `_`, `-` and blanks. */
const USUAL_NAMES: Readonly<Record<ColumnRole, readonly string[]>> = {
  kind: [
    'kind',
    'event',
    'op',
    'operation',
    'type',
    'action',
    'ereignis',
    'opération',
    'événement',
    'evento',
    'событие',
    '事件',
  ],
  address: [
    'address',
    'addr',
    'ptr',
    'pointer',
    'block',
    'result',
    'adresse',
    'dirección',
    'indirizzo',
    'endereço',
    'адрес',
    '地址',
  ],
  size: [
    'size',
    'sizebytes',
    'bytes',
    'length',
    'len',
    'nbytes',
    'newsize',
    'sz',
    'requested',
    'größe',
    'grösse',
    'groesse',
    'taille',
    'tamaño',
    'tamanho',
    'размер',
    '大小',
  ],
  from: ['from', 'fromaddress', 'oldptr', 'oldaddress', 'oldaddr', 'oldpointer', 'old', 'prev', 'previous'],
  fromSize: ['fromsize', 'fromsizebytes', 'oldsize'],
  time: [
    'time',
    'timestamp',
    'ts',
    'at',
    'us',
    'ms',
    'ns',
    'seconds',
    'elapsed',
    'uptime',
    'zeit',
    'temps',
    'tiempo',
    'tempo',
    'время',
    '时间',
  ],
  task: ['task', 'thread', 'tid', 'pid', 'cpu', 'core'],
  caller: ['caller', 'pc', 'lr', 'ra', 'returnaddress', 'callsite'],
  function: ['function', 'func', 'functionname', 'symbol'],
  file: ['file', 'filename', 'path'],
  line: ['line', 'lineno', 'linenumber'],
  backtrace: ['backtrace', 'stack', 'callstack', 'callers', 'trace', 'pcs'],
};

/** How the values of a column are to be read: `ptr:hex` for bare hexadecimal, `ts:ms` for milliseconds. */
export interface ColumnChoice {
  readonly name: string;
  readonly hex: boolean;
  /** Microseconds of the time column, bytes of a column of sizes; undefined where neither the user nor the name tells. */
  readonly scale: number | undefined;
  /** The user says that bare numbers are decimal. */
  readonly decimal?: boolean;
}

const TIME_UNITS: Readonly<Record<string, number>> = {
  ns: 1e-3,
  us: 1,
  µs: 1,
  usec: 1,
  microseconds: 1,
  ms: 1e3,
  msec: 1e3,
  milliseconds: 1e3,
  s: 1e6,
  sec: 1e6,
  secs: 1e6,
  seconds: 1e6,
};
const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  byte: 1,
  bytes: 1,
  kb: 1024,
  kib: 1024,
  mb: 2 ** 20,
  mib: 2 ** 20,
};

interface ColumnName {
  /** Normal, without the unit. */
  readonly word: string;
  readonly unit: string | undefined;
}

/** `Time (ms)`, `Size [bytes]`, `ts_us`, `size-kb`: the name and its unit. */
function withUnit(name: string): ColumnName {
  const bracketed = /^(.*?)\s*[([]\s*([a-zµ]{1,12})\s*[)\]]\s*$/i.exec(name);
  const suffixed = /^(.+?)[\s_-]([a-zµ]{1,12})\s*$/i.exec(name);
  for (const match of [bracketed, suffixed]) {
    const unit = match?.[2]?.toLowerCase() ?? '';
    if (match && (Object.hasOwn(TIME_UNITS, unit) || Object.hasOwn(SIZE_UNITS, unit) || unit === 'hex')) {
      return { word: normal(match[1] ?? ''), unit };
    }
  }
  return { word: normal(name), unit: undefined };
}

/** The unit that a name has for a role: its own (`us`), or behind it. */
function scaleOf(role: ColumnRole, { word, unit }: ColumnName): number | undefined {
  const units = role === 'time' ? TIME_UNITS : role === 'size' || role === 'fromSize' ? SIZE_UNITS : {};
  const told = unit ?? word;
  return Object.hasOwn(units, told) ? units[told] : undefined;
}

function normal(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '');
}

/** The columns that the user named, by role. @throws TraceFormatError HH1452 for a role that does not exist. */
export function chosenColumns(columns: Readonly<Record<string, string>> = {}): Map<ColumnRole, ColumnChoice> {
  const chosen = new Map<ColumnRole, ColumnChoice>();
  for (const [role, value] of Object.entries(columns)) {
    const known = COLUMN_ROLES.find((name) => normal(name) === normal(role));
    if (!known) {
      throw new TraceFormatError(
        'HH1452',
        `columns: found the role '${role}', expected one of ${COLUMN_ROLES.join(', ')}`,
        {
          remedy: "write options.columns 'address=ptr,size=bytes'",
        },
      );
    }
    chosen.set(known, parseChoice(value));
  }
  return chosen;
}

function parseChoice(value: string): ColumnChoice {
  const suffix = /^(.*):(hex|dec|ns|us|ms|s|bytes|kb)$/.exec(value);
  const unit = suffix?.[2] ?? '';
  const scale = TIME_UNITS[unit] ?? SIZE_UNITS[unit];
  return { name: suffix?.[1] ?? value, hex: unit === 'hex', scale, ...(unit === 'dec' ? { decimal: true } : {}) };
}

/** The name that the user chose, or, where only a unit was given (`time:s`), a usual one. */
function nameOfChoice(role: ColumnRole, { name }: ColumnChoice, names: readonly string[]): string | undefined {
  if (name === '') return names.find((candidate) => serves(role, candidate));
  return names.find((candidate) => candidate === name) ?? names.find((candidate) => normal(candidate) === normal(name));
}

function serves(role: ColumnRole, name: string): boolean {
  return USUAL_NAMES[role].includes(normal(name)) || USUAL_NAMES[role].includes(withUnit(name).word);
}

/**
 * Which of the names that an input has serves which role: those that the user chose, then the usual ones.
 * @throws TraceFormatError HH1452 when a chosen name is not there.
 */
export function matchColumns(
  names: readonly string[],
  chosen: ReadonlyMap<ColumnRole, ColumnChoice>,
  subject: string,
): Map<ColumnRole, ColumnChoice> {
  const matched = new Map<ColumnRole, ColumnChoice>();
  const taken = new Set<string>();
  for (const [role, choice] of chosen) {
    const exact = nameOfChoice(role, choice, names);
    if (exact === undefined) {
      const shown = names.slice(0, 30).join(', ').slice(0, 300);
      throw new TraceFormatError(
        'HH1452',
        `${subject}: columns: found ${shown}, expected '${choice.name || USUAL_NAMES[role].join(', ')}' (for ${role})`,
        {
          remedy: "name the columns that are there, as in options.columns 'address=ptr,size=bytes'",
        },
      );
    }
    matched.set(role, { ...choice, name: exact, scale: choice.scale ?? scaleOf(role, withUnit(exact)) });
    taken.add(exact);
  }
  for (const role of COLUMN_ROLES) {
    if (matched.has(role)) continue;
    const name = names.find((candidate) => !taken.has(candidate) && serves(role, candidate));
    if (name === undefined) continue;
    const told = withUnit(name);
    matched.set(role, { name, hex: told.unit === 'hex', scale: scaleOf(role, told) });
    taken.add(name);
  }
  return matched;
}

/** Whether these roles are enough to make events of: a size, and something that tells one block or event from another. */
export function rolesSuffice(roles: { has(role: ColumnRole): boolean }): boolean {
  return roles.has('address') ? roles.has('size') || roles.has('kind') : roles.has('size') && roles.has('kind');
}
